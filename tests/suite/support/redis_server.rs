//! A private Redis: a process of its own on a free loopback port, gone with its test.

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use super::pombo::Lines;

/// Ports tried, should somebody else take one between our choice and the server's start.
const TRIES: usize = 5;

/// What a server logs once a replica has all that it has.
pub const FOLLOWS: &str = "Synchronization with replica";

/// A running `redis-server`. Dropped, it is killed, and its folder removed.
pub struct RedisServer {
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
        Self::start_on_a_free_port("Ready to accept connections", |port, _| {
            let port = port.to_string();
            let always = ["--port", &port, "--bind", "127.0.0.1", "--save", ""];
            let all = [&always[..], &["--repl-diskless-sync", "no"], options].concat();
            all.into_iter().map(str::to_owned).collect()
        })
    }

    /// A server whose options depend on its port and its folder.
    pub fn start_on_a_free_port(
        ready: &'static str,
        options: impl Fn(u16, &Path) -> Vec<String>,
    ) -> Self {
        for _ in 0..TRIES {
            let port = free_port();
            let folder =
                std::env::temp_dir().join(format!("pombo-redis-{}-{port}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let options = options(port, &folder);
            let process = spawn(&folder, &options);
            let mut server = Self { port, folder, options, ready, process, log: Lines::default() };
            if server.becomes_ready() {
                return server;
            }
        }
        panic!("redis-server did not start on any of {TRIES} ports");
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

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        // Only fails where the process has ended already.
        let _ = self.process.kill();
        self.process.wait().unwrap();
    }

    /// Starts it again on the same port, and waits until it answers.
    pub fn restart(&mut self) {
        self.kill();
        self.process = spawn(&self.folder, &self.options);
        assert!(self.becomes_ready(), "redis-server did not start again");
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

fn spawn(folder: &Path, options: &[String]) -> Child {
    let mut command = Command::new("redis-server");
    command.args(options).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| match error.kind() {
        ErrorKind::NotFound => panic!(
            "these tests need a redis-server in the PATH: install the package redis-server \
             (Debian, Ubuntu) or redis (others)"
        ),
        _ => panic!("redis-server can't be started: {error}"),
    })
}
