//! The clock: the one place that reads the time.
//!
//! The wall clock is read once; from then on the time that has passed since boot is added, suspension included. So a
//! wall clock that jumps makes no token older or younger. The demo's clock may run faster.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::time::{ClockId, clock_gettime};

/// Tells the time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started_at: DateTime<Utc>,
    booted_for: Duration,
    speed: u32,
}

impl Clock {
    /// The clock of this machine.
    pub fn system() -> Self {
        Self::running_at(1)
    }

    /// A clock that starts now and runs so many times as fast, for the demo.
    pub fn running_at(speed: u32) -> Self {
        Self { started_at: Utc::now(), booted_for: since_boot(), speed: speed.max(1) }
    }

    /// The clock of this machine as a program has it that was started before the wall clock was set forward by so much.
    pub fn from_before_it_was_set(forward: TimeDelta) -> Self {
        let own = Self::system();
        Self { started_at: own.started_at.checked_sub_signed(forward).unwrap_or(own.started_at), ..own }
    }

    /// A clock of the same speed that starts now, by the wall clock as that is now.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::running_at(self.speed)
    }

    /// The moment.
    pub fn now(&self) -> DateTime<Utc> {
        let passed = since_boot().saturating_sub(self.booted_for) * self.speed;
        let passed = TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX);
        self.started_at.checked_add_signed(passed).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// How far the wall clock has been set forward since this clock was started; negative if it was set back. The demo, whose
    /// time is its own, never tells.
    pub fn set_forward_by(&self) -> TimeDelta {
        if self.speed > 1 {
            return TimeDelta::zero();
        }
        Utc::now() - self.now()
    }

    /// The moment at which the machine will have been up for so long.
    pub fn moment_since_boot(&self, up: Duration) -> DateTime<Utc> {
        let ahead = TimeDelta::from_std(up.saturating_sub(self.booted_for)).unwrap_or(TimeDelta::MAX);
        self.started_at.checked_add_signed(ahead).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// How long a sleeper has to wait for a moment; nothing if it has passed. A fast clock wakes nobody more often than
    /// people can see.
    pub fn until(&self, moment: DateTime<Utc>) -> Duration {
        let wait = (moment - self.now()).to_std().unwrap_or(Duration::ZERO) / self.speed;
        if self.speed > 1 { wait.max(FASTEST_FRAME) } else { wait }
    }

    /// The offset of local time, for showing times of day.
    pub fn utc_offset(&self) -> chrono::FixedOffset {
        *chrono::Local::now().offset()
    }
}

/// Ten frames a second are enough for a demonstration.
const FASTEST_FRAME: Duration = Duration::from_millis(100);

/// How long the machine has been up, suspension included: no setting of the clock changes that.
pub fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
