//! What the process does before it touches a secret: no core dumps, no debugger, files for the owner alone.

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};

/// Keeps the memory of this process out of core dumps and other processes' reach, and its new files to their owner.
///
/// Best effort: a sandbox that refuses one of these is no reason to refuse work.
pub fn harden() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    umask(Mode::from_raw_mode(0o077));
}
