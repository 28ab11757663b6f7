//! Runs the program from system call to system call, over all its threads, and kills it before one of them.

use std::io::Read;
use std::process::{Child, Stdio};

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::place::Place;

/// Stops before it becomes the program, so that it can be traced from the first call on.
const STOPPED: [&str; 3] = ["sh", "-c", r#"kill -STOP $$; exec "$0" "$@""#];

/// How a traced run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Before this call, by our hand.
    Killed { call: i64 },
    /// By itself.
    Exited { code: i32, calls: usize },
}

/// Runs a command and kills it before the `kill_before`th call, counted from the first that changes a file; beginning
/// with 1. `None` only counts.
pub fn run(place: &Place, arguments: &[&str], kill_before: Option<usize>) -> Ended {
    let mut command = place.under(&STOPPED, arguments);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut traced = Traced::seize(child);
    let ended = traced.run(kill_before);
    if let Ended::Exited { code, .. } = ended {
        let mut told = String::new();
        traced.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!(code, 0, "{arguments:?}: {told}");
    }
    ended
}

struct Traced {
    child: Child,
    pid: Pid,
    /// Calls since the first that changes a file.
    calls: usize,
}

impl Traced {
    fn seize(child: Child) -> Self {
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
        waitpid(pid, Some(WaitPidFlag::WUNTRACED)).unwrap();
        let options =
            Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_EXITKILL;
        ptrace::seize(pid, options).unwrap();
        kill(pid, Signal::SIGCONT).unwrap();
        Self { child, pid, calls: 0 }
    }

    fn run(&mut self, kill_before: Option<usize>) -> Ended {
        let mut killed_before = None;
        loop {
            // Children of other threads are other tests' own.
            let waited = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)).unwrap();
            let resumed = match waited {
                WaitStatus::Exited(pid, code) if pid == self.pid => {
                    return Ended::Exited { code, calls: self.calls };
                }
                WaitStatus::Signaled(pid, signal, _) if pid == self.pid => {
                    let call = killed_before.unwrap_or_else(|| panic!("killed by {signal}, not by the test"));
                    return Ended::Killed { call };
                }
                WaitStatus::PtraceSyscall(thread) => {
                    let number = self.entered(thread);
                    self.calls += usize::from(number.is_some());
                    if number.is_some() && kill_before == Some(self.calls) && killed_before.is_none() {
                        killed_before = number;
                        kill(self.pid, Signal::SIGKILL).unwrap();
                    }
                    ptrace::syscall(thread, None)
                }
                WaitStatus::Stopped(thread, signal) => ptrace::syscall(thread, signal),
                WaitStatus::PtraceEvent(thread, ..) => ptrace::syscall(thread, None),
                _ => Ok(()),
            };
            // A thread that ended with its process meanwhile cannot be resumed.
            assert!(matches!(resumed, Ok(()) | Err(Errno::ESRCH)), "{resumed:?}");
        }
    }

    /// The number of the call that a thread is about to make, if it counts.
    fn entered(&self, thread: Pid) -> Option<i64> {
        let info = ptrace::syscall_info(thread).ok()?;
        if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
            return None;
        }
        let (number, flags) = call(thread)?;
        let makes_a_file = number == libc::SYS_openat && flags & i64::from(libc::O_CREAT) != 0;
        (self.calls > 0 || makes_a_file || number == libc::SYS_mkdir).then_some(number)
    }
}

/// Number and third argument of the call at which a thread stands.
#[cfg(target_arch = "x86_64")]
fn call(thread: Pid) -> Option<(i64, i64)> {
    let registers = ptrace::getregs(thread).ok()?;
    Some((registers.orig_rax.cast_signed(), registers.rdx.cast_signed()))
}

/// Elsewhere every call counts, from the first on.
#[cfg(not(target_arch = "x86_64"))]
fn call(_: Pid) -> Option<(i64, i64)> {
    Some((libc::SYS_openat, i64::from(libc::O_CREAT)))
}
