//! The dashboard beside `watch`: each sees what the other did, and who leaves hears whether anything renews from then on.

use super::cron::for_itself;
use super::home::Home;
use super::service::Service;
use super::tenant::SECRET;
use super::terminal::Session;

const NOTHING_RENEWS: &str = "Nothing renews after you leave: watch is not running.";

fn said_on_leaving(home: &Home, shown: &str) -> String {
    let mut session = Session::start(home, &[]);
    session.until_screen(shown);
    session.type_in("q");
    let (code, said) = session.ends();
    assert_eq!(code, 0, "{said}");
    said
}

#[test]
fn leaving_tells_that_nothing_renews_from_then_on() {
    let tenant = for_itself(SECRET);
    let said = said_on_leaving(&tenant.home, "contoso");
    assert!(said.contains(NOTHING_RENEWS), "{said}");
}

#[test]
fn where_watch_goes_on_there_is_nothing_to_tell() {
    let tenant = for_itself(SECRET);
    let mut service = Service::start(&tenant.home);
    service.until("contoso: token issued");
    assert!(!said_on_leaving(&tenant.home, "contoso").contains("Nothing renews"));
    service.stop();
    assert_eq!(tenant.requests(), 1);
}

#[test]
fn where_nothing_would_have_renewed_there_is_nothing_to_tell() {
    assert!(!said_on_leaving(&Home::new(), "help").contains("Nothing renews"));
}

#[test]
fn dashboard_watch_and_command_renew_each_token_once_and_see_what_the_others_did() {
    // Due at once, and by whoever comes first.
    let tenant = for_itself(SECRET);
    let mut session = Session::start(&tenant.home, &[]);
    let mut service = Service::start(&tenant.home);
    session.until_screen("QUIET");
    service.until("watching ");
    assert_eq!(tenant.requests(), 1);
    tenant.run(&["refresh", "--due"]).is(0);
    assert_eq!(tenant.requests(), 1);
    tenant.run(&["rename", "contoso", "moved"]).is(0);
    session.until_screen("moved");
    service.until("moved: renamed by another program");
    session.type_in("q");
    assert_eq!(session.ends().0, 0);
    service.stop();
    assert_eq!(tenant.requests(), 1);
}
