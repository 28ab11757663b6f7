//! What is news of the warnings that stand: each is told once, and so is its end.

use tokengauge::domain::warning::{
    Ledger, News, Present, Subject, WarningKind, WarningRules, again_at, news,
};
use tokengauge::domain::{EventKind, Overview, TroubleKind};

use super::fixtures::*;
use super::warning_fixtures::*;

/// What one who hears of everything is told, from moment to moment.
#[derive(Default)]
struct Listener {
    ledger: Ledger,
}

impl Listener {
    fn hears(&mut self, all: &[Overview], now: Moment) -> Vec<News> {
        self.hears_by(all, now, &WarningRules::default())
    }

    fn hears_by(&mut self, all: &[Overview], now: Moment, rules: &WarningRules) -> Vec<News> {
        let standing = standing_of(all, now, rules.clone()).warnings();
        let present = Present { connections: all, is_whole: true, now };
        news(&mut self.ledger, &standing, present, rules)
    }

    fn words(&mut self, all: &[Overview], now: Moment) -> Vec<String> {
        self.hears(all, now).iter().map(|news| news.message(now)).collect()
    }
}

#[test]
fn the_end_of_an_old_secret_counts_while_some_still_use_it() {
    let own = |name: &str, left| with(healthy(name), |own| own.credential = secret(Some(days(left))));
    let mut listener = Listener::default();
    listener.hears(&[own("a", 5), own("b", 5)], start());
    let half = [own("a", 50), own("b", 5)];
    assert_eq!(stand(&half, start())[0].stage().seconds(), 7 * 86_400);
    assert_eq!(listener.hears(&half, start()), []);
}

#[test]
fn programs_under_different_rules_do_not_make_each_other_tell_it_again() {
    let usual = WarningRules::default();
    let others = [
        usual.clone().only([WarningKind::Failing, WarningKind::Recovered]),
        usual.clone().with_secret_days(&[3]).unwrap(),
        usual.clone().only([WarningKind::Secret, WarningKind::NeedsYou]),
        usual.clone().only([WarningKind::NeedsYou, WarningKind::Recovered]),
        usual.clone().with_refresh_token_days(&[1]).unwrap(),
    ];
    let cases = [
        with_secret(days(50)),
        with_secret(-days(1)),
        troubled("contoso", TroubleKind::ConsentMissing),
        with(with_secret(days(50)), |own| refuse(own, start(), TroubleKind::ConsentMissing)),
        throttled("contoso", start() - minutes(40)),
    ];
    for (own, rules) in cases.iter().flat_map(|own| others.iter().map(move |rules| (own, rules))) {
        let all = [own.clone()];
        let mut ledger = Listener::default();
        ledger.hears(&all, start());
        ledger.hears_by(&all, start(), rules);
        for round in 0..3 {
            assert_eq!(ledger.hears(&all, start()), [], "{round} {rules:?}");
            assert_eq!(ledger.hears_by(&all, start(), rules), [], "{round} {rules:?}");
        }
        assert_eq!(ledger.hears(&[], start()), []);
        assert_eq!(ledger.ledger.len(), 0, "what is gone is forgotten");
    }
}

#[test]
fn each_stage_is_told_once() {
    let own = [with_secret(days(65))];
    let mut listener = Listener::default();
    let told: Vec<usize> = (0..70).map(|day| listener.hears(&own, start() + days(day)).len()).collect();
    let days_told: Vec<usize> =
        told.iter().enumerate().filter(|(_, told)| **told > 0).map(|(day, _)| day).collect();
    assert_eq!(days_told, [5, 35, 51, 58, 64, 65], "60, 30, 14, 7, 1 days before, and at the end");
    assert!(told.iter().all(|told| *told <= 1));
}

#[test]
fn a_program_that_starts_late_tells_the_present_stage_and_none_that_has_passed() {
    let own = [with_secret(days(20))];
    let mut listener = Listener::default();
    assert_eq!(listener.words(&own, start()), ["contoso: the client secret ends in 20 days, on 2026-03-31"]);
    assert_eq!(listener.words(&own, start() + days(5)), [""; 0]);
    assert_eq!(listener.hears(&own, start() + days(6)).len(), 1);
}

#[test]
fn a_replaced_secret_is_told_and_begins_anew() {
    let mut listener = Listener::default();
    listener.hears(&[with_secret(days(5))], start());
    assert_eq!(
        listener.words(&[with_secret(days(300))], start()),
        [format!("contoso: the client secret of {CLIENT} no longer ends soon: it ends on 2027-01-05")]
    );
    assert_eq!(listener.words(&[with_secret(days(300))], start()), [""; 0]);
    assert_eq!(listener.hears(&[with_secret(days(300))], start() + days(250)).len(), 1);
}

#[test]
fn recovery_is_told_of_what_was_warned_of_and_of_nothing_else() {
    let mut listener = Listener::default();
    assert_eq!(listener.words(&[healthy("contoso")], start()), [""; 0]);
    listener.hears(&[troubled("contoso", TroubleKind::SignInNeeded)], start());
    assert_eq!(listener.words(&[healthy("contoso")], start()), ["contoso: works again"]);
    assert_eq!(listener.words(&[healthy("contoso")], start()), [""; 0]);
}

#[test]
fn another_act_is_told_anew_and_one_trouble_in_place_of_another_is_no_recovery() {
    let mut listener = Listener::default();
    let stopped = |kind| [troubled("contoso", kind)];
    assert_eq!(listener.hears(&stopped(TroubleKind::ConsentMissing), start()).len(), 1);
    let next = listener.hears(&stopped(TroubleKind::SignInNeeded), start());
    assert!(matches!(&next[..], [News::Raised(_)]), "{next:?}");
    // What failed and now needs a person has not recovered.
    let mut listener = Listener::default();
    listener.hears(&[throttled("contoso", start() - minutes(40))], start());
    let next = listener.hears(&stopped(TroubleKind::SignInNeeded), start());
    assert!(matches!(&next[..], [News::Raised(_)]), "{next:?}");
}

#[test]
fn who_joins_those_that_fail_is_told_together_with_others_and_once() {
    let since = start() - minutes(40);
    let mut listener = Listener::default();
    let one = [throttled("a", since)];
    assert_eq!(listener.hears(&one, start()).len(), 1);
    let two = [throttled("a", since), throttled("b", since)];
    assert_eq!(listener.hears(&two, start() + minutes(5)).len(), 0);
    let standing = stand(&two, start() + minutes(5));
    assert_eq!(again_at(&listener.ledger, &standing, &WarningRules::default()), Some(start() + minutes(30)));
    assert_eq!(listener.hears(&two, start() + minutes(30)).len(), 1);
    assert_eq!(listener.hears(&two, start() + days(1)).len(), 0);
    // Not before all of it is over.
    assert_eq!(listener.hears(&[healthy("a"), throttled("b", since)], start() + days(1)).len(), 0);
    assert_eq!(
        listener.words(&[healthy("a"), healthy("b")], start() + days(1)),
        ["renewals at login.microsoftonline.com work again: a and b"]
    );
}

#[test]
fn what_is_removed_is_forgotten_and_what_cannot_be_read_is_not() {
    let mut listener = Listener::default();
    listener.hears(&[troubled("contoso", TroubleKind::SignInNeeded)], start());
    let unreadable = Present { connections: &[], is_whole: false, now: start() };
    assert_eq!(news(&mut listener.ledger, &[], unreadable, &WarningRules::default()), []);
    assert_eq!(listener.ledger.len(), 1);
    assert_eq!(listener.hears(&[], start()), []);
    assert_eq!(listener.ledger.len(), 0);
}

#[test]
fn other_rules_are_no_recovery() {
    let own = [with_secret(days(50))];
    let later = WarningRules::default().with_secret_days(&[30]).unwrap();
    let others = WarningRules::default().only([WarningKind::Failing, WarningKind::Recovered]);
    for rules in [later, others] {
        let mut listener = Listener::default();
        assert_eq!(listener.hears(&own, start()).len(), 1);
        assert_eq!(listener.hears_by(&own, start(), &rules), []);
    }
}

#[test]
fn who_does_not_want_to_hear_of_recovery_does_not() {
    let rules = WarningRules::default().only([WarningKind::NeedsYou]);
    let mut listener = Listener::default();
    assert_eq!(
        listener.hears_by(&[troubled("contoso", TroubleKind::SignInNeeded)], start(), &rules).len(),
        1
    );
    assert_eq!(listener.hears_by(&[healthy("contoso")], start(), &rules), []);
}

#[test]
fn subjects_are_read_as_they_are_noted() {
    for subject in [
        Subject::Credential(healthy("a").settings.client_id),
        Subject::RefreshToken(id("a")),
        Subject::Act(id("a")),
        Subject::Failing("login.example:8443".into()),
    ] {
        assert_eq!(Subject::parse(&subject.key()), Some(subject));
    }
    assert_eq!(Subject::parse("recovered:x"), None);
}

#[test]
fn the_activity_names_an_only_connection_once_and_calls_an_error_what_does_not_work() {
    let since = start() - minutes(40);
    let (near, over) = ([with_secret(days(5))], [with_secret(-days(1))]);
    let (stopped, failing) =
        ([troubled("contoso", TroubleKind::ConsentMissing)], [throttled("contoso", since)]);
    for (all, kind) in [
        (&near, EventKind::Warned),
        (&over, EventKind::WarnedOfFailure),
        (&stopped, EventKind::WarnedOfFailure),
        (&failing, EventKind::WarnedOfFailure),
    ] {
        let mut listener = Listener::default();
        let raised = listener.hears(all, start());
        let recovered = listener.hears(&[healthy("contoso")], start());
        assert_eq!((raised.len(), recovered.len()), (1, 1), "{all:?}");
        let (event, after) = (raised[0].event(start()), recovered[0].event(start()));
        assert_eq!((event.kind, after.kind), (kind, EventKind::Recovered));
        for own in [event, after] {
            assert_eq!(own.connection.map(|name| name.to_string()).as_deref(), Some("contoso"));
            assert!(!own.what_happened.contains("contoso"), "{}", own.what_happened);
        }
    }
    let two = [throttled("a", since), throttled("b", since)];
    let event = Listener::default().hears(&two, start())[0].event(start());
    assert!(event.connection.is_none() && event.what_happened.contains(": a and b; last: "));
}
