//! A home directory with a vault in it, and the binary run there with nothing else in its environment.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Output, Stdio};
use std::sync::LazyLock;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A directory that goes with the test.
pub struct Home {
    directory: TempDir,
}

impl Home {
    /// Without a vault.
    pub fn empty() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    /// With a vault that a key file opens.
    pub fn new() -> Self {
        let home = Self::empty();
        let key = home.key();
        home.bare(&["vault", "init", "--new-key-file", key.to_str().unwrap()]).is(0);
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn vault(&self) -> PathBuf {
        self.path("vault")
    }

    pub fn key(&self) -> PathBuf {
        self.path("key")
    }

    /// The sealed record of a connection.
    pub fn record(&self, name: &str) -> PathBuf {
        self.vault().join("connections").join(format!("{name}.age"))
    }

    /// A file for its owner alone.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// The binary on this vault, with its key.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.with_stdin(arguments, "")
    }

    pub fn with_stdin(&self, arguments: &[&str], stdin: impl Into<Vec<u8>>) -> Run {
        let mut command = Command::from_std(self.program(arguments));
        Run::of(command.write_stdin(stdin).output().unwrap())
    }

    /// The binary on this vault, without a key.
    pub fn bare(&self, arguments: &[&str]) -> Run {
        Run::of(self.command().args(arguments).output().unwrap())
    }

    /// The binary on this vault, to be changed further.
    pub fn command(&self) -> Command {
        Command::from_std(self.process())
    }

    /// The binary, told nothing.
    pub fn anywhere(&self) -> Command {
        Command::from_std(self.started_by(&[]))
    }

    /// The binary on this vault, without a key, as a process of its own.
    pub fn process(&self) -> process::Command {
        let mut command = self.started_by(&[]);
        command.arg("--vault").arg(self.vault());
        command
    }

    /// The same with its key, and nothing on stdin.
    pub fn program(&self, arguments: &[&str]) -> process::Command {
        self.under(&[], arguments)
    }

    /// The same, started by another program, such as a tracer or a shell.
    pub fn under(&self, starter: &[&str], arguments: &[&str]) -> process::Command {
        let mut command = self.started_by(starter);
        command.arg("--vault").arg(self.vault()).arg("--key-file").arg(self.key());
        command.args(arguments).stdin(Stdio::null());
        command
    }

    fn started_by(&self, starter: &[&str]) -> process::Command {
        let mut words = starter.iter().map(OsStr::new).chain([binary().as_os_str()]);
        let mut command = process::Command::new(words.next().expect("at least the binary"));
        command.args(words).env_clear().env("HOME", self.directory.path());
        command.current_dir(self.directory.path());
        command
    }
}

/// The binary: the one built with these tests, or another build of it, such as the packaged one.
pub fn binary() -> &'static Path {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
        let built = || PathBuf::from(env!("CARGO_BIN_EXE_tokengauge"));
        std::env::var_os("TOKENGAUGE_TEST_PROGRAM").map_or_else(built, PathBuf::from)
    });
    &BINARY
}

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    /// Nothing if a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// With this exit code, or the test fails and shows why.
    #[track_caller]
    pub fn is(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Nothing on stdout, and an error in two lines on stderr.
    #[track_caller]
    pub fn fails(self, code: i32) -> Self {
        let run = self.is(code);
        assert_eq!(run.out, "");
        run.tells_in_two_lines();
        run
    }

    /// An error in two lines on stderr: what happened, what to do.
    #[track_caller]
    pub fn tells_in_two_lines(&self) {
        let lines: Vec<&str> = self.err.lines().collect();
        let at = lines.iter().position(|line| line.starts_with("error: "));
        let advice = at.and_then(|at| lines.get(at + 1)).is_some_and(|line| !line.is_empty());
        assert!(advice, "no error in two lines: {self:?}");
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}
