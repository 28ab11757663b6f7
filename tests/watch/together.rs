//! `watch` beside other programs on one vault.

use std::fs;
use std::time::Duration;

use tokengauge::vault::{Identity, Successor, Vault};

use super::home::Home;
use super::protocol::for_itself;
use super::service::Service;
use super::tenant::NAME;

#[test]
fn a_second_watch_is_told_who_runs_already() {
    let home = Home::new();
    let mut first = Service::start(&home);
    first.until("watching ");
    let run = home.run(&["watch"]).fails(9);
    let pid = first.pid().as_raw_nonzero().to_string();
    assert!(run.err.contains("watch runs already") && run.err.contains(&pid), "{}", run.err);
    first.stop();
    // The lock goes with its holder.
    let mut next = Service::start(&home);
    next.until("watching ");
    next.stop();
}

#[test]
fn what_another_program_did_is_told_and_not_done_again() {
    let tenant = for_itself("");
    let mut service = Service::start(&tenant.home);
    service.until("contoso: token issued, ");
    tenant.run(&["refresh", NAME]).is(0);
    service.until("contoso: token issued by another program, ");
    tenant.run(&["rename", NAME, "moved"]).is(0);
    service.until("moved: renamed by another program, contoso before");
    tenant.run(&["remove", "moved", "--yes"]).is(0);
    service.until("moved: removed by another program");
    service.stop();
    assert_eq!(tenant.requests(), 2);
}

#[test]
fn an_order_to_lock_is_told_and_not_obeyed() {
    let home = Home::new();
    let mut service = Service::start(&home);
    service.until("watching ");
    home.bare(&["vault", "lock"]).is(0);
    service.until("vault lock was ordered: watch goes on, because its key lies beside it");
    service.stop();
}

#[test]
fn a_vault_that_is_gone_ends_it() {
    let tenant = for_itself("");
    let mut service = Service::start(&tenant.home);
    service.until("contoso: token issued, ");
    fs::remove_dir_all(tenant.home.vault()).unwrap();
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(2), "{log:?}");
    let at = log.iter().position(|line| line.starts_with("error: ")).expect("an error is told");
    assert!(log[at].contains("vault") && log[at + 1].contains("tokengauge vault init"), "{log:?}");
}

#[test]
fn a_key_that_was_revoked_ends_it() {
    let tenant = for_itself("");
    let mut service = Service::start(&tenant.home);
    service.until("contoso: token issued, ");
    let text = fs::read_to_string(tenant.home.key()).unwrap();
    let vault = Vault::open(&tenant.home.vault(), &Identity::parse(&text).unwrap()).unwrap();
    vault.change_key(&Successor::NewKeyFile(tenant.home.path("other-key"))).unwrap();
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(3), "{log:?}");
    let at = log.iter().position(|line| line.starts_with("error: ")).expect("an error is told");
    assert!(log[at + 1].contains("new key file"), "{log:?}");
}

#[test]
fn a_damaged_record_is_told_once_and_hinders_no_other() {
    let tenant = for_itself("");
    let mut service = Service::start(&tenant.home);
    service.until("contoso: token issued, ");
    let url = tenant.url();
    let add = ["add", "second", "--client-id", super::tenant::CLIENT_ID, "--tenant", "contoso.example"];
    let options = ["--authority-url", &url, "--grant", "client-credentials"];
    tenant.run(&add.into_iter().chain(options).collect::<Vec<_>>()).is(0);
    service.until("second: added by another program");
    service.until("second: token issued, ");
    let record = tenant.home.record("second");
    let sealed = fs::read(&record).unwrap();
    fs::write(&record, &sealed[..sealed.len() / 2]).unwrap();
    service.until("second.age: ");
    tenant.run(&["refresh", NAME]).is(0);
    service.until("contoso: token issued by another program");
    fs::write(&record, sealed).unwrap();
    service.until("second.age: no longer in the way");
    let log = service.stop();
    assert_eq!(log.iter().filter(|line| line.contains("second.age: ")).count(), 2, "{log:?}");
}

#[test]
fn an_app_registration_that_another_program_changes_holds_up_no_renewal() {
    let tenant = for_itself("");
    let text = fs::read_to_string(tenant.home.key()).unwrap();
    let vault = Vault::open(&tenant.home.vault(), &Identity::parse(&text).unwrap()).unwrap();
    let app = vault.listing().unwrap().apps.remove(0);
    let held = vault.lock_app(&app.client_id, Duration::ZERO).unwrap();
    let mut service = Service::start(&tenant.home);
    service.until("contoso: token issued, ");
    tenant.run(&["refresh", NAME]).is(0);
    service.until("contoso: token issued by another program, ");
    let log = service.stop();
    drop(held);
    assert!(!log.iter().any(|line| line.contains("in use") || line.contains("not renewed")), "{log:?}");
}
