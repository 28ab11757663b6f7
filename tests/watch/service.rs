//! A `watch` that runs: its lines, what it tells its service manager, and its end.

use std::io::{BufRead, BufReader, ErrorKind};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::home::Home;

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A service manager: the socket at which it is told how the service stands.
pub struct Manager {
    socket: UnixDatagram,
    directory: TempDir,
}

impl Manager {
    pub fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let socket = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, directory }
    }

    pub fn address(&self) -> PathBuf {
        self.directory.path().join("notify")
    }

    /// From now on it takes no more, until what it has is read.
    pub fn fill(&self) {
        loop {
            let sender = UnixDatagram::unbound().unwrap();
            sender.set_nonblocking(true).unwrap();
            match sender.send_to(b"STATUS=full\n", self.address()) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// What it is told next, line by line.
    pub fn told(&self) -> Vec<String> {
        let mut bytes = [0; 4096];
        let length = self.socket.recv(&mut bytes).expect("the service tells something");
        String::from_utf8_lossy(&bytes[..length]).lines().map(str::to_owned).collect()
    }

    /// Waits until it is told this; what came before is passed over.
    pub fn until(&self, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            if let Some(line) = self.told().into_iter().find(|line| wanted(line)) {
                return line;
            }
        }
    }
}

/// A running `watch`.
pub struct Service {
    child: Child,
    lines: Receiver<String>,
    pub log: Vec<String>,
}

impl Service {
    /// On this vault, opened by its key file.
    pub fn start(home: &Home) -> Self {
        Self::spawn(Self::command(home).arg("--key-file").arg(home.key()).arg("watch"))
    }

    /// The same with a service manager.
    pub fn start_under(home: &Home, manager: &Manager, variables: &[(&str, &str)]) -> Self {
        let mut command = Self::command(home);
        command.env("NOTIFY_SOCKET", manager.address()).envs(variables.iter().copied());
        Self::spawn(command.arg("--key-file").arg(home.key()).arg("watch"))
    }

    /// The program on this vault, without a key.
    pub fn command(home: &Home) -> Command {
        let mut command = home.process();
        command.env("TZ", "UTC");
        command
    }

    pub fn spawn(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (teller, lines) = mpsc::channel();
        std::thread::spawn(move || {
            // A test that has ended hears nothing any more; the pipe is read to its end all the same.
            stderr.lines().map_while(Result::ok).for_each(|line| drop(teller.send(line)));
        });
        Self { child, lines, log: Vec::new() }
    }

    /// Waits for a line of the log that holds this, and tells it.
    #[track_caller]
    pub fn until(&mut self, wanted: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("no line with {wanted:?}; there were:\n{}", self.log.join("\n"));
            };
            self.log.push(line.clone());
            if line.contains(wanted) {
                return line;
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }

    /// Waits for its end, and for the rest of the log.
    pub fn end(mut self) -> (ExitStatus, Vec<String>) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.log.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.log.join("\n")),
            }
        }
        (self.child.wait().unwrap(), std::mem::take(&mut self.log))
    }

    /// Stops it, and expects that to succeed.
    #[track_caller]
    pub fn stop(self) -> Vec<String> {
        self.signal(Signal::TERM);
        let (status, log) = self.end();
        assert_eq!(status.code(), Some(0), "{}", log.join("\n"));
        log
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
