//! What the hook is owed: the latest state of each connection, until it is told.

use tokengauge::domain::warning::{
    Debts, Ledger, Look, Owed, Present, Subject, Telling, WarningRules, news, owe, owed_again_at, take_due,
};
use tokengauge::domain::{Overview, TroubleKind};

use super::fixtures::*;
use super::warning_fixtures::{standing_of, throttled};

type Moment = chrono::DateTime<chrono::Utc>;

/// One hook, whatever programs tell it.
#[derive(Default)]
struct Hooked {
    ledger: Ledger,
    debts: Debts,
}

impl Hooked {
    /// What a program finds to tell now.
    fn finds(&mut self, all: &[Overview], now: Moment) -> Vec<String> {
        let rules = WarningRules::default();
        let standing = standing_of(all, now, rules.clone()).warnings();
        let present = Present { connections: all, is_whole: true, now };
        let found = news(&mut self.ledger, &standing, present, &rules);
        owe(&mut self.debts, &found, &self.ledger, now);
        let due = take_due(&mut self.debts, &standing, present, &rules, Look::Later, now + minutes(2));
        let again = owed_again_at(&self.debts, &standing, &rules);
        assert!(again.is_none_or(|at| at > now), "who looks again at once looks for ever");
        due.iter().map(|news| news.message(now)).collect()
    }

    /// It failed in telling all that is owed.
    fn fails(&mut self, now: Moment) {
        let after = |(subject, owed): (Subject, Owed)| Some((subject, owed.after(Telling::Failed(now))?));
        self.debts = std::mem::take(&mut self.debts).into_iter().filter_map(after).collect();
    }
}

#[test]
fn the_hook_is_owed_the_latest_state_of_a_connection_alone() {
    let mut hook = Hooked::default();
    let (well, stopped) = ([healthy("contoso")], [troubled("contoso", TroubleKind::SignInNeeded)]);
    assert_eq!(hook.finds(&stopped, start()), ["contoso: the platform said no"]);
    for minute in 1..50 {
        let (now, all) = (start() + minutes(minute), if minute % 2 == 0 { &stopped } else { &well });
        hook.fails(now);
        assert_eq!(hook.finds(all, now).len(), 1, "another state is news");
        assert_eq!(hook.debts.len(), 1);
    }
    hook.fails(start() + minutes(50));
    assert_eq!(hook.finds(&well, start() + minutes(54)), [""; 0]);
    assert_eq!(hook.finds(&well, start() + minutes(55)), ["contoso: works again"]);
}

#[test]
fn an_owed_recovery_is_told_only_of_what_is_there_and_works() {
    let mut hook = Hooked::default();
    let since = start() - minutes(40);
    hook.finds(&[throttled("a", since), throttled("b", since)], start());
    hook.debts.clear();
    assert_eq!(
        hook.finds(&[healthy("a"), healthy("b")], start() + minutes(1)),
        ["renewals at login.microsoftonline.com work again: a and b"]
    );
    hook.fails(start() + minutes(2));
    let fails_again = |name: &str| throttled(name, start() + minutes(3));
    assert_eq!(hook.finds(&[fails_again("a"), fails_again("b")], start() + minutes(8)), [""; 0]);
    assert_eq!(
        hook.finds(&[healthy("a"), fails_again("b")], start() + minutes(20)),
        ["renewals at login.microsoftonline.com work again: a"]
    );
    hook.fails(start() + minutes(21));
    assert_eq!(hook.finds(&[], start() + minutes(60)), [""; 0]);
    assert_eq!(hook.debts, Debts::new(), "what is gone is owed no more");
}

#[test]
fn what_was_warned_of_and_is_removed_is_owed_no_more() {
    let mut hook = Hooked::default();
    hook.finds(&[troubled("contoso", TroubleKind::SignInNeeded)], start());
    hook.fails(start());
    assert_eq!(hook.finds(&[], start() + days(1)), [""; 0]);
    assert_eq!(hook.debts, Debts::new());
}
