//! The real binary, with a verb for each thing that a caller does.

use std::{
    collections::HashMap,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use pombo::grpc::proto::{
    self, ChallengeState, IssueCodeRequest, IssueCodeResponse, Purpose, ResendCodeRequest,
    ResendCodeResponse, VerifyCodeRequest, VerifyCodeResponse,
    otp_service_client::OtpServiceClient,
};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::Notify,
    time::timeout,
};
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};

/// How long anything may take that is expected to happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running `pombo`, ended when dropped.
pub struct Pombo {
    child: Child,
    pub stdout: Lines,
    pub stderr: Lines,
    pub grpc: String,
    pub webhooks: String,
    pub admin: String,
}

/// What a process printed so far, and a way to wait for more.
#[derive(Clone, Default)]
pub struct Lines(Arc<(Mutex<Vec<String>>, Notify)>);

/// A message as `/simulator/inbox` shows it.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    pub channel: String,
    pub to: String,
    pub code: String,
    pub text: String,
    pub time: String,
}

impl Lines {
    fn follow(source: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let lines = Self::default();
        let told = lines.clone();
        tokio::spawn(async move {
            let mut source = BufReader::new(source).lines();
            while let Ok(Some(line)) = source.next_line().await {
                told.push(line);
            }
        });
        lines
    }

    /// Adds a line.
    pub fn push(&self, line: String) {
        self.0.0.lock().unwrap().push(line);
        self.0.1.notify_waiters();
    }

    /// All lines so far.
    pub fn all(&self) -> Vec<String> {
        self.0.0.lock().unwrap().clone()
    }

    /// The first line that fits, waited for.
    pub async fn wait_for(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let found = async {
            loop {
                let more = self.0.1.notified();
                if let Some(line) = self.all().iter().find(|line| fits(line)) {
                    return line.clone();
                }
                more.await;
            }
        };
        let found = timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("waited for {what}; printed: {:#?}", self.all()))
    }

    /// Waits until so many lines hold these words.
    pub async fn wait_for_many(&self, words: &str, count: usize) {
        let holding = || self.all().iter().filter(|line| line.contains(words)).count();
        let enough = async {
            loop {
                let more = self.0.1.notified();
                if holding() >= count {
                    return;
                }
                more.await;
            }
        };
        let waited = timeout(PATIENCE, enough).await;
        waited.unwrap_or_else(|_| panic!("waited for {count} {words:?}: {:#?}", self.all()));
    }
}

impl Pombo {
    /// `pombo dev` on free ports.
    pub async fn dev(environment: &[(&str, &str)]) -> Self {
        let pombo = Self::start(&["dev", "--log-level", "info"], environment);
        let address = async |name: &str| {
            let line =
                pombo.stdout.wait_for(name, |line| line.trim_start().starts_with(name)).await;
            line.split_whitespace().nth(1).unwrap().trim_start_matches("http://").to_owned()
        };
        let (grpc, webhooks, admin) =
            (address("gRPC").await, address("webhooks").await, address("admin").await);
        Self { grpc, webhooks, admin, ..pombo }
    }

    /// `pombo serve` on free ports; see [`World`](super::world::World) for its configuration.
    pub async fn serve(environment: &[(&str, &str)]) -> Self {
        Self::serve_with(&["--log-level", "debug"], environment).await
    }

    /// `pombo serve` with these options; it must log its start.
    pub async fn serve_with(options: &[&str], environment: &[(&str, &str)]) -> Self {
        let arguments = [&["serve", "--log", "json"], options].concat();
        let pombo = Self::start(&arguments, environment);
        let line = pombo.stderr.wait_for("the addresses", |l| l.contains("\"serving\"")).await;
        let line: HashMap<String, serde_json::Value> = serde_json::from_str(&line).unwrap();
        let address = |name: &str| line[name].as_str().unwrap().to_owned();
        Self {
            grpc: address("grpc"),
            webhooks: address("webhook"),
            admin: address("admin"),
            ..pombo
        }
    }

    /// Any command, with addresses on free ports unless the environment says otherwise.
    pub fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = command(arguments, environment).spawn().unwrap();
        Self {
            stdout: Lines::follow(child.stdout.take().unwrap()),
            stderr: Lines::follow(child.stderr.take().unwrap()),
            child,
            grpc: String::new(),
            webhooks: String::new(),
            admin: String::new(),
        }
    }

    /// The exit code, waited for.
    pub async fn exit(&mut self) -> i32 {
        timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap().code().unwrap_or(-1)
    }

    /// kill -9.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// A connection of its own.
    pub async fn connection(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.grpc)).unwrap();
        endpoint.connect().await.unwrap()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// SIGTERM.
    pub async fn terminate(&self) {
        let pid = self.pid().to_string();
        let status = Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert!(status.success());
    }

    /// Memory that the process holds, in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.kib("VmRSS:")
    }

    /// The most that it ever held.
    pub fn peak_kib(&self) -> u64 {
        self.kib("VmHWM:")
    }

    fn kib(&self, what: &str) -> u64 {
        let status = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// A client.
    pub async fn client(&self) -> OtpServiceClient<Channel> {
        OtpServiceClient::new(self.connection().await)
    }

    /// IssueCode with only a number and a purpose.
    pub async fn issue(&self, recipient: &str) -> IssueCodeResponse {
        self.try_issue(login(recipient)).await.unwrap()
    }

    /// IssueCode.
    pub async fn try_issue(&self, request: IssueCodeRequest) -> Result<IssueCodeResponse, Status> {
        Ok(self.client().await.issue_code(request).await?.into_inner())
    }

    /// VerifyCode with only a challenge and a code.
    pub async fn verify(&self, challenge_id: &str, code: &str) -> VerifyCodeResponse {
        self.try_verify(guess(challenge_id, code)).await.unwrap()
    }

    /// VerifyCode.
    pub async fn try_verify(
        &self,
        request: VerifyCodeRequest,
    ) -> Result<VerifyCodeResponse, Status> {
        Ok(self.client().await.verify_code(request).await?.into_inner())
    }

    /// GetChallenge.
    pub async fn get(&self, challenge_id: &str) -> proto::Challenge {
        let request = proto::GetChallengeRequest { challenge_id: challenge_id.to_owned() };
        self.client().await.get_challenge(request).await.unwrap().into_inner().challenge.unwrap()
    }

    /// Each state of a challenge that WatchChallenge tells from now on, up to the first that fits.
    pub async fn follow(
        &self,
        challenge_id: &str,
        fits: impl Fn(&proto::Challenge) -> bool,
    ) -> Vec<proto::Challenge> {
        let request = proto::WatchChallengeRequest { challenge_id: challenge_id.to_owned() };
        let stream = self.client().await.watch_challenge(request).await;
        let mut stream = stream.unwrap().into_inner();
        let mut told: Vec<proto::Challenge> = Vec::new();
        while told.last().is_none_or(|last| !fits(last)) {
            match timeout(PATIENCE, stream.message()).await {
                Ok(Ok(Some(change))) => told.extend(change.challenge),
                other => panic!("no such state came but {other:?}, after {told:#?}"),
            }
        }
        told
    }

    /// The first state of a challenge that fits, waited for.
    pub async fn until(
        &self,
        challenge_id: &str,
        fits: impl Fn(&proto::Challenge) -> bool,
    ) -> proto::Challenge {
        self.follow(challenge_id, fits).await.pop().unwrap()
    }

    /// How a challenge ended, waited for.
    pub async fn end(&self, challenge_id: &str) -> proto::Challenge {
        self.until(challenge_id, |challenge| challenge.state() != ChallengeState::Pending).await
    }

    /// ResendCode, by the plan or by a channel of the caller's choice.
    pub async fn resend(
        &self,
        challenge_id: &str,
        channel: proto::Channel,
    ) -> Result<ResendCodeResponse, Status> {
        let request = ResendCodeRequest {
            challenge_id: challenge_id.to_owned(),
            requested_channel: channel.into(),
            ..ResendCodeRequest::default()
        };
        Ok(self.client().await.resend_code(request).await?.into_inner())
    }

    /// A page of the admin listener.
    pub async fn page(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.admin);
        reqwest::get(url).await.unwrap().text().await.unwrap()
    }

    /// What some metrics sum up to, once it is as much as it must be at least.
    pub async fn counted(&self, series: &[&str], least: f64) -> f64 {
        let said = async {
            loop {
                let metrics = self.metrics().await;
                let sum = series.iter().filter_map(|it| metrics.get(*it)).sum();
                if sum >= least {
                    return sum;
                }
            }
        };
        let waited = timeout(PATIENCE, said).await;
        waited.unwrap_or_else(|_| panic!("{series:?} never was {least}"))
    }

    /// `/metrics`, by the whole name and labels of a series as printed.
    pub async fn metrics(&self) -> HashMap<String, f64> {
        let page = self.page("/metrics").await;
        let series = page.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let split = series.filter_map(|line| line.rsplit_once(' '));
        split.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
    }

    /// Under `dev`: the `n`-th message (from 1) that reached a number, waited for.
    pub async fn message(&self, to: &str, n: usize) -> Message {
        let mark = format!(" to {to}: ");
        let (inner, count) = (self.stdout.clone(), move || {
            self.stdout.all().iter().filter(|line| line.contains(&mark)).count()
        });
        inner.wait_for(&format!("message {n} to a phone"), |_| count() >= n).await;
        let page = self.page(&format!("/simulator/inbox?to=%2B{}", &to[1..])).await;
        let messages: Vec<Message> = serde_json::from_str(&page).unwrap();
        messages[n - 1].clone()
    }
}

/// A command that came to its end.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command that ends by itself, with addresses on free ports unless the environment says
/// otherwise.
pub async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let output = timeout(PATIENCE, command(arguments, environment).output()).await;
    let output = output.expect("the command did not end").unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pombo"));
    // Whoever runs the tests may have a configuration of their own.
    for (key, _) in std::env::vars_os() {
        if key == "RUST_LOG" || key.to_string_lossy().starts_with("POMBO_") {
            command.env_remove(key);
        }
    }
    command
        .args(arguments)
        .env("POMBO_SERVER__GRPC_ADDR", "127.0.0.1:0")
        .env("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0")
        .env("POMBO_SERVER__ADMIN_ADDR", "127.0.0.1:0")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A request for a login's code.
pub fn login(recipient: &str) -> IssueCodeRequest {
    IssueCodeRequest {
        recipient: recipient.to_owned(),
        purpose: Purpose::Login.into(),
        ..IssueCodeRequest::default()
    }
}

/// A request for a login's code by SMS.
pub fn by_sms(recipient: &str) -> IssueCodeRequest {
    IssueCodeRequest { requested_channel: proto::Channel::Sms.into(), ..login(recipient) }
}

/// A guess.
pub fn guess(challenge_id: &str, code: &str) -> VerifyCodeRequest {
    VerifyCodeRequest {
        challenge_id: challenge_id.to_owned(),
        code: code.to_owned(),
        ..VerifyCodeRequest::default()
    }
}

/// A code that none of these is.
pub fn wrong(codes: &[&str]) -> String {
    let candidates = (0..).map(|n| format!("{n:0width$}", width = codes[0].len()));
    candidates.into_iter().find(|candidate| !codes.contains(&candidate.as_str())).unwrap()
}
