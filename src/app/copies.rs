//! What others hold, in words that screen and commands share.

use chrono::{DateTime, Utc};

use crate::domain::{Freshness, HeldCopy, Outdated};

/// Tells a moment as a day, or as a time where that is clear.
pub type Day<'a> = &'a dyn Fn(DateTime<Utc>) -> String;

/// Who still holds what, those to be handed over again first: a clause without full stop. `None` if all hold what is held
/// here.
pub fn still_held(copies: &[HeldCopy<'_>], day: Day<'_>) -> Option<String> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let stale = copies.iter().filter(|copy| copy.freshness != Freshness::Current);
    let (outdated, older): (Vec<_>, Vec<_>) = stale.partition(|copy| copy.is_outdated());
    for copy in outdated.into_iter().chain(older) {
        let (what, keeper) = (held(copy, day), copy.hand_over.keeper());
        match groups.iter_mut().find(|(own, _)| *own == what) {
            Some((_, keepers)) => keepers.push(keeper),
            None => groups.push((what, vec![keeper])),
        }
    }
    let clauses: Vec<String> = groups
        .iter()
        .map(|(what, keepers)| {
            let verb = if keepers.len() > 1 { "still hold" } else { "still holds" };
            format!("{} {verb} {what}", list(keepers))
        })
        .collect();
    (!clauses.is_empty()).then(|| clauses.join("; "))
}

/// One copy on its own: who holds what, since when.
pub fn in_words(copy: &HeldCopy<'_>, day: Day<'_>) -> String {
    let keeper = copy.hand_over.keeper();
    match copy.freshness {
        Freshness::Current => format!("{keeper} has the current values, since {}", day(copy.hand_over.at)),
        Freshness::Older if copy.hand_over.renews_itself() => {
            format!("{keeper} still holds {}, or one renewed from it", held(copy, day))
        }
        Freshness::Older => format!("{keeper} still holds {}", held(copy, day)),
        Freshness::Outdated(why) => format!("{keeper} still holds {}: {}", held(copy, day), reason(why, day)),
    }
}

/// Why a copy is to be handed over again.
pub fn reason(why: Outdated, day: Day<'_>) -> String {
    match why {
        Outdated::SecretReplaced => "the client secret was replaced since".to_owned(),
        Outdated::SignedInAgain => "somebody has signed in again since".to_owned(),
        Outdated::MayBeRevoked => "it may have been revoked by a renewal".to_owned(),
        Outdated::Lapsing(at) => format!("it lapses {} unless renewed there", day(at)),
    }
}

fn held(copy: &HeldCopy<'_>, day: Day<'_>) -> String {
    match copy.freshness {
        Freshness::Outdated(Outdated::SecretReplaced) => "the earlier client secret".to_owned(),
        _ => format!("the token of {}", day(copy.token_of())),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
