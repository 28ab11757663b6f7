//! Waiting for a process by what the kernel tells of it.

use std::process::Child;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// Waits until a process ends, but no longer than this; true if it has ended.
pub fn ends_within(child: &Child, time: Duration) -> bool {
    let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).unwrap();
    let time = Timespec::try_from(time).unwrap();
    poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&time)).unwrap() > 0
}
