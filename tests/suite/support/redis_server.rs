//! A private Redis: a process of its own on a free loopback port, gone with its test.

use std::{
    env, fs,
    io::{BufRead, BufReader, ErrorKind},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use super::pombo::Lines;

/// Ports tried, should somebody else take one between our choice and the server's start.
const TRIES: usize = 5;

/// What a server logs once it serves.
const READY: &str = "Ready to accept connections";

/// What a replica logs once it has all that its master has.
const FOLLOWS: &str = "REPLICA sync: Finished with success";

/// A running server, of Redis or of what is spoken to like it. Dropped, it is killed, and its folder removed.
pub struct RedisServer {
    program: String,
    port: u16,
    folder: PathBuf,
    options: Vec<String>,
    /// What its log says once it is there.
    ready: &'static str,
    process: Child,
    log: Lines,
}

impl RedisServer {
    /// A server that forgets everything when it is killed.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server that finds every acknowledged write again after [`kill`](Self::kill) and
    /// [`restart`](Self::restart).
    pub fn start_lasting() -> Self {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    /// A server that forgets, with more options.
    pub fn start_with(options: &[&str]) -> Self {
        Self::start_on_a_free_port(READY, alone(options))
    }

    /// A server that forgets, of Valkey.
    pub fn start_valkey() -> Self {
        let program = env::var("POMBO_TEST_VALKEY").expect(
            "these tests need a valkey-server: tests/run gets one, else name its file in POMBO_TEST_VALKEY",
        );
        Self::start_program(&program, READY, alone(&[]))
    }

    /// A server whose options depend on its port and its folder.
    pub fn start_on_a_free_port(
        ready: &'static str,
        options: impl Fn(u16, &Path) -> Vec<String>,
    ) -> Self {
        let program = env::var("POMBO_TEST_REDIS_SERVER");
        Self::start_program(program.as_deref().unwrap_or("redis-server"), ready, options)
    }

    fn start_program(
        program: &str,
        ready: &'static str,
        options: impl Fn(u16, &Path) -> Vec<String>,
    ) -> Self {
        for _ in 0..TRIES {
            let port = free_port();
            let folder =
                std::env::temp_dir().join(format!("pombo-redis-{}-{port}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let options = options(port, &folder);
            let process = spawn(program, &folder, &options, &[]);
            let (program, log) = (program.to_owned(), Lines::default());
            let mut server = Self { program, port, folder, options, ready, process, log };
            if server.becomes_ready() {
                return server;
            }
        }
        panic!("{program} did not start on any of {TRIES} ports");
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it was started with.
    pub fn option(&self, name: &str) -> Option<&str> {
        let at = self.options.iter().position(|option| option == name)?;
        self.options.get(at + 1).map(String::as_str)
    }

    /// What it has logged since it was ready.
    pub fn log(&self) -> &Lines {
        &self.log
    }

    /// What it answers to a command, as `redis-cli` prints it.
    pub async fn ask(&self, command: &[&str]) -> String {
        let port = self.port.to_string();
        let mut cli = tokio::process::Command::new("redis-cli");
        let answer = cli.args(["-p", &port]).args(command).output().await.unwrap();
        assert!(answer.status.success(), "redis-cli {command:?}");
        String::from_utf8(answer.stdout).unwrap()
    }

    /// Waits until a replica has all that its master has.
    pub async fn follows(&self) {
        self.log.wait_for_many(FOLLOWS, 1).await;
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        // Only fails where the process has ended already.
        let _ = self.process.kill();
        self.process.wait().unwrap();
    }

    /// Starts it again on the same port, and waits until it answers.
    pub fn restart(&mut self) {
        self.restart_under(&[]);
    }

    /// The same, under these variables of the environment.
    pub fn restart_under(&mut self, environment: &[(&str, &str)]) {
        self.kill();
        self.process = spawn(&self.program, &self.folder, &self.options, environment);
        assert!(self.becomes_ready(), "{} did not start again", self.program);
    }

    /// Freezes it: connections stay open and nothing answers.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(status.success(), "kill {signal} failed");
    }

    /// Reads its log until it says that it is ready; not if it ends meanwhile, as it does when its
    /// port is taken.
    fn becomes_ready(&mut self) -> bool {
        let log = BufReader::new(self.process.stdout.take().unwrap());
        let mut lines = log.lines().map_while(Result::ok);
        let is_ready = lines.any(|line| line.contains(self.ready));
        // A full pipe would stop it.
        let log = self.log.clone();
        thread::spawn(move || lines.for_each(|line| log.push(line)));
        is_ready
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that nobody has, now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// The options of a server that others don't depend on, and more.
fn alone(options: &[&str]) -> impl Fn(u16, &Path) -> Vec<String> {
    move |port, _| {
        let port = port.to_string();
        let always = ["--port", &port, "--bind", "127.0.0.1", "--save", ""];
        let all = [&always[..], &["--repl-diskless-sync", "no"], options].concat();
        all.into_iter().map(str::to_owned).collect()
    }
}

fn spawn(program: &str, folder: &Path, options: &[String], environment: &[(&str, &str)]) -> Child {
    let mut command = Command::new(program);
    command
        .args(options)
        .envs(environment.iter().copied())
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| match error.kind() {
        ErrorKind::NotFound => panic!(
            "these tests need {program}: install the package redis-server (Debian, Ubuntu) or redis (others)"
        ),
        _ => panic!("{program} can't be started: {error}"),
    })
}
