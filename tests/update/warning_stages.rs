//! Which stages of which warnings are due at a moment.

use tokengauge::domain::app_registration::CredentialFacts;
use tokengauge::domain::warning::{Act, Nature, Stage, WarningKind, WarningRules};
use tokengauge::domain::{
    Certainty, Connection, CountsFrom, Lifetime, Overview, RenewalKind, RenewalPolicy, TroubleKind, Wait,
};

use super::fixtures::*;
use super::warning_fixtures::*;

/// Days before the end, 0 once it has passed.
fn stage(own: &Overview, now: Moment) -> Option<i64> {
    let warnings = stand(std::slice::from_ref(own), now);
    assert!(warnings.len() <= 1, "{warnings:?}");
    warnings.first().map(|own| own.stage().seconds() / 86_400)
}

#[test]
fn a_secret_comes_to_each_of_its_stages() {
    let own = with_secret(days(100));
    let found =
        [39, 40, 69, 70, 85, 86, 92, 93, 98, 99, 100, 400].map(|day| stage(&own, start() + days(day)));
    assert_eq!(
        found,
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
