//! A program of the machine, run with nothing of the machine's own configuration.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::home::binary;
use crate::needs;

/// A program may take so long; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where Debian and others keep the modules of the SASL library.
const SASL_MODULES: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/sasl2",
    "/usr/lib/aarch64-linux-gnu/sasl2",
    "/usr/lib/sasl2",
    "/usr/lib64/sasl2",
];

/// Whether the SASL library knows XOAUTH2.
pub fn sasl_knows_xoauth2() -> bool {
    let is_module = |path: &Path| path.to_string_lossy().contains("xoauth2");
    let files = SASL_MODULES.iter().filter_map(|directory| std::fs::read_dir(directory).ok()).flatten();
    needs::provided(files.flatten().any(|file| is_module(&file.path())), "a SASL module for XOAUTH2")
}

/// Our binary is found by its name, as it is once installed.
pub fn path_variable() -> OsString {
    let system = ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from);
    std::env::join_paths([binary().parent().unwrap().to_owned()].into_iter().chain(system)).unwrap()
}

/// What a program left behind.
#[derive(Debug)]
pub struct Ended {
    pub success: bool,
    pub out: String,
    pub err: String,
}

impl Ended {
    fn of(output: &Output) -> Self {
        Self {
            success: output.status.success(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// It did what it was asked, or the test fails and shows why not.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert!(self.success, "{self:#?}");
        self
    }

    /// It told on stderr that it could not, in words of which one is this.
    #[track_caller]
    pub fn failed_telling(self, word: &str) -> Self {
        assert!(!self.success && self.err.to_lowercase().contains(word), "{self:#?}");
        self
    }
}

/// A command in an environment that holds only where things are.
pub fn command(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("HOME", home).env("PATH", path_variable()).env("LANG", "C").current_dir(home);
    command
}

/// Runs a command to its end, with this on stdin.
pub async fn run(command: Command, stdin: &str) -> Ended {
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let text = stdin.to_owned();
    // A program that ends early reads nothing more, which is no fault of the test.
    let write = tokio::spawn(async move { pipe.write_all(text.as_bytes()).await });
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    write.abort();
    Ended::of(&output.expect("the program ends").unwrap())
}
