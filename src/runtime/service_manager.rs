//! The service manager that started this process, if one did: systemd's notify protocol.
//!
//! Only the process that was started speaks, and it never becomes another one: so `MAINPID` is never told, and a watchdog
//! that is meant for another process (`WATCHDOG_PID`) is left alone. Nobody listening is no error.

use std::time::Duration;

use sd_notify::NotifyState;

/// Who is told how the service stands.
#[derive(Debug, Clone)]
pub struct ServiceManager {
    /// How often it wants to hear that the service is alive.
    alive_every: Option<Duration>,
    /// What it was told last.
    status: String,
}

impl ServiceManager {
    /// As the environment of the process says (`NOTIFY_SOCKET`, `WATCHDOG_USEC`).
    pub fn of_process() -> Self {
        let asked = sd_notify::watchdog_enabled().filter(|asked| !asked.is_zero());
        // Half of the time in which it must hear something, as sd_watchdog_enabled(3) advises.
        Self { alive_every: asked.map(|asked| asked / 2), status: String::new() }
    }

    /// How often it wants to hear [`Self::alive`], if it does.
    pub fn alive_every(&self) -> Option<Duration> {
        self.alive_every
    }

    /// The service is up.
    pub fn ready(&mut self, status: &str) {
        status.clone_into(&mut self.status);
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// How it stands, in one line; told when it differs from what was told last.
    pub fn status(&mut self, status: &str) {
        if self.status != status {
            status.clone_into(&mut self.status);
            tell(&[NotifyState::Status(status)]);
        }
    }

    /// The service works.
    pub fn alive(&self) {
        tell(&[NotifyState::Watchdog]);
    }

    /// The service ends.
    pub fn stopping(&mut self, status: &str) {
        status.clone_into(&mut self.status);
        tell(&[NotifyState::Stopping, NotifyState::Status(status)]);
    }
}

fn tell(state: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(state);
}
