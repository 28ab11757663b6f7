//! What a test needs of the machine. Where it is missing the test says so on stderr and is passed over; in continuous
//! integration (`TOKENGAUGE_CI`) it fails instead, if `.ci/run` can provide it.

use linux_keyutils::{KeyRing, KeyRingIdentifier};

/// A program that `.ci/run` installs, or that every Linux has.
pub fn program(name: &str) -> bool {
    let directories = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&directories).any(|directory| directory.join(name).is_file());
    provided(is_there, name)
}

/// Anything else that `.ci/run` provides.
pub fn provided(is_there: bool, what: &str) -> bool {
    assert!(is_there || std::env::var_os("TOKENGAUGE_CI").is_none(), "needs {what}, which .ci/run provides");
    granted(is_there, &format!("{what}; see .ci/run"))
}

/// A right, or a power of the kernel, that no script can provide.
pub fn granted(is_there: bool, what: &str) -> bool {
    if !is_there {
        eprintln!("skipped: needs {what}");
    }
    is_there
}

/// The rights of root, for this.
pub fn root(what_for: &str) -> bool {
    granted(rustix::process::geteuid().is_root(), &format!("root, {what_for}"))
}

/// A user who may mount a file system that nobody else sees.
pub fn own_mounts() -> bool {
    let mount = ["--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/tmp"];
    let tried = std::process::Command::new("unshare").args(mount).output();
    granted(
        tried.is_ok_and(|output| output.status.success()),
        "a user who may mount a file system of its own",
    )
}

/// A kernel that keeps keys for its users; where containers are not let at it there is none.
pub fn keyring() -> bool {
    let ring = KeyRing::get_persistent(KeyRingIdentifier::Process);
    granted(ring.is_ok(), "the kernel's keyring of this user")
}
