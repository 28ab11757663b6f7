//! What others hold: told when it is an older one, a thing to do only where that matters.

use chrono::{DateTime, Utc};
use tokengauge::app::copies::{in_words, still_held};
use tokengauge::domain::app_registration::CredentialFacts;
use tokengauge::domain::hand_over::Label;
use tokengauge::domain::{
    Authority, ConnectionValue, Consumer, Destination, Freshness, HandedOver, Need, NextStep, Outdated,
    Overview, RenewalKind,
};

use super::fixtures::*;

fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %b").to_string()
}

fn app_connect() -> (HandedOver, Destination) {
    (HandedOver::Form(Consumer::AppConnect), Destination::Clipboard)
}

fn file(path: &str) -> (HandedOver, Destination) {
    (HandedOver::Export(Label::of("env")), Destination::File(Label::of(path)))
}

/// Handed over at the start, renewed an hour later.
fn handed_and_renewed(to: &[(HandedOver, Destination)]) -> Overview {
    with(healthy("quiet"), |own| {
        own.hand_overs =
            to.iter().map(|(what, place)| own.handed_over(what.clone(), place.clone(), start())).collect();
        renew(own, start() + minutes(60), RenewalKind::Refresh);
    })
}

fn told(own: &Overview) -> Option<String> {
    still_held(&own.held_copies(start() + minutes(61)), &day)
}

fn outdated(own: &Overview, now: DateTime<Utc>) -> Option<Outdated> {
    match own.outdated_copy(now)?.freshness {
        Freshness::Outdated(why) => Some(why),
        _ => None,
    }
}

#[test]
fn an_older_token_is_told_and_asks_for_nothing_where_rotation_does_not_revoke() {
    let own = handed_and_renewed(&[app_connect()]);
    let now = start() + minutes(61);
    assert_eq!(told(&own).unwrap(), "App Connect still holds the token of 11 Mar");
    let alone = in_words(&own.held_copies(now)[0], &day);
    assert_eq!(alone, "App Connect still holds the token of 11 Mar, or one renewed from it");
    assert_eq!((own.need(now), outdated(&own, now)), (Need::Quiet, None));
    assert!(matches!(own.next_step(now), NextStep::RenewsAt(_)));
}

#[test]
fn several_are_named_together() {
    let own = handed_and_renewed(&[app_connect(), file("/etc/x.env")]);
    assert_eq!(told(&own).unwrap(), "/etc/x.env and App Connect still hold the token of 11 Mar");
}

#[test]
fn where_rotation_may_revoke_it_is_a_thing_to_do() {
    let mut own = handed_and_renewed(&[app_connect()]);
    own.settings.authority = Authority::custom("https://login.example", None).unwrap();
    let now = start() + minutes(61);
    assert_eq!(outdated(&own, now), Some(Outdated::MayBeRevoked));
    assert_eq!((own.need(now), own.next_step(now)), (Need::Soon, NextStep::HandOverAgain));
}

#[test]
fn after_a_new_sign_in_it_is_a_thing_to_do() {
    let own = with(handed_and_renewed(&[app_connect()]), |own| {
        renew(own, start() + minutes(70), RenewalKind::SignIn);
        own.tokens.as_mut().unwrap().signed_in_at = start() + minutes(70);
    });
    assert_eq!(outdated(&own, start() + minutes(71)), Some(Outdated::SignedInAgain));
}

#[test]
fn a_replaced_secret_is_a_thing_to_do_also_where_no_token_was_given() {
    let n8n = (HandedOver::Form(Consumer::N8n), Destination::Clipboard);
    let mut own = handed_and_renewed(&[n8n]);
    assert_eq!(told(&own), None);
    if let CredentialFacts::Secret { entered_at, .. } = &mut own.credential {
        *entered_at = start() + minutes(30);
    }
    assert_eq!(told(&own).unwrap(), "n8n still holds the earlier client secret");
    assert_eq!(outdated(&own, start() + minutes(61)), Some(Outdated::SecretReplaced));
}

#[test]
fn what_nobody_renews_is_a_thing_to_do_before_it_lapses() {
    let own = with(handed_and_renewed(&[app_connect(), file("/etc/x.env")]), |own| {
        renew(own, start() + days(85), RenewalKind::Refresh);
    });
    let copy = own.outdated_copy(start() + days(85)).unwrap();
    assert_eq!(copy.hand_over.keeper(), "/etc/x.env", "App Connect renews its own");
    assert!(matches!(copy.freshness, Freshness::Outdated(Outdated::Lapsing(_))));
}

#[test]
fn one_value_that_was_copied_is_told_and_asks_for_nothing() {
    let mut own =
        handed_and_renewed(&[(HandedOver::Value(ConnectionValue::RefreshToken), Destination::Clipboard)]);
    own.settings.authority = Authority::custom("https://login.example", None).unwrap();
    assert_eq!(told(&own).unwrap(), "the refresh token copied still holds the token of 11 Mar");
    assert!(matches!(own.next_step(start() + minutes(61)), NextStep::RenewsAt(_)));
}

#[test]
fn the_latest_to_each_counts() {
    let own = with(handed_and_renewed(&[app_connect(), file("/etc/x.env")]), |own| {
        let (what, place) = app_connect();
        own.hand_overs.push(own.handed_over(what, place, start() + minutes(61)));
    });
    assert_eq!(told(&own).unwrap(), "/etc/x.env still holds the token of 11 Mar");
}

#[test]
fn something_more_pressing_comes_first() {
    let mut own = with(handed_and_renewed(&[app_connect()]), |own| own.credential = secret(Some(days(3))));
    if let CredentialFacts::Secret { entered_at, .. } = &mut own.credential {
        *entered_at = start();
    }
    assert_eq!(own.next_step(start() + minutes(61)), NextStep::ReplaceSecret);
}
