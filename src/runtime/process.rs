//! What the process does before it touches a secret: no core dumps, no debugger, files for the owner alone; and that it
//! may have the files and threads that its work needs.

use std::fs::File;
use std::io;
use std::thread;

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

/// Event loop, signals, a connection, locks, a temporary file and its directory, all open at once, and some more.
const FILES_AT_WORK: usize = 20;

/// Proves that this process may have so many files and threads as a request and its save need: before the request, and
/// before an event loop is made, which would panic.
///
/// # Errors
///
/// What the system says to one more.
pub fn prove_limits() -> io::Result<()> {
    let opened: io::Result<Vec<File>> = (0..FILES_AT_WORK).map(|_| File::open("/dev/null")).collect();
    opened?;
    let worker = thread::Builder::new().spawn(|| ())?;
    let _ = worker.join();
    Ok(())
}
