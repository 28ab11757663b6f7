//! A home directory with a vault in it, and the binary run there with nothing else in its environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

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

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The binary on this vault, with its key.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.with_stdin(arguments, "")
    }

    pub fn with_stdin(&self, arguments: &[&str], stdin: impl Into<Vec<u8>>) -> Run {
        Run::of(
            self.command()
                .arg("--key-file")
                .arg(self.key())
                .args(arguments)
                .write_stdin(stdin)
                .output()
                .unwrap(),
        )
    }

    /// The binary on this vault, without a key.
    pub fn bare(&self, arguments: &[&str]) -> Run {
        Run::of(self.command().args(arguments).output().unwrap())
    }

    /// The binary on this vault, to be changed further.
    pub fn command(&self) -> Command {
        let mut command = self.anywhere();
        command.arg("--vault").arg(self.vault());
        command
    }

    /// The binary, told nothing.
    pub fn anywhere(&self) -> Command {
        let mut command = Command::new(binary());
        command.env_clear().env("HOME", self.directory.path()).current_dir(self.directory.path());
        command
    }
}

pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_tokengauge"))
}

/// What a run left behind.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// With this exit code, or the test fails and shows why.
    #[track_caller]
    pub fn is(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Nothing on stdout, and an error in two lines on stderr.
    #[track_caller]
    pub fn fails(self, code: i32) -> Self {
        let run = self.is(code);
        assert_eq!(run.out, "");
        let lines: Vec<&str> = run.err.lines().collect();
        let at = lines.iter().position(|line| line.starts_with("error: ")).expect("an error is told");
        assert!(lines.get(at + 1).is_some_and(|line| !line.is_empty()), "{}", run.err);
        run
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}
