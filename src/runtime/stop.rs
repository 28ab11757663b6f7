//! The end of the program, as something to wait for: signals, and how whoever is at work hears that it is to end.
//!
//! One [`Leaving`] goes with the services to every transaction. It hears of the end in two steps: a person who leaves
//! lets what was sent be answered in its own time, a signal gives it [`LAST_WAIT`]. Neither cuts a save.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// How long the answer to a request is awaited that was sent before a signal came.
pub const LAST_WAIT: Duration = Duration::from_secs(5);

/// Which signal came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal has gone.
    HangUp,
}

/// What becomes of SIGHUP where whoever started this process has it ignored, as nohup(1) does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HangUp {
    /// It is heard all the same: without its terminal the program is of no use.
    Heard,
    /// It stays ignored.
    LeftIgnored,
}

/// Listens for them. From the first use on they no longer end the process by themselves: what comes while nobody listens,
/// between two event loops too, is what the next listener hears first.
#[derive(Debug)]
pub struct Stop {
    /// There until it is dropped.
    signals: Option<Signals>,
}

#[derive(Debug)]
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` where it is left ignored.
    hang_up: Option<Signal>,
}

/// The ears of whoever listened last. They belong to the process, not to an event loop.
static KEPT: Mutex<Option<Signals>> = Mutex::new(None);

fn kept() -> MutexGuard<'static, Option<Signals>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stop {
    /// Begins to listen, or goes on where the last one stopped.
    pub fn listen() -> io::Result<Self> {
        Self::listen_and(HangUp::Heard)
    }

    /// As [`Self::listen`] for who needs no terminal: SIGHUP stays ignored where this process was started so.
    pub fn listen_without_terminal() -> io::Result<Self> {
        Self::listen_and(HangUp::LeftIgnored)
    }

    fn listen_and(hang_up: HangUp) -> io::Result<Self> {
        let before = kept().take();
        let mut signals = before.map_or_else(Signals::begin, Ok)?;
        if signals.hang_up.is_none() && (hang_up == HangUp::Heard || !is_hang_up_ignored()) {
            signals.hang_up = Some(signal(SignalKind::hangup())?);
        }
        Ok(Self { signals: Some(signals) })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> StopSignal {
        let signals = self.signals.as_mut().expect("they are there until this is dropped");
        tokio::select! {
            _ = signals.interrupt.recv() => StopSignal::Interrupt,
            _ = signals.terminate.recv() => StopSignal::Terminate,
            () = came(signals.hang_up.as_mut()) => StopSignal::HangUp,
        }
    }
}

/// One that nobody listens for never comes.
async fn came(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// True if this process was started with SIGHUP ignored. Where the system does not tell, it was not.
fn is_hang_up_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hang_up(&status))
}

/// Reads it off proc_pid_status(5): a mask in hexadecimal, whose lowest bit is signal 1.
fn ignores_hang_up(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

impl Drop for Stop {
    fn drop(&mut self) {
        let mut kept = kept();
        if kept.is_none() {
            *kept = self.signals.take();
        }
    }
}

impl Signals {
    fn begin() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: None,
        })
    }
}

/// How soon the program is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Haste {
    /// It is not.
    #[default]
    None,
    /// A person leaves: nothing new is begun, what was sent is awaited.
    Leaving,
    /// A signal came: what was sent is awaited for [`LAST_WAIT`].
    Stopping,
}

/// Whether the program is to end. Clones are the same.
#[derive(Debug, Clone)]
pub struct Leaving {
    haste: Arc<watch::Sender<Haste>>,
}

impl Default for Leaving {
    fn default() -> Self {
        Self { haste: Arc::new(watch::Sender::new(Haste::None)) }
    }
}

/// How a pause ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// By itself.
    Whole,
    /// The program is to end.
    CutShort,
}

impl Leaving {
    /// Tells everybody. What was told before is never taken back.
    pub fn tell(&self, haste: Haste) {
        self.haste.send_if_modified(|told| {
            let is_more = haste > *told;
            *told = haste.max(*told);
            is_more
        });
    }

    /// True once the program is to end.
    pub fn is_told(&self) -> bool {
        *self.haste.borrow() > Haste::None
    }

    /// Waits until the program is to end.
    pub async fn told(&self) {
        self.reached(Haste::Leaving).await;
    }

    /// Waits until nothing that was sent is awaited any more.
    pub async fn out_of_patience(&self) {
        self.reached(Haste::Stopping).await;
        sleep(LAST_WAIT).await;
    }

    /// Lets the time pass, unless the program is to end.
    pub async fn pause(&self, length: Duration) -> Pause {
        tokio::select! {
            biased;
            () = self.told() => Pause::CutShort,
            () = sleep(length) => Pause::Whole,
        }
    }

    async fn reached(&self, haste: Haste) {
        let mut told = self.haste.subscribe();
        if told.wait_for(|told| *told >= haste).await.is_err() {
            // Never: this value holds the sender.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_between_two_event_loops_is_heard_in_the_second() {
        let event_loop = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        event_loop().block_on(async { drop(Stop::listen().unwrap()) });
        // By another process: when that has ended, the signal is here.
        let order = format!("kill -TERM {}", std::process::id());
        assert!(std::process::Command::new("/bin/sh").args(["-c", &order]).status().unwrap().success());
        event_loop().block_on(async {
            let mut stop = Stop::listen().unwrap();
            let heard = tokio::time::timeout(Duration::from_secs(10), stop.next()).await;
            assert_eq!(heard, Ok(StopSignal::Terminate));
        });
    }

    #[test]
    fn what_a_process_ignores_is_read_off_its_status() {
        let status =
            |mask: &str| format!("SigBlk:\t0000000000000001\nSigIgn:\t{mask}\nSigCgt:\t0000000000000001\n");
        assert!(ignores_hang_up(&status("0000000000001001")));
        assert!(!ignores_hang_up(&status("0000000000001000")));
        assert!(!ignores_hang_up("") && !ignores_hang_up(&status("?")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_who_leaves_does_not_cut_the_wait_for_an_answer() {
        let leaving = Leaving::default();
        leaving.tell(Haste::Leaving);
        assert!(leaving.is_told());
        assert_eq!(leaving.pause(Duration::from_secs(60)).await, Pause::CutShort);
        let patience = leaving.out_of_patience();
        tokio::select! {
            () = patience => panic!("nobody stopped it"),
            () = sleep(Duration::from_secs(3600)) => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_signal_an_answer_is_awaited_for_five_seconds_and_a_second_one_changes_nothing() {
        let leaving = Leaving::default();
        let begun = tokio::time::Instant::now();
        let teller = leaving.clone();
        let signals = async {
            sleep(Duration::from_secs(1)).await;
            teller.tell(Haste::Stopping);
            sleep(Duration::from_secs(2)).await;
            teller.tell(Haste::Stopping);
            teller.tell(Haste::Leaving);
        };
        tokio::join!(signals, leaving.out_of_patience());
        assert_eq!(begun.elapsed(), Duration::from_secs(6));
    }
}
