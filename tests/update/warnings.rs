//! Warnings: which stages are due, what is news of it, and what the application makes of that.

use tokengauge::app::{Answer, Banner, Effect, LockReason, Locked, Message, Warned};
use tokengauge::domain::app_registration::CredentialFacts;
use tokengauge::domain::warning::{
    Act, Ledger, Nature, News, Present, Stage, Standing, Subject, Warning, WarningKind, WarningRules,
    again_at, news,
};
use tokengauge::domain::{
    Certainty, Connection, CountsFrom, EventKind, Lifetime, Overview, Renewal, RenewalKind, RenewalOutcome,
    RenewalPolicy, TroubleKind, Unsaved, Wait,
};

use super::fixtures::*;

type Moment = chrono::DateTime<chrono::Utc>;

fn standing_of(all: &[Overview], now: Moment, rules: WarningRules) -> Standing {
    let mut standing = Standing::new(rules, Moment::UNIX_EPOCH);
    standing.take_all(all, now);
    standing
}

fn stand(all: &[Overview], now: Moment) -> Vec<Warning> {
    standing_of(all, now, WarningRules::default()).warnings()
}

/// Days before the end, 0 once it has passed.
fn stage(own: &Overview, now: Moment) -> Option<i64> {
    let warnings = stand(std::slice::from_ref(own), now);
    assert!(warnings.len() <= 1, "{warnings:?}");
    warnings.first().map(|own| own.stage().seconds() / 86_400)
}

fn with_secret(left: chrono::TimeDelta) -> Overview {
    with(healthy("contoso"), |own| own.credential = secret(Some(left)))
}

fn throttled(name: &str, since: Moment) -> Overview {
    let retry = TroubleKind::TryLater { retry_at: start() + minutes(2), attempt: 3, wait: Wait::Told };
    let mut own = troubled(name, retry);
    let line = RenewalOutcome::WillRetry("429".into());
    own.renewals.insert(1, Renewal { at: since, kind: RenewalKind::Refresh, outcome: line });
    own
}

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
fn a_secret_comes_to_each_of_its_stages() {
    let own = with_secret(days(100));
    let found =
        [39, 40, 69, 70, 85, 86, 92, 93, 98, 99, 100, 400].map(|day| stage(&own, start() + days(day)));
    // Access and refresh token have lapsed by then too; this is about what renews.
    let own_stage = |own: Option<i64>| own;
    assert_eq!(
        found.map(own_stage),
        [
            None,
            Some(60),
            Some(60),
            Some(30),
            Some(30),
            Some(14),
            Some(14),
            Some(7),
            Some(7),
            Some(1),
            Some(0),
            Some(0)
        ]
    );
}

#[test]
fn one_registration_is_warned_of_once_for_all_that_it_serves() {
    let all: Vec<Overview> = (0..38)
        .map(|number| {
            with(healthy(&format!("tenant-{number:02}")), |own| own.credential = secret(Some(days(4))))
        })
        .collect();
    let warnings = stand(&all, start());
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].connections.len(), 38);
    let message = warnings[0].message(start());
    assert_eq!(
        message,
        format!("the client secret of {CLIENT} ends in 4 days, on 2026-03-15; it serves 38 connections")
    );
}

#[test]
fn a_certificate_is_called_one() {
    let own = with(healthy("contoso"), |own| {
        own.credential = CredentialFacts::Certificate {
            thumbprint: tokengauge::domain::app_registration::Thumbprint([7; 32]),
            subject: "CN=contoso".into(),
            lifetime: Lifetime {
                starts_at: start(),
                expires_at: start() + days(20),
                certainty: Certainty::Known,
            },
        }
    });
    assert!(stand(&[own], start())[0].message(start()).contains("the certificate ends in 20 days"));
}

#[test]
fn a_refresh_token_that_renews_by_itself_is_never_near_its_end() {
    for day in [0, 60, 89, 91] {
        assert_eq!(
            stage(
                &with(healthy("contoso"), |own| own.credential = CredentialFacts::Public),
                start() + days(day)
            ),
            None
        );
    }
}

#[test]
fn a_refresh_token_that_does_not_renew_comes_to_each_of_its_stages() {
    let rules = WarningRules::default().only([WarningKind::RefreshToken]);
    let own = with(renewed("contoso", start()), |own| refuse(own, start(), TroubleKind::ConsentMissing));
    let stages = [59, 60, 76, 83, 87, 89, 90].map(|day| {
        let warnings = standing_of(std::slice::from_ref(&own), start() + days(day), rules.clone()).warnings();
        warnings.first().map(|own| own.stage().seconds() / 86_400)
    });
    assert_eq!(stages, [None, Some(30), Some(14), Some(7), Some(3), Some(1), Some(0)]);
    let told = standing_of(std::slice::from_ref(&own), start() + days(84), rules).warnings()[0]
        .message(start() + days(84));
    assert_eq!(told, "contoso: the refresh token ends in 6 days if unused, about 2026-06-09 (estimated)");
}

#[test]
fn a_limit_that_counts_from_the_sign_in_is_warned_of_although_it_renews() {
    let learned = |hours: i64| {
        with(healthy("contoso"), |own| {
            own.credential = CredentialFacts::Public;
            let tokens = own.tokens.as_mut().unwrap();
            tokens.signed_in_at = start();
            let lifetime = Lifetime::from_seconds(start(), hours * 3600, Certainty::Learned);
            let refresh = tokens.refresh.as_mut().unwrap();
            refresh.lifetime = lifetime;
            refresh.counts_from = CountsFrom::SignIn;
        })
    };
    let month = learned(30 * 24);
    assert_eq!(
        [0, 15, 16, 23, 27, 29].map(|day| stage(&month, start() + days(day))),
        [None, None, Some(14), Some(7), Some(3), Some(1)]
    );
    assert!(stand(&[month], start() + days(27))[0].what_to_do().contains("Sign in again"));
    // Half a day has no whole one before its end: the last fifth of it.
    let half_a_day = learned(12);
    let last = |minutes: i64| {
        stand(std::slice::from_ref(&half_a_day), start() + super::fixtures::minutes(minutes)).len()
    };
    assert_eq!([last(0), last(9 * 60), last(9 * 60 + 36)], [0, 0, 1]);
}

#[test]
fn what_needs_a_person_is_warned_of_at_once() {
    for (kind, act) in [
        (TroubleKind::SignInNeeded, Act::SignIn),
        (TroubleKind::ConsentMissing, Act::Consent),
        (TroubleKind::SetUpWrong, Act::MendSettings),
        (TroubleKind::Restored, Act::AcceptRestored),
    ] {
        let warnings = stand(&[troubled("contoso", kind)], start());
        let Nature::Needs(asked) = &warnings[0].nature else { panic!("{warnings:?}") };
        assert_eq!((warnings.len(), asked.act), (1, act));
        assert_eq!(warnings[0].message(start()), "contoso: the platform said no");
    }
}

#[test]
fn nobody_is_warned_of_what_was_never_set_up_or_is_well() {
    assert_eq!(stand(&[unsigned("new"), healthy("quiet"), left("due", minutes(-5))], start()), []);
}

#[test]
fn a_secret_that_is_over_takes_the_place_of_what_it_stops() {
    let own = |name: &str| {
        with(troubled(name, TroubleKind::SetUpWrong), |own| own.credential = secret(Some(-days(1))))
    };
    let warnings = stand(&[own("a"), own("b")], start());
    assert_eq!(warnings.len(), 1);
    assert_eq!((warnings[0].stage(), warnings[0].connections.len()), (Stage::Over, 2));
}

#[test]
fn without_a_refresh_token_a_sign_in_is_asked_for_when_the_access_token_ends() {
    let own = with(healthy("contoso"), |own| own.tokens.as_mut().unwrap().refresh = None);
    let standing = standing_of(std::slice::from_ref(&own), start(), WarningRules::default());
    assert_eq!(standing.warnings(), []);
    assert_eq!(standing.next(), Some(start() + minutes(50)));
    assert_eq!(stand(&[own], start() + minutes(50)).len(), 1);
}

#[test]
fn failing_is_warned_of_once_it_lasts_and_for_all_at_one_service() {
    let since = start() - minutes(10);
    let all = [throttled("a", since), throttled("b", since + minutes(5))];
    let standing = standing_of(&all, start(), WarningRules::default());
    assert_eq!((standing.warnings(), standing.next()), (Vec::new(), Some(since + minutes(30))));
    let warnings = stand(&all, since + minutes(35));
    assert_eq!((warnings.len(), warnings[0].connections.len()), (1, 2));
    assert_eq!(
        warnings[0].message(since + minutes(35)),
        "renewals at login.microsoftonline.com are throttled for 35 minutes: a and b; last: the platform said no"
    );
}

#[test]
fn a_limit_that_grows_by_renewing_asks_for_no_sign_in() {
    let own = with(healthy("contoso"), |own| {
        own.credential = CredentialFacts::Public;
        own.settings.renewal.policy = RenewalPolicy::KeepAlive;
        let tokens = own.tokens.as_mut().unwrap();
        tokens.signed_in_at = start();
        let month = Lifetime::from_seconds(start(), 30 * 86_400, Certainty::Learned);
        tokens.refresh.as_mut().unwrap().lifetime = month;
    });
    assert_eq!([16, 19].map(|day| stage(&own, start() + days(day))), [None, None]);
}

#[test]
fn failing_is_warned_of_also_where_the_record_has_forgotten_how_it_began() {
    let first = start() + minutes(50);
    let retry = |at| TroubleKind::TryLater { retry_at: at, attempt: 3, wait: Wait::Told };
    let own = with(healthy("contoso"), |own| {
        for number in 0..200 {
            let at = first + chrono::TimeDelta::seconds(10 * number);
            refuse(own, at, retry(at + chrono::TimeDelta::seconds(10)));
        }
        let excess = own.renewals.len() - Connection::RENEWALS_KEPT;
        own.renewals.drain(..excess);
    });
    let now = first + chrono::TimeDelta::seconds(2_000);
    let warnings = stand(&[own], now);
    let Some(Nature::Fails(failing)) = warnings.first().map(|own| &own.nature) else {
        panic!("{warnings:?}")
    };
    assert!(failing.throttled && now - failing.since >= minutes(30), "{failing:?}");
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
        [format!("contoso: the client secret of {CLIENT} is a new one, it ends on 2027-01-05")]
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

fn warned_desk(connections: Vec<Overview>) -> (Desk, Vec<Effect>) {
    let mut desk = Desk::locked();
    desk.app = desk.app.with_warnings(WarningRules::default(), Banner::Shown);
    desk.type_text("correct horse");
    let effects = desk.press("Enter");
    let effects = desk.answer(&effects, Answer::Contents(Ok(contents(connections))));
    (desk, effects)
}

fn warns(effects: &[Effect]) -> Vec<&Effect> {
    effects.iter().filter(|effect| matches!(effect, Effect::Warn { .. })).collect()
}

fn heard(news: Vec<News>) -> Answer {
    Answer::Warned(Box::new(Warned { at: start(), ring: news.clone(), news, ..Warned::default() }))
}

#[test]
fn what_stands_is_reported_once_and_again_when_it_changes() {
    let (mut desk, effects) = warned_desk(vec![with_secret(days(8)), healthy("other")]);
    let report = warns(&effects)[0].clone();
    assert_eq!(warns(&effects).len(), 1);
    desk.answer(&[report], heard(Vec::new()));
    let renewing = desk.after(minutes(45));
    assert_eq!((warns(&renewing).len(), exchanges(&renewing)), (0, 2));
    for effect in renewing {
        let Effect::Exchange { connection, .. } = &effect else { continue };
        let after = with(desk.app.connections.get(connection).unwrap().clone(), |own| {
            renew(own, start() + minutes(45), RenewalKind::Refresh);
        });
        assert_eq!(
            warns(&desk.answer_with(std::slice::from_ref(&effect), after)).len(),
            0,
            "nothing else stands than before"
        );
    }
    // A week before the end, to the second.
    let due = start() + days(1);
    assert!(desk.app.next_deadline(due - seconds(5)) <= due);
    desk.now = due;
    assert_eq!(warns(&desk.send(Message::Wake)).len(), 1);
}

#[test]
fn nothing_is_reported_where_nobody_is_to_be_warned_or_the_vault_is_locked() {
    let mut desk = Desk::open(vec![troubled("contoso", TroubleKind::SignInNeeded)]);
    assert_eq!(warns(&desk.after(seconds(1))).len(), 0);
    let (mut desk, effects) = warned_desk(vec![with_secret(days(8))]);
    desk.answer(&[warns(&effects)[0].clone()], heard(Vec::new()));
    desk.send(Message::LockOrdered);
    assert_eq!(warns(&desk.after(days(2))).len(), 0);
}

#[test]
fn the_terminal_is_told_names_only_while_the_screen_is_open() {
    let (mut desk, effects) = warned_desk(vec![troubled("contoso", TroubleKind::SignInNeeded)]);
    let report = warns(&effects)[0].clone();
    let warning = desk.app.warnings.all()[0].clone();
    let news = vec![News::Raised(warning)];
    let mut locked = desk.clone();
    let ring = desk.answer(std::slice::from_ref(&report), heard(news.clone()));
    assert_eq!(ring, [Effect::Ring { text: "contoso: the platform said no".into() }]);
    assert_eq!(desk.app.activity.shown()[0].what_happened, "the platform said no");
    locked.press("L");
    assert_eq!(LockReason::ByKey.what(), Locked::Screen);
    let ring = locked.answer(&[report], heard(news));
    assert_eq!(ring, [Effect::Ring { text: "1 warning".into() }]);
    assert!(!locked.app.shows_banner());
}

#[test]
fn an_answer_that_nobody_awaits_rings_nothing() {
    let (mut desk, effects) = warned_desk(vec![troubled("contoso", TroubleKind::SignInNeeded)]);
    let report = warns(&effects)[0].clone();
    let news = vec![News::Raised(desk.app.warnings.all()[0].clone())];
    assert_eq!(desk.answer(std::slice::from_ref(&report), heard(news.clone())).len(), 1);
    assert_eq!(desk.answer(&[report], heard(news)), []);
}

#[test]
fn the_line_of_warnings_leads_to_its_connection_and_is_put_away_until_the_next_stage() {
    let (mut desk, _) = warned_desk(vec![
        healthy("adatum"),
        with(healthy("contoso"), |own| {
            own.settings.client_id =
                tokengauge::domain::ClientId::parse("7a1b2c3d-6b0e-4c7b-9a51-0f3c2f8e1b44").unwrap();
            own.credential = secret(Some(days(10)));
        }),
    ]);
    desk.app.connections.select(id("adatum"));
    assert!(desk.app.shows_banner());
    desk.press("W");
    assert_eq!(desk.chosen(), "contoso");
    desk.press("Esc");
    assert!(!desk.app.shows_banner());
    desk.after(seconds(30));
    assert!(!desk.app.shows_banner());
    desk.now = start() + days(3);
    desk.send(Message::Wake);
    assert!(desk.app.warnings.banner().is_some(), "seven days are another stage");
}

#[test]
fn escape_takes_away_the_filter_first() {
    let (mut desk, _) = warned_desk(vec![troubled("contoso", TroubleKind::SignInNeeded)]);
    desk.press("!");
    desk.press("Esc");
    assert!(desk.app.shows_banner() && !desk.app.connections.needs_me);
    desk.press("Esc");
    assert!(!desk.app.shows_banner());
}

#[test]
fn what_is_in_memory_only_is_reported_with_its_words() {
    let (mut desk, effects) = warned_desk(vec![healthy("contoso")]);
    desk.answer(&[warns(&effects)[0].clone()], heard(Vec::new()));
    let news = tokengauge::app::SaveNews::NotSaved { connection: id("contoso"), failure: failure() };
    let effects = desk.send(Message::Saving(news));
    let [Effect::Warn { unsaved, .. }] = &warns(&effects)[..] else { panic!("{effects:?}") };
    let [(whose, Unsaved { what_happened, .. })] = &unsaved[..] else { panic!("{unsaved:?}") };
    assert_eq!(
        (whose, what_happened.as_str()),
        (&id("contoso"), "NOT SAVED, in memory only: the disk is full")
    );
}

#[test]
fn one_of_ten_thousand_that_renews_costs_no_look_at_the_others() {
    let all: Vec<Overview> = (0..10_000).map(|number| healthy(&format!("c{number}"))).collect();
    let mut standing = standing_of(&all, start(), WarningRules::default());
    let version = standing.version();
    let mut one = all[77].clone();
    renew(&mut one, start() + minutes(45), RenewalKind::Refresh);
    // Ten thousand times: were each of them to look at all, this would take minutes.
    for _ in 0..10_000 {
        standing.take(&one, start() + minutes(45));
    }
    assert_eq!((standing.version(), standing.due(start() + days(1)).len()), (version, 0));
}
