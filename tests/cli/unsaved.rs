//! An answer that came and that the disk does not take: told with exit 7, kept sealed, taken in by whoever comes next.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::home::Run;
use super::needs;
use super::slow::Slow;
use super::tenant::{CLIENT_ID, NAME, SECRET};

/// Takes the record's temporary file, and never puts it in the place of the record. (A tracer counts calls by thread, so
/// that it cannot tell the `fsync` of the proof from that of the save.)
fn broken_disk(slow: &Slow) -> Vec<String> {
    let draft = slow.home.vault().join("connections").join(format!(".{NAME}.tmp"));
    answering(&draft, "inject=rename:error=EIO")
}

/// Puts it there, and cannot make that last.
fn forgetful_disk(slow: &Slow) -> Vec<String> {
    answering(&slow.home.vault().join("connections"), "inject=fsync:error=EIO")
}

pub(super) fn answering(path: &Path, inject: &str) -> Vec<String> {
    let words = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", path.to_str().unwrap(), "-e", inject];
    words.map(str::to_owned).to_vec()
}

pub(super) fn words(own: &[String]) -> Vec<&str> {
    own.iter().map(String::as_str).collect()
}

pub(super) fn copies(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { copies(&path) } else { vec![path] }).collect()
}

/// With the next start's environment.
pub(super) fn next(slow: &Slow, arguments: &[&str]) -> Run {
    Run::of(slow.start(arguments).wait_with_output().unwrap())
}

#[test]
fn what_a_broken_disk_does_not_take_is_kept_sealed_and_the_next_command_takes_it_in() {
    if !needs::program("strace") {
        return;
    }
    for first in [&["refresh", NAME][..], &["token", NAME, "--min-valid", "2h"]] {
        let slow = Slow::new().signed_in();
        let before = fs::read(slow.home.record(NAME)).unwrap();
        let renewing = slow.start_under(&words(&broken_disk(&slow)), first);
        slow.held().answer(1);
        let run = Run::of(renewing.wait_with_output().unwrap()).is(7);
        if first[0] == "token" {
            assert_eq!(run.out, "");
        }
        let told: Vec<&str> = run.err.lines().collect();
        assert_eq!(told.len(), 2, "{}", run.err);
        assert!(told[0].contains("could not be saved") && told[0].contains("Input/output error"), "{told:?}");
        let [copy] = copies(&slow.runtime()).try_into().unwrap();
        assert!(told[1].contains(copy.to_str().unwrap()), "{told:?}");
        assert!(told[1].contains("it ends with the last logout"), "{told:?}");
        assert!(!run.err.contains("access-1") && !run.err.contains("refresh-1"));
        assert_eq!(fs::read(slow.home.record(NAME)).unwrap(), before, "the old record stays byte for byte");
        assert!(!fs::read(&copy).unwrap().windows(8).any(|window| window == b"access-1"));

        // Nothing is sent: the platform would hold that back for ever.
        let printed = next(&slow, &["token", NAME]).is(0);
        assert!(printed.out.starts_with("access-1-"), "{}", printed.out);
        assert_eq!(printed.err.lines().count(), 1, "{}", printed.err);
        assert!(printed.err.contains("is saved now"), "{}", printed.err);
        assert_eq!(copies(&slow.runtime()), Vec::<PathBuf>::new());
        assert_eq!(next(&slow, &["token", NAME]).is(0).err, "");
    }
}

/// A vault whose copy waits: nothing of the connection can be saved until the directory that is answered with is removed.
pub(super) fn waiting() -> (Slow, PathBuf) {
    let slow = Slow::new().signed_in();
    let renewing = slow.start_under(&words(&broken_disk(&slow)), &["refresh", NAME]);
    slow.held().answer(1);
    Run::of(renewing.wait_with_output().unwrap()).is(7);
    let draft = slow.home.vault().join("connections").join(format!(".{NAME}.tmp"));
    fs::create_dir(&draft).unwrap();
    (slow, draft)
}

#[test]
fn a_copy_that_cannot_be_taken_in_keeps_what_is_older_from_being_given_away() {
    if !needs::program("strace") {
        return;
    }
    let (slow, draft) = waiting();
    // It is good enough itself, as long as it is valid.
    let run = next(&slow, &["token", NAME]).is(0);
    assert!(run.out.starts_with("access-1-") && run.err.contains("waits in"), "{}{}", run.out, run.err);
    let run = next(&slow, &["token", NAME, "--min-valid", "2h"]).fails(7);
    assert!(run.err.contains("waits in"), "{}", run.err);
    let run = next(&slow, &["export", NAME, "--format", "env"]).fails(7);
    assert!(run.err.contains("tokengauge list"), "{}", run.err);
    // What only looks is not kept from it.
    assert!(next(&slow, &["list"]).is(0).out.contains(NAME));
    fs::remove_dir(&draft).unwrap();
    assert!(next(&slow, &["export", NAME, "--format", "env"]).is(0).out.contains("refresh-1"));
    assert!(next(&slow, &["token", NAME]).is(0).out.starts_with("access-1-"));
}

#[test]
fn a_copy_that_cannot_be_read_now_fails_token_with_what_mends_it() {
    if !needs::program("strace") {
        return;
    }
    let (slow, draft) = waiting();
    fs::remove_dir(&draft).unwrap();
    let [copy] = copies(&slow.runtime()).try_into().unwrap();
    fs::set_permissions(&copy, Permissions::from_mode(0o644)).unwrap();
    let run = next(&slow, &["token", NAME]).fails(3);
    assert!(run.err.contains("chmod 600"), "{}", run.err);
    fs::set_permissions(&copy, Permissions::from_mode(0o600)).unwrap();
    assert!(next(&slow, &["token", NAME]).is(0).out.starts_with("access-1-"));
}

#[test]
fn token_waits_for_no_copy_of_another_connection() {
    if !needs::program("strace") {
        return;
    }
    let (slow, _draft) = waiting();
    slow.home.with_stdin(&["add", "other", "--client-id", CLIENT_ID, "--secret-stdin"], SECRET).is(0);
    let run = next(&slow, &["token", "other"]).fails(4);
    assert!(!run.err.contains("waits in"), "{}", run.err);
}

#[test]
fn a_key_is_not_revoked_while_a_copy_waits_that_is_sealed_for_it() {
    if !needs::program("strace") {
        return;
    }
    let (slow, draft) = waiting();
    let file = slow.home.write("passphrase", "correct horse battery\n");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let new = ["vault", "passphrase", "--new-passphrase-file", file.to_str().unwrap()];
    slow.home.run(&new).is(0);
    let revoke = || {
        let mut command = slow.home.command();
        command.env("TOKENGAUGE_PASSPHRASE_FILE", &file).env("XDG_RUNTIME_DIR", slow.runtime());
        Run::of(command.args(["vault", "key-file", "--revoke"]).output().unwrap())
    };
    let run = revoke().fails(9);
    assert!(run.err.contains("tokengauge list"), "{}", run.err);
    fs::remove_dir(&draft).unwrap();
    // What waited is taken in first.
    assert!(revoke().is(0).err.contains("is saved now"));
    assert_eq!(copies(&slow.runtime()), Vec::<PathBuf>::new());
}

#[test]
fn where_no_copy_can_be_kept_either_the_loss_is_told() {
    if !needs::program("strace") {
        return;
    }
    let slow = Slow::new().signed_in();
    let before = fs::read(slow.home.record(NAME)).unwrap();
    fs::write(slow.runtime().join("tokengauge"), "").unwrap();
    fs::write(slow.home.path(".local/state/tokengauge/unsaved"), "").unwrap();
    let renewing = slow.start_under(&words(&broken_disk(&slow)), &["refresh", NAME]);
    slow.held().answer(1);
    let run = Run::of(renewing.wait_with_output().unwrap()).is(7);
    assert!(
        run.err.contains("so the new tokens are lost") && run.err.contains("see to the disk"),
        "{}",
        run.err
    );
    assert_eq!(fs::read(slow.home.record(NAME)).unwrap(), before);
    assert!(next(&slow, &["token", NAME]).is(0).out.starts_with("access-0-"));
}

#[test]
fn a_save_that_may_not_last_is_kept_twice() {
    if !needs::program("strace") {
        return;
    }
    let slow = Slow::new().signed_in();
    let renewing = slow.start_under(&words(&forgetful_disk(&slow)), &["refresh", NAME]);
    slow.held().answer(1);
    Run::of(renewing.wait_with_output().unwrap()).is(7);
    assert_eq!(copies(&slow.runtime()).len(), 1);
    // After a power cut either record may be there: the copy has it all the same.
    let printed = next(&slow, &["token", NAME]).is(0);
    assert!(printed.out.starts_with("access-1-") && printed.err.contains("is saved now"), "{}", printed.err);
    assert_eq!(copies(&slow.runtime()), Vec::<PathBuf>::new());
}

#[test]
fn a_signal_while_the_disk_refuses_ends_the_tries_at_once_and_keeps_the_copy() {
    if !needs::program("strace") {
        return;
    }
    let slow = Slow::new().signed_in();
    let renewing = slow.start_under(&words(&broken_disk(&slow)), &["refresh", NAME]);
    let held = slow.held();
    // The tracer passes it on to what it runs, and to all of its group alike.
    let child = fs::read_to_string(format!("/proc/{0}/task/{0}/children", renewing.id())).unwrap();
    let child = Pid::from_raw(child.split_whitespace().next().unwrap().parse().unwrap()).unwrap();
    kill_process(child, Signal::TERM).unwrap();
    let begun = Instant::now();
    held.answer(1);
    let run = Run::of(renewing.wait_with_output().unwrap()).is(7);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(run.err.contains("sealed copy"), "what is not saved is told, signal or not: {}", run.err);
    assert!(next(&slow, &["token", NAME]).is(0).out.starts_with("access-1-"));
}

/// Mounts a small file system of its own over the vault, copies the vault into it, and runs what follows there; then says
/// how that ended, makes room, and prints the token.
const ON_A_SMALL_DISK: &str = r#"
cp -a "$VAULT" "$VAULT.copy" && mount -t tmpfs -o size=2m,mode=700 tmpfs "$VAULT" && cp -a "$VAULT.copy/." "$VAULT/" || exit 99
"$0" "$@"; echo "ended with $?"
rm "$VAULT/filler" && "$0" --vault "$VAULT" --key-file "$KEY" token contoso | cut -c1-9
"#;

#[test]
fn a_disk_that_fills_up_after_the_request_was_sent_takes_what_it_was_proved_for() {
    if !needs::own_mounts() {
        return;
    }
    let slow = Slow::new().signed_in();
    let (vault, key) = (slow.home.vault(), slow.home.key());
    let script = format!("VAULT={}; KEY={}; {ON_A_SMALL_DISK}", vault.display(), key.display());
    let program = ["unshare", "--map-root-user", "--mount", "sh", "-c", &script];
    let renewing = slow.start_under(&program, &["refresh", NAME]);
    let held = slow.held();
    fill(&PathBuf::from(format!("/proc/{}/root{}", renewing.id(), vault.display())));
    held.answer(1);
    let run = Run::of(renewing.wait_with_output().unwrap());
    assert!(run.out.contains("ended with 0"), "{}{}", run.out, run.err);
    assert!(run.out.ends_with("access-1-\n"), "{}{}", run.out, run.err);
}

/// To the last byte.
fn fill(directory: &Path) {
    let mut filler = fs::File::create(directory.join("filler")).unwrap();
    for size in [64 * 1024, 4096, 512, 1] {
        let piece = vec![0; size];
        while std::io::Write::write_all(&mut filler, &piece).is_ok() {}
    }
}
