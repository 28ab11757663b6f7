//! What lapses, and what is told of it: connections that renew only when somebody asks, several ends at once.

use chrono::{DateTime, TimeDelta, Utc};
use tokengauge::domain::need::RenewalPlan;
use tokengauge::domain::outlook::{Outlook, Verdict};
use tokengauge::domain::{Need, NextStep, Overview, RenewalKind, RenewalPolicy, TroubleKind, WayIn, lapse};
use tokengauge::report::calendar::calendar;
use tokengauge::report::metrics::metrics;

use super::fixtures::*;

/// A connection with this policy, whose access token ended after an hour.
fn left_alone(policy: RenewalPolicy, renewed_at: DateTime<Utc>) -> Overview {
    let mut own = renewed("adatum", renewed_at);
    own.settings.renewal.policy = policy;
    own
}

fn within_a_fortnight(own: &Overview) -> Outlook {
    Outlook::of(own, days(14), start())
}

#[test]
fn an_ended_access_token_that_is_renewed_on_demand_is_told_without_alarm() {
    let (renewed_at, ended_at) = (start() - minutes(240), Some(start() - minutes(180)));
    for policy in [RenewalPolicy::Manual, RenewalPolicy::KeepAlive] {
        let own = left_alone(policy, renewed_at);
        assert_eq!(own.waits_to_be_asked_since(start()), ended_at);
        assert_eq!(own.next_step(start()), NextStep::RenewOnRequest { ended_at }, "{policy:?}");
        assert_eq!(own.need(start()), Need::Quiet);
        assert_eq!(within_a_fortnight(&own).word(), "quiet");
    }
    let own = left_alone(RenewalPolicy::Automatic, renewed_at);
    assert_eq!(own.waits_to_be_asked_since(start()), None, "that renews by itself");
    let own = left_alone(RenewalPolicy::Manual, start() - minutes(59));
    assert_eq!(own.next_step(start()), NextStep::RenewOnRequest { ended_at: None });
}

#[test]
fn a_renewal_on_demand_that_fails_and_passes_leaves_it_on_demand() {
    let (renewed_at, ended_at) = (start() - minutes(240), Some(start() - minutes(180)));
    let later = TroubleKind::try_later(start(), 1, None, 0.5);
    for policy in [RenewalPolicy::Manual, RenewalPolicy::KeepAlive] {
        let mut own = left_alone(policy, renewed_at);
        refuse(&mut own, start(), later);
        for now in [start(), start() + days(3)] {
            assert_eq!(own.need(now), Need::Quiet, "{policy:?}");
            assert_eq!(own.next_step(now), NextStep::RenewOnRequest { ended_at }, "{policy:?}");
            assert_eq!(Outlook::of(&own, days(14), now).verdict, Verdict::Quiet);
        }
        assert!(!own.may_renew_at(start()), "the wait is kept");
    }
    // Once it is due by itself, what fails is told.
    let mut own = left_alone(RenewalPolicy::KeepAlive, start() - days(70));
    refuse(&mut own, start() - days(65), TroubleKind::try_later(start() - days(65), 1, None, 0.5));
    assert_eq!(own.need(start()), Need::Soon);
    assert!(matches!(within_a_fortnight(&own).verdict, Verdict::Failing(_)));
    assert_eq!(own.need(start() - days(64)), Need::Quiet);
    assert_eq!(own.need_changes_at(start() - days(64)), own.exercise_due_at());
    assert!(own.turn(start()).is_some_and(|turn| turn.at <= start()), "and it is tried");
    let mut own = left_alone(RenewalPolicy::Automatic, renewed_at);
    refuse(&mut own, start(), later);
    assert_eq!(own.need(start()), Need::Soon);
}

#[test]
fn a_manual_connection_without_a_way_to_renew_needs_a_sign_in_everywhere() {
    let ended_at = start() - minutes(180);
    let mut without = left_alone(RenewalPolicy::Manual, start() - minutes(240));
    without.tokens.as_mut().unwrap().refresh = None;
    let idle = left_alone(RenewalPolicy::Manual, start() - days(91));
    for (own, end) in [(without, ended_at), (idle, start() - days(1))] {
        assert_eq!(own.next_step(start()), NextStep::SignInAgain);
        assert_eq!(own.need(start()), Need::NeedsYou);
        assert_eq!(within_a_fortnight(&own).word(), "needs-you");
        assert_eq!(lapse::lapses(std::slice::from_ref(&own))[0].at, end);
        let told = metrics(std::slice::from_ref(&own), 0, start());
        assert!(told.contains("tokengauge_sign_in_needed{connection=\"adatum\"} 1"), "{told}");
        let told = calendar(std::slice::from_ref(&own), start());
        assert!(told.contains(&end.format("DTSTART:%Y%m%dT%H%M%SZ").to_string()), "{told}");
    }
}

#[test]
fn a_refresh_token_that_nothing_uses_lapses_by_disuse() {
    let own = left_alone(RenewalPolicy::Manual, start() - days(80));
    let end = start() + days(10);
    assert_eq!((own.need(start()), own.next_step(start())), (Need::Soon, NextStep::RenewBefore(end)));
    let outlook = within_a_fortnight(&own);
    assert_eq!((outlook.verdict, outlook.lapses.len(), outlook.lapses[0].at), (Verdict::Lapses, 1, end));
    assert!(matches!(own.renewal_plan(start()), RenewalPlan::OnRequest { .. }));
    assert!(own.need_changes_at(start()).is_some_and(|at| at == end));
}

#[test]
fn a_limit_that_counts_from_the_sign_in_asks_for_one_in_time() {
    let end = start() + days(5);
    let own = with(healthy("adatum"), |own| {
        let refresh = own.tokens.as_mut().unwrap().refresh.as_mut().unwrap();
        refresh.counts_from = tokengauge::domain::CountsFrom::SignIn;
        refresh.lifetime.certainty = tokengauge::domain::Certainty::Learned;
        refresh.lifetime.starts_at = start() - days(85);
        refresh.lifetime.expires_at = end;
    });
    assert_eq!((own.need(start()), own.next_step(start())), (Need::Soon, NextStep::SignInBefore(end)));
    assert_eq!(own.next_step(end), NextStep::SignInAgain);
}

#[test]
fn of_two_ends_that_are_near_the_first_is_the_next_step() {
    let mut own = left_alone(RenewalPolicy::Manual, start() - days(80));
    let step = |own: &mut Overview, secret_left: i64| {
        own.credential = secret(Some(days(secret_left)));
        own.next_step(start())
    };
    assert_eq!(step(&mut own, 20), NextStep::RenewBefore(start() + days(10)));
    assert_eq!(step(&mut own, 9), NextStep::ReplaceSecret);
    renew_at(&mut own, start() - days(91));
    assert_eq!(step(&mut own, 20), NextStep::SignInAgain, "what is over comes before what will be");
    assert_eq!(step(&mut own, -1), NextStep::ReplaceSecret, "without it a sign-in is refused");
}

#[test]
fn a_secret_that_a_connection_never_sends_does_not_count_against_it() {
    for (left, of_browser) in [(-1, Need::NeedsYou), (4, Need::Soon)] {
        let mut own = with(healthy("adatum"), |own| own.credential = secret(Some(days(left))));
        assert_eq!((own.need(start()), own.next_step(start())), (of_browser, NextStep::ReplaceSecret));
        // Microsoft's clouds know the device code as a flow of public clients.
        own.tokens.as_mut().unwrap().way_in = WayIn::DeviceCode;
        assert_eq!(own.need(start()), Need::Quiet, "{left}");
        assert!(matches!(own.next_step(start()), NextStep::RenewsAt(_)));
        assert_eq!(within_a_fortnight(&own).verdict, Verdict::Quiet);
        assert!(!calendar(std::slice::from_ref(&own), start()).contains("secret"));
        own.settings.way_in = WayIn::ClientCredentials;
        assert_eq!(own.need(start()), of_browser, "a client that acts for itself proves itself");
    }
}

#[test]
fn whatever_would_be_refused_for_want_of_the_secret_comes_after_it() {
    let own_token = with(unsigned("adatum"), |own| own.settings.way_in = WayIn::ClientCredentials);
    let no_refresh = with(healthy("adatum"), |own| own.tokens.as_mut().unwrap().refresh = None);
    let refused = troubled("adatum", TroubleKind::SignInNeeded);
    for own in [unsigned("adatum"), own_token, no_refresh, refused] {
        let own = with(own, |own| own.credential = secret(Some(days(-1))));
        assert_eq!((own.need(start()), own.next_step(start())), (Need::NeedsYou, NextStep::ReplaceSecret));
        assert_eq!(within_a_fortnight(&own).verdict, Verdict::NeedsYou(NextStep::ReplaceSecret));
    }
    let over = |own: Overview| with(own, |own| own.credential = secret(Some(days(-1))));
    assert_eq!(over(begun(unsigned("adatum"), start())).next_step(start()), NextStep::PasteAddress);
    let restored = over(troubled("adatum", TroubleKind::Restored));
    assert_eq!(restored.next_step(start()), NextStep::AcceptRestored, "that sends nothing");
}

#[test]
fn a_new_secret_that_some_use_already_does_not_hide_the_end_of_the_old_one() {
    // "adatum", which comes first, uses the new secret already.
    let of = |name: &str, left: i64| with(healthy(name), |own| own.credential = secret(Some(days(left))));
    let all = [of("adatum", 300), of("contoso", 3), of("fabrikam", 3)];
    let rows: Vec<(TimeDelta, usize)> = lapse::lapses(&all)
        .into_iter()
        .filter(|row| row.what.noun() == "client secret")
        .map(|row| (row.at - start(), row.connections.len()))
        .collect();
    assert_eq!(rows, [(days(3), 2), (days(300), 1)]);
    let end = start() + days(3);
    let told = calendar(&all, start());
    assert_eq!(told.matches("UID:client-credential-").count(), 1, "a later import moves it: {told}");
    assert!(told.contains(&end.format("DTSTART;VALUE=DATE:%Y%m%d").to_string()), "{told}");
    let told = metrics(&all, 0, start());
    let line = told.lines().find(|line| line.starts_with("tokengauge_client_credential_expiry")).unwrap();
    assert!(line.ends_with(&format!(" {}", end.timestamp())), "{line}");
}

#[test]
fn what_ends_is_told_beside_what_fails_or_needs_a_person() {
    let mut own = renewed("adatum", start() - minutes(240));
    own.credential = secret(Some(days(9)));
    let later = TroubleKind::try_later(start(), 3, None, 0.5);
    refuse(&mut own, start(), later);
    let outlook = within_a_fortnight(&own);
    assert_eq!(outlook.verdict, Verdict::Failing(start() - minutes(180)));
    assert_eq!(outlook.lapses[0].what.noun(), "client secret");
    refuse(&mut own, start(), TroubleKind::SignInNeeded);
    let outlook = within_a_fortnight(&own);
    assert_eq!(outlook.verdict, Verdict::NeedsYou(NextStep::SignInAgain));
    assert_eq!(outlook.lapses.len(), 1);
}

#[test]
fn a_client_that_never_got_its_first_token_is_failing() {
    let mut own = unsigned("adatum");
    own.settings.way_in = WayIn::ClientCredentials;
    refuse(&mut own, start() - minutes(5), TroubleKind::try_later(start(), 1, None, 0.5));
    assert_eq!(within_a_fortnight(&own).verdict, Verdict::Failing(start() - minutes(5)));
}

fn renew_at(own: &mut Overview, at: DateTime<Utc>) {
    renew(own, at, RenewalKind::Refresh);
}
