//! The hook: a program of the person's own that gets a warning on stdin. No shell, few variables, an end.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time;

use crate::config;
use crate::runtime::stop::{Leaving, Pause};
use crate::sanitize::sanitize;

/// What is kept of what it prints, in bytes.
const KEPT_OUTPUT: usize = 2048;
/// What is told of it, in characters.
const TOLD_OUTPUT: usize = 200;
/// How long its output is read on when it has ended: what it left running may hold the line for ever.
const LAST_OUTPUT: Duration = Duration::from_millis(200);
/// The pauses between its tries.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];

/// The variables that it gets: what a script needs to find programs, the person's desktop and the way out.
const HANDED_ON: [&str; 30] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "LC_TIME",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A program with its arguments, and how long it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    program: PathBuf,
    arguments: Vec<String>,
    limit: Duration,
}

/// Why the hook did not take a warning.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It could not be started.
    #[error("{} could not be started: {error}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It ended otherwise than with success.
    #[error("{} ended with {status}{}", program.display(), said(output))]
    Failed {
        /// The program.
        program: PathBuf,
        /// Its exit code, or the signal that ended it.
        status: String,
        /// The beginning of what it printed, printable.
        output: String,
    },
    /// It did not end, and was killed.
    #[error("{} did not end within {} s and was killed{}", program.display(), limit.as_secs(), said(output))]
    Killed {
        /// The program.
        program: PathBuf,
        /// How long it may take.
        limit: Duration,
        /// The beginning of what it printed, printable.
        output: String,
    },
    /// The program ends before it could be told.
    #[error("tokengauge ended before it was told")]
    Leaving,
    /// It was not tried again: something newer of the same is to be told, or another program tells it.
    #[error("it was left to what is newer")]
    Overtaken,
}

fn said(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!(": {output}") }
}

impl Hook {
    /// A program with its arguments, which may take so long.
    pub fn new(program: impl Into<PathBuf>, arguments: &[&str], limit: Duration) -> Self {
        let arguments = arguments.iter().map(|&own| own.to_owned()).collect();
        Self { program: program.into(), arguments, limit }
    }

    /// As the configuration says.
    pub fn of(config: &config::Warnings) -> Option<Self> {
        let (program, arguments) = config.hook()?;
        Some(Self { program: program.to_owned(), arguments: arguments.to_vec(), limit: config.hook_limit() })
    }

    /// The longest time that all its tries may take together, and some more.
    pub fn longest(&self) -> TimeDelta {
        let tries = u32::try_from(PAUSES.len()).unwrap_or(u32::MAX) + 1;
        let pauses: Duration = PAUSES.iter().sum();
        TimeDelta::from_std(self.limit * tries + pauses)
            .map_or(TimeDelta::MAX, |span| span + TimeDelta::minutes(1))
    }

    /// Until when others leave it to whoever begins at this moment.
    pub(super) fn claimed_until(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.checked_add_signed(self.longest()).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Tells it, and tries again where it fails and it is still to be told: three times at most.
    ///
    /// # Errors
    ///
    /// The last failure, [`HookError::Leaving`] where the program ends before, or the vault is closed, or
    /// [`HookError::Overtaken`].
    pub async fn tell<F: Future<Output = bool>>(
        &self,
        event: &str,
        leaving: &Leaving,
        is_closing: impl Fn() -> bool,
        is_still_told: impl Fn() -> F,
    ) -> Result<(), HookError> {
        let mut pauses = PAUSES.iter();
        loop {
            if leaving.is_told() || is_closing() {
                return Err(HookError::Leaving);
            }
            let told = tokio::select! {
                told = self.run(event) => told,
                () = leaving.out_of_patience() => return Err(HookError::Leaving),
            };
            let Err(error) = told else { return Ok(()) };
            // What is not there, or may not be run, is not there in a moment either.
            let Some(pause) = pauses.next().filter(|_| !matches!(error, HookError::Start { .. })) else {
                return Err(error);
            };
            if leaving.pause(*pause).await == Pause::Whole && !is_still_told().await {
                return Err(HookError::Overtaken);
            }
        }
    }

    /// Runs it once.
    ///
    /// # Errors
    ///
    /// If it cannot be started, fails, or does not end in time.
    pub async fn run(&self, event: &str) -> Result<(), HookError> {
        let mut running =
            self.start().map_err(|error| HookError::Start { program: self.program.clone(), error })?;
        let ended = time::timeout(self.limit, running.feed_and_wait(event)).await;
        let (program, limit) = (self.program.clone(), self.limit);
        match ended {
            Ok(Ok(status)) if status.success() => {
                running.is_over = true;
                Ok(())
            }
            Ok(Ok(status)) => {
                running.is_over = true;
                Err(HookError::Failed { program, status: in_words(status), output: running.output().await })
            }
            Ok(Err(error)) => Err(HookError::Start { program, error }),
            Err(_) => {
                running.kill();
                Err(HookError::Killed { program, limit, output: running.output().await })
            }
        }
    }

    fn start(&self) -> io::Result<Running> {
        let handed_on = HANDED_ON.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
        let mut child = Command::new(&self.program)
            .args(self.arguments.iter().map(OsString::from))
            .env_clear()
            .envs(handed_on)
            // The directory that we were started in may be one that somebody wants to unmount.
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: a key on our terminal does not end it, and all of it can be killed.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let kept: Arc<Mutex<Vec<u8>>> = Arc::default();
        let readers = [
            child.stdout.take().map(|pipe| read(pipe, Arc::clone(&kept))),
            child.stderr.take().map(|pipe| read(pipe, Arc::clone(&kept))),
        ];
        Ok(Running { child, kept, readers: readers.into_iter().flatten().collect(), is_over: false })
    }
}

/// The program while it runs; all of its group is killed when this is dropped before its end.
struct Running {
    child: Child,
    kept: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
    is_over: bool,
}

impl Running {
    async fn feed_and_wait(&mut self, event: &str) -> io::Result<ExitStatus> {
        let mut stdin = self.child.stdin.take();
        let line = format!("{event}\n");
        let feed = async {
            if let Some(pipe) = &mut stdin {
                // Who reads nothing may still do what it is for.
                let _ = pipe.write_all(line.as_bytes()).await;
            }
            drop(stdin);
        };
        let ((), status) = tokio::join!(feed, self.child.wait());
        status
    }

    /// The beginning of what it printed.
    async fn output(&mut self) -> String {
        let readers = std::mem::take(&mut self.readers);
        let read_on = async {
            for reader in readers {
                let _ = reader.await;
            }
        };
        let _ = time::timeout(LAST_OUTPUT, read_on).await;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        sanitize(&String::from_utf8_lossy(&kept), TOLD_OUTPUT)
    }

    fn kill(&mut self) {
        self.is_over = true;
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        if let Some(pid) = pid {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_over {
            self.kill();
        }
        self.readers.iter().for_each(JoinHandle::abort);
    }
}

/// Reads to the end, so that nobody waits for a full pipe, and keeps the beginning.
fn read(mut pipe: impl AsyncRead + Unpin + Send + 'static, kept: Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = pipe.read(&mut buffer).await {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let room = KEPT_OUTPUT.saturating_sub(kept.len());
            kept.extend_from_slice(&buffer[..length.min(room)]);
        }
    })
}

fn in_words(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit code".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str, limit: Duration) -> Hook {
        Hook::new("/bin/sh", &["-c", script], limit)
    }

    fn told(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }

    #[tokio::test]
    async fn it_gets_the_event_on_stdin_and_nothing_of_ours() {
        let directory = tempfile::tempdir().unwrap();
        let told_to = directory.path().join("told");
        let ours = std::fs::File::create(directory.path().join("ours")).unwrap();
        let script = format!(
            "cat > {0}; pwd >> {0}; env | cut -d= -f1 >> {0}; ls -l /proc/self/fd > {0}.fds",
            told_to.display()
        );
        shell(&script, LONG).run("{\"event\":1}").await.unwrap();
        drop(ours);
        let heard = told(&told_to);
        let mut lines = heard.lines();
        assert_eq!((lines.next(), lines.next()), (Some("{\"event\":1}"), Some("/")));
        let own = ["PWD", "OLDPWD", "_", "SHLVL"];
        let strange = lines.filter(|line| !HANDED_ON.contains(line) && !own.contains(line));
        assert_eq!(strange.collect::<Vec<_>>(), [""; 0]);
        let open = told(&told_to.with_extension("fds"));
        assert!(open.contains(" 1 -> ") && !open.contains("/ours"), "{open}");
    }

    #[tokio::test]
    async fn a_failure_is_told_with_what_it_printed_made_printable() {
        let script = "printf 'no \\033[31mroom\\n' >&2; exit 3";
        let error = shell(script, LONG).run("{}").await.unwrap_err().to_string();
        assert!(error.starts_with("/bin/sh ended with exit code 3: no "), "{error}");
        assert!(error.contains("room") && !error.contains('\u{1b}'), "{error}");
    }

    #[tokio::test]
    async fn one_that_hangs_is_killed_with_all_that_it_started() {
        let directory = tempfile::tempdir().unwrap();
        let child = directory.path().join("child");
        let script = format!("sleep 600 & echo $! > {}; wait", child.display());
        let error = shell(&script, Duration::from_secs(1)).run("{}").await.unwrap_err();
        assert!(matches!(error, HookError::Killed { .. }), "{error}");
        let pid: i32 = told(&child).trim().parse().unwrap();
        // Its new parent may take a moment to bury it.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    }

    #[tokio::test]
    async fn one_that_prints_without_end_is_read_and_not_kept() {
        let error =
            shell("head -c 20000000 /dev/zero | tr '\\0' x; exit 1", LONG).run("{}").await.unwrap_err();
        assert!(error.to_string().len() < 400, "{error}");
        shell("head -c 20000000 /dev/zero", LONG).run("{}").await.unwrap();
    }

    #[tokio::test]
    async fn what_it_leaves_running_keeps_nobody_waiting() {
        let directory = tempfile::tempdir().unwrap();
        let child = directory.path().join("child");
        let script = format!("sleep 600 & echo $! > {}; exit 1", child.display());
        let error = shell(&script, LONG).run("{}").await.unwrap_err();
        assert!(matches!(error, HookError::Failed { .. }), "{error}");
        let pid = Pid::from_raw(told(&child).trim().parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }

    #[tokio::test]
    async fn one_that_reads_nothing_has_still_done_its_work() {
        shell("exit 0", LONG).run(&"x".repeat(1_000_000)).await.unwrap();
    }

    /// Nothing newer comes.
    async fn still() -> bool {
        true
    }

    #[tokio::test]
    async fn what_is_overtaken_is_not_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let tries = directory.path().join("tries");
        let script = format!("echo try >> {}; exit 1", tries.display());
        let overtaken = async || false;
        let told_it = shell(&script, LONG).tell("{}", &Leaving::default(), || false, overtaken).await;
        assert!(matches!(told_it, Err(HookError::Overtaken)));
        assert_eq!(told(&tries), "try\n");
    }

    #[tokio::test]
    async fn a_failure_that_passes_is_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let marker = directory.path().join("tried");
        let script = format!("test -e {0} || {{ touch {0}; exit 1; }}", marker.display());
        shell(&script, LONG).tell("{}", &Leaving::default(), || false, still).await.unwrap();
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_told_at_once() {
        let hook = Hook::new("/nowhere/notify", &[], LONG);
        let error = hook.tell("{}", &Leaving::default(), || false, still).await.unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/notify could not be started: "), "{error}");
    }

    #[tokio::test]
    async fn none_is_tried_again_when_the_vault_was_closed() {
        let directory = tempfile::tempdir().unwrap();
        let tries = directory.path().join("tries");
        let script = format!("echo try >> {}; exit 1", tries.display());
        let is_closing = || tries.exists();
        let told_it = shell(&script, LONG).tell("{}", &Leaving::default(), is_closing, still).await;
        assert!(matches!(told_it, Err(HookError::Leaving)));
        assert_eq!(told(&tries), "try\n");
    }

    #[tokio::test]
    async fn none_is_begun_when_the_program_ends() {
        let leaving = Leaving::default();
        leaving.tell(crate::runtime::stop::Haste::Leaving);
        let told = Hook::new("/nowhere/notify", &[], LONG).tell("{}", &leaving, || false, still).await;
        assert!(matches!(told, Err(HookError::Leaving)));
    }
}
