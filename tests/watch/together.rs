//! `watch` beside other programs on one vault.

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
