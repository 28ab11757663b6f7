//! File systems that cannot do what they should: without locks, stale, not writable; the system's answers are put in by
//! `strace`, which need not be installed.

use super::home::{Home, Run, binary};
use super::needs;
use super::tenant::{NAME, Tenant};

/// The binary, with these answers of the system in place of the true ones; nothing where that cannot be done.
fn answered(home: &Home, inject: &[&str], arguments: &[&str]) -> Option<Run> {
    let strace = [&["strace", "-f", "-qq", "-o", "/dev/null"], inject].concat();
    needs::program("strace").then(|| Run::of(home.under(&strace, arguments).output().unwrap()))
}

#[test]
fn without_locks_nothing_is_changed_and_a_local_disk_is_advised() {
    let tenant = Tenant::new().signed_in();
    let before = std::fs::read(tenant.home.record(NAME)).unwrap();
    for error in ["ENOLCK", "EOPNOTSUPP"] {
        let inject = format!("inject=flock:error={error}");
        let Some(run) = answered(&tenant.home, &["-e", &inject], &["refresh", NAME]) else { return };
        let run = run.is(9);
        assert!(run.err.contains("NFS") && run.err.contains("--vault"), "{}", run.err);
        // What is valid needs no lock.
        answered(&tenant.home, &["-e", &inject], &["token", NAME]).unwrap().is(0);
    }
    assert_eq!(std::fs::read(tenant.home.record(NAME)).unwrap(), before);
    assert_eq!(tenant.requests(), 1);
}

#[test]
fn a_stale_handle_is_opened_once_more() {
    let tenant = Tenant::new().signed_in();
    let record = tenant.home.record(NAME);
    let path = record.to_str().unwrap();
    let inject = |when: &str| format!("inject=read:error=ESTALE:when={when}");
    let once = answered(&tenant.home, &["-P", path, "-e", &inject("1")], &["show", NAME]);
    let Some(once) = once else { return };
    once.is(0);
    answered(&tenant.home, &["-P", path, "-e", &inject("1+")], &["show", NAME]).unwrap().fails(7);
}

#[test]
fn without_a_place_of_its_own_no_vault_is_made_anywhere_else() {
    let home = Home::empty();
    let init = |variables: &[(&str, &str)]| {
        let mut command = assert_cmd::Command::new(binary());
        let file = home.path("key");
        command.env_clear().envs(variables.iter().copied()).current_dir(home.path(""));
        Run::of(command.args(["vault", "init", "--new-key-file"]).arg(file).output().unwrap())
    };
    for variables in [
        &[][..],
        &[("HOME", "")],
        &[("HOME", "relative")],
        &[("HOME", "/root"), ("XDG_DATA_HOME", "relative")],
    ] {
        init(variables).fails(2);
    }
    // No directory can be made below this one, not even by root.
    let below_a_file = home.write("file", "");
    init(&[("HOME", below_a_file.to_str().unwrap())]).fails(2);
    assert!(!home.path("key").exists());
}
