//! A private Redis: a process of its own on a free loopback port, gone with its test.

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

/// Ports tried, should somebody else take one between our choice and the server's start.
const TRIES: usize = 5;

/// Whether a server forgets when it is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    Forgetful,
    Lasting,
}

/// A running `redis-server`. Dropped, it is killed, and its folder removed.
pub struct RedisServer {
    port: u16,
    folder: PathBuf,
    memory: Memory,
    process: Child,
}

impl RedisServer {
    /// A server that forgets everything when it is killed.
    pub fn start() -> Self {
        Self::started(Memory::Forgetful)
    }

    /// A server that finds every acknowledged write again after [`kill`](Self::kill) and
    /// [`restart`](Self::restart).
    pub fn start_lasting() -> Self {
        Self::started(Memory::Lasting)
    }

    fn started(memory: Memory) -> Self {
        for _ in 0..TRIES {
            let port = free_port();
            let folder =
                std::env::temp_dir().join(format!("pombo-redis-{}-{port}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let process = spawn(port, &folder, memory);
            let mut server = Self { port, folder, memory, process };
            if server.becomes_ready() {
                return server;
            }
        }
        panic!("redis-server did not start on any of {TRIES} ports");
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
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
        self.process = spawn(self.port, &self.folder, self.memory);
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
        let is_ready = lines.any(|line| line.contains("Ready to accept connections"));
        // Nobody reads on, but a full pipe would stop it.
        thread::spawn(move || lines.for_each(drop));
        is_ready
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn spawn(port: u16, folder: &Path, memory: Memory) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    command.arg("--dir").arg(folder).stdout(Stdio::piped()).stderr(Stdio::null());
    if memory == Memory::Lasting {
        command.args(["--appendonly", "yes", "--appendfsync", "always"]);
    }
    command.spawn().unwrap_or_else(|error| match error.kind() {
        ErrorKind::NotFound => panic!(
            "these tests need a redis-server in the PATH: install the package redis-server \
             (Debian, Ubuntu) or redis (others)"
        ),
        _ => panic!("redis-server can't be started: {error}"),
    })
}
