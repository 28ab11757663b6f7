//! The key in memory: not in a core dump, not for another program of the same user, not in swap, and gone after a lock.

use std::fs;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::home::{Home, Run, binary};
use super::needs;
use super::signals::until;
use super::tenant::{NAME, Tenant};

/// A user that nobody is: what root may read proves nothing.
const NOBODY: u32 = 65_500;

/// A program that has the vault open and waits for an address on stdin, started by `wrapper`.
fn holder(home: &Home, wrapper: &[&str]) -> Child {
    let mut command = home.under(wrapper, &["-v", "redeem", NAME]);
    let mut child = command
        .env("TGSECRET", "environment")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    // What it tells comes after the vault was opened.
    let mut told = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&told).contains("the vault is open") {
        let count = child.stderr.as_mut().unwrap().read(&mut byte).unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&told));
        told.push(byte[0]);
    }
    child
}

fn end(mut child: Child) {
    drop(child.stdin.take());
    let _ = child.wait();
}

/// What a line of `/proc/PID/status` says.
fn status(pid: u32, field: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

fn begun() -> Tenant {
    let tenant = Tenant::new();
    tenant.begin();
    tenant
}

/// Gives everything to a user who is not root; false where that cannot be done.
fn give_away(home: &Home) -> bool {
    if !needs::program("setpriv") || !needs::root("who can become another user") {
        return false;
    }
    let given = Command::new("chown").args(["-R", &format!("{NOBODY}:{NOBODY}")]).arg(home.path("")).status();
    assert!(given.unwrap().success());
    needs::granted(binary_is_reachable(), "a build directory that others may enter")
}

/// The build directory may lie in root's own home.
fn binary_is_reachable() -> bool {
    as_nobody().arg("test").arg("-x").arg(binary()).status().is_ok_and(|status| status.success())
}

fn as_nobody() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &NOBODY.to_string(), "--regid", &NOBODY.to_string(), "--clear-groups"]);
    command
}

#[test]
fn a_signal_that_would_dump_memory_leaves_no_core() {
    for signal in [Signal::QUIT, Signal::SEGV, Signal::ABORT] {
        let tenant = begun();
        let mut child = holder(&tenant.home, &["/bin/sh", "-c", r#"ulimit -c unlimited; exec "$0" "$@""#]);
        until(|| {
            // The first one meets the handler that tells a stack overflow, and which then leaves the signal alone.
            let _ = kill_process(Pid::from_child(&child), signal);
            child.try_wait().unwrap().is_some()
        });
        let ended = child.wait().unwrap();
        assert_eq!(ended.signal(), Some(signal.as_raw()));
        assert!(!ended.core_dumped());
        let left = fs::read_dir(tenant.home.path("")).unwrap();
        let cores =
            left.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("core"));
        assert_eq!(cores.count(), 0);
    }
}

#[test]
fn another_program_of_the_same_user_reads_neither_memory_nor_environment() {
    let tenant = begun();
    if !give_away(&tenant.home) {
        return;
    }
    let user = NOBODY.to_string();
    let child =
        holder(&tenant.home, &["/usr/bin/setpriv", "--reuid", &user, "--regid", &user, "--clear-groups"]);
    assert!(status(child.id(), "Uid").unwrap().starts_with(&user));
    let read = |path: &str| {
        let output = as_nobody().args(["head", "-c", "16", path]).output().unwrap();
        (output.status.success(), output.stdout)
    };
    // The same user reads these of a program that hides nothing.
    let plain = as_nobody().args(["sleep", "600"]).env("SHOWN", "x").spawn().unwrap();
    let shown = || read(&format!("/proc/{}/environ", plain.id()));
    until(|| shown().0);
    for what in ["mem", "environ", "maps"] {
        let (could, bytes) = read(&format!("/proc/{}/{what}", child.id()));
        assert!(!could && bytes.is_empty(), "{what} was read");
    }
    let mut plain = plain;
    plain.kill().unwrap();
    plain.wait().unwrap();
    end(child);
}

#[test]
fn the_page_of_the_key_is_kept_out_of_swap_where_that_is_allowed() {
    let tenant = begun();
    let child = holder(&tenant.home, &[]);
    let locked = status(child.id(), "VmLck").unwrap();
    end(child);
    assert_eq!(locked, "4 kB", "one page, and no more");
    assert!(!tenant.run(&["vault", "status"]).is(0).err.contains("swap"));
}

#[test]
fn whoever_may_lock_no_memory_goes_on_and_is_told() {
    let tenant = begun();
    if !give_away(&tenant.home) {
        return;
    }
    let user = NOBODY.to_string();
    let wrapper = [
        "/usr/bin/prlimit",
        "--memlock=0",
        "/usr/bin/setpriv",
        "--reuid",
        &user,
        "--regid",
        &user,
        "--clear-groups",
    ];
    let child = holder(&tenant.home, &wrapper);
    assert_eq!(status(child.id(), "VmLck").unwrap(), "0 kB");
    end(child);
    let told = Run::of(tenant.home.under(&wrapper, &["vault", "status"]).output().unwrap()).is(0).err;
    assert!(told.contains("may reach swap"), "{told}");
}

/// How often the bytes stand in the writable memory of a program.
fn found_in_memory(pid: u32, wanted: &[u8]) -> usize {
    use std::io::{Seek, SeekFrom};
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut memory = fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let Some((from, to)) = line.split_whitespace().next().and_then(|range| range.split_once('-')) else {
            continue;
        };
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        if memory.seek(SeekFrom::Start(from)).is_ok() && memory.read_exact(&mut bytes).is_ok() {
            found += bytes.windows(wanted.len()).filter(|window| *window == wanted).count();
        }
    }
    found
}

/// The 32 bytes of the key in an age key file, as bech32 hides them.
fn raw_key(key_file: &Path) -> Vec<u8> {
    const CHARACTERS: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let text = fs::read_to_string(key_file).unwrap();
    let key = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap().to_lowercase();
    let data = key.strip_prefix("age-secret-key-1").unwrap();
    let fives = data.chars().map(|c| CHARACTERS.find(c).unwrap() as u32);
    let (mut bits, mut held, mut bytes) = (0, 0, Vec::new());
    for five in fives {
        (bits, held) = (bits << 5 | five, held + 5);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
            bits &= (1 << held) - 1;
        }
    }
    bytes.truncate(32);
    bytes
}

#[test]
fn a_locked_vault_has_left_memory() {
    if !needs::root("who alone reads the memory of a program that hides it") {
        return;
    }
    let (home, vault) = super::locking::behind_passphrase();
    let key_file = home.path("copy-of-the-key");
    vault.write_key_file(&key_file).unwrap();
    let key = raw_key(&key_file);
    drop(vault);
    let mut session = super::locking::opened(&home);
    let pid = session.pid();
    assert!(found_in_memory(pid, &key) >= 1, "what is looked for is the key");
    home.bare(&["vault", "lock"]).is(0);
    session.until_screen("Nothing renews here");
    // The frame is drawn before the last of the effects is performed: the next one comes after it.
    session.type_in("x").until_screen("*");
    assert_eq!(found_in_memory(pid, &key), 0);
    assert_eq!(
        found_in_memory(pid, b"AGE-SECRET-KEY-1"),
        0,
        "no text of a key but the constant, which is not writable"
    );
}
