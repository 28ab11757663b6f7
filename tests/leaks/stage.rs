//! Runs the program where everything it leaves can be searched.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;

use crate::home::{Run, binary};
use crate::needles::Needles;
use crate::needs;

/// Whether a run prints secrets because it was asked for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prints {
    /// `token`, and `export` to stdout.
    Secrets,
    /// Everything else.
    Nothing,
}

/// A home directory, and beside it what a person gives to the program.
pub struct Stage {
    root: TempDir,
    needles: Mutex<Needles>,
    /// Files that were asked to hold secrets.
    asked_for: Mutex<Vec<PathBuf>>,
}

impl Stage {
    pub fn new(needles: Needles) -> Self {
        let root = TempDir::new().unwrap();
        for directory in ["home", "given", "runtime", "tmp", "trace"] {
            fs::create_dir(root.path().join(directory)).unwrap();
        }
        fs::set_permissions(root.path().join("runtime"), fs::Permissions::from_mode(0o700)).unwrap();
        Self { root, needles: Mutex::new(needles), asked_for: Mutex::default() }
    }

    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// A file that the person has, and the program is told to read: not searched.
    pub fn given(&self, name: &str, text: &str) -> String {
        let path = self.root.path().join("given").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A path below the home directory for a file that is to hold secrets.
    pub fn asked_for(&self, name: &str) -> String {
        let path = self.home().join(name);
        self.asked_for.lock().unwrap().push(path.clone());
        path.to_str().unwrap().to_owned()
    }

    pub fn plant(&self, name: &str, secret: &str) {
        self.needles.lock().unwrap().plant(name, secret);
    }

    /// What the program runs in: nothing of this session but where programs are.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let below = |name: &str| self.root.path().join(name).to_str().unwrap().to_owned();
        vec![
            ("HOME", below("home")),
            ("XDG_RUNTIME_DIR", below("runtime")),
            ("TMPDIR", below("tmp")),
            ("PATH", std::env::var("PATH").unwrap()),
            ("LANG", "C.UTF-8".into()),
            ("RUST_LOG", "trace".into()),
            ("RUST_BACKTRACE", "full".into()),
        ]
    }

    /// Runs it, as talkative as it gets, and searches everything.
    #[track_caller]
    pub fn run(&self, arguments: &[&str], variables: &[(&str, &str)], stdin: &str, prints: Prints) -> Run {
        let trace = self.root.path().join("trace/execve");
        let is_traced = can_trace();
        let mut command = if is_traced { traced(&trace) } else { Command::new(binary()) };
        command.env_clear().envs(self.variables()).envs(variables.iter().copied());
        command.args(arguments).arg("-vvv").current_dir(self.home());
        let output = with_stdin(command, stdin);
        let what = arguments.join(" ");
        self.nothing_in(&format!("stderr of {what}"), &output.stderr);
        if prints == Prints::Nothing {
            self.nothing_in(&format!("stdout of {what}"), &output.stdout);
        }
        // Arguments and environments of all programs that were started.
        if is_traced {
            let started = fs::read(&trace).unwrap();
            assert!(started.windows(7).any(|own| own == b"execve("), "{what} was not watched");
            self.nothing_in(&format!("programs started by {what}"), &started);
        }
        self.nothing_in_files(&what);
        let run = Run::of(output);
        assert!(run.code.is_some_and(|code| code != 70), "{what} ended with {:?}:\n{}", run.code, run.err);
        run
    }

    #[track_caller]
    pub fn nothing_in(&self, place: &str, bytes: &[u8]) {
        let needles = self.needles.lock().unwrap();
        let found = needles.found_in(bytes);
        assert!(found.is_empty(), "{found:?} in {place}:\n{}", String::from_utf8_lossy(bytes));
    }

    /// Every file that is not sealed and was not asked for.
    #[track_caller]
    pub fn nothing_in_files(&self, what: &str) {
        for directory in ["home", "runtime", "tmp"] {
            for path in files_below(&self.root.path().join(directory)) {
                let Ok(bytes) = fs::read(&path) else { continue };
                let is_sealed = bytes.starts_with(b"age-encryption.org/v1\n");
                if !is_sealed && !self.asked_for.lock().unwrap().contains(&path) {
                    self.nothing_in(&format!("{} after {what}", path.display()), &bytes);
                }
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                assert!(!name.starts_with("core"), "{} was dumped by {what}", path.display());
            }
        }
    }
}

/// The program, watched for the programs that it starts.
fn traced(trace: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-v", "-s", "1000000", "-e", "trace=execve", "-e", "signal=none", "-o"]);
    command.arg(trace).arg(binary());
    command
}

/// Where it cannot, the rest is searched all the same.
fn can_trace() -> bool {
    let tried = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    needs::provided(tried.is_ok_and(|output| output.status.success()), "strace, and the right to trace")
}

fn with_stdin(mut command: Command, stdin: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that does not read it closes it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files_below(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}
