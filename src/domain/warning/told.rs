//! What has been told, and so what is news: each stage once, each recovery once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::standing::{act_against, way_out};
use super::{Act, Concerned, Subject, Warning, WarningKind, WarningRules};
use crate::domain::app_registration::CredentialFacts;
use crate::domain::need::NoRenewal;
use crate::domain::{Certainty, ClientId, ConnectionId, Lifetime, Overview, TroubleKind};

/// What has been told to somebody, by what it was about.
pub type Ledger = BTreeMap<Subject, Told>;

/// What was told last of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Of which cause: [`Warning::mark`].
    pub mark: String,
    /// At which stage, in seconds before the end.
    pub stage: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// The word for what it is about.
    pub noun: String,
    /// Of which connections.
    pub concerned: BTreeSet<Concerned>,
}

/// Something that is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Somebody should hear of it.
    Raised(Warning),
    /// What was told of is over.
    Recovered(Recovery),
}

/// What was warned of is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// What it was about.
    pub subject: Subject,
    /// Which cause is over: [`Warning::mark`].
    pub mark: String,
    /// The word for what it was about.
    pub noun: String,
    /// The connections that work again.
    pub connections: Vec<Concerned>,
    /// Their app registration, where all have the same.
    pub client_id: Option<ClientId>,
    /// The new end of what had come near its end, where that is known.
    pub ends_at: Option<DateTime<Utc>>,
    /// How far that end can be trusted.
    pub certainty: Option<Certainty>,
}

/// All connections as they are now.
#[derive(Debug, Clone, Copy)]
pub struct Present<'a> {
    /// Those that could be read.
    pub connections: &'a [Overview],
    /// True if all could: one that is missing is gone then.
    pub is_whole: bool,
    /// The moment.
    pub now: DateTime<Utc>,
}

/// What is to be told of all that stands, and of what does not any more. The ledger notes it as told by now, and
/// forgets what is over.
pub fn news(
    ledger: &mut Ledger,
    standing: &[Warning],
    present: Present<'_>,
    rules: &WarningRules,
) -> Vec<News> {
    let now = present.now;
    let mut news = recoveries(ledger, standing, present, rules);
    for warning in standing {
        let before = ledger.get(&warning.subject);
        if before.is_none_or(|before| before.lacks(warning, rules, now)) {
            ledger.insert(warning.subject.clone(), Told::now(warning, now));
            news.push(News::Raised(warning.clone()));
        }
    }
    news
}

/// When something may be news although nothing changes: more connections have joined those that fail.
pub fn again_at(ledger: &Ledger, standing: &[Warning], rules: &WarningRules) -> Option<DateTime<Utc>> {
    let moments = standing.iter().filter_map(|warning| {
        let told = ledger.get(&warning.subject)?;
        told.joined_by(warning).then(|| told.at.checked_add_signed(rules.failing())).flatten()
    });
    moments.min()
}

impl Told {
    fn now(warning: &Warning, at: DateTime<Utc>) -> Self {
        Self {
            mark: warning.mark(),
            stage: warning.stage().seconds(),
            at,
            noun: warning.noun().to_owned(),
            concerned: warning.connections.iter().cloned().collect(),
        }
    }

    /// True if this is not told yet.
    fn lacks(&self, warning: &Warning, rules: &WarningRules, now: DateTime<Utc>) -> bool {
        let is_new = self.mark != warning.mark() || warning.stage().seconds() < self.stage;
        // A network that is cut stops one connection after the other: they are told together.
        let joined = self.joined_by(warning) && now - self.at >= rules.failing();
        is_new || joined
    }

    /// True if connections fail that were not among those told.
    fn joined_by(&self, warning: &Warning) -> bool {
        let known: BTreeSet<&ConnectionId> = self.concerned.iter().map(|own| &own.id).collect();
        matches!(warning.subject, Subject::Failing(_))
            && warning.connections.iter().any(|own| !known.contains(&own.id))
    }
}

fn recoveries(
    ledger: &mut Ledger,
    standing: &[Warning],
    present: Present<'_>,
    rules: &WarningRules,
) -> Vec<News> {
    let stand: BTreeSet<&Subject> = standing.iter().map(|warning| &warning.subject).collect();
    let stopped = stopped(standing);
    let mut news = Vec::new();
    ledger.retain(|subject, told| {
        if stand.contains(subject) {
            return true;
        }
        match end_of(subject, told, &stopped, present, rules) {
            End::Unknown => true,
            End::Silent => false,
            End::Recovered(recovery) => {
                if rules.tell(WarningKind::Recovered) {
                    news.push(News::Recovered(recovery));
                }
                false
            }
        }
    });
    news
}

/// Those that do not work.
pub(super) fn stopped(standing: &[Warning]) -> BTreeSet<&ConnectionId> {
    let stopped = standing.iter().filter(|warning| warning.stops_work());
    stopped.flat_map(|own| &own.connections).map(|own| &own.id).collect()
}

/// What became of something that was told of and does not stand any more.
enum End {
    /// It cannot be told.
    Unknown,
    /// Nothing that anybody should hear of.
    Silent,
    Recovered(Recovery),
}

fn end_of(
    subject: &Subject,
    told: &Told,
    stopped: &BTreeSet<&ConnectionId>,
    present: Present<'_>,
    rules: &WarningRules,
) -> End {
    let is_here = |own: &Overview| told.concerned.iter().any(|concerned| concerned.id == own.id);
    let mut all_here = present.connections.iter().filter(|own| is_here(own));
    // Another program, under other rules, may have told it, and would tell it again.
    if all_here.clone().any(|own| still_stands(subject, told, own, present.now)) {
        return End::Unknown;
    }
    if !rules.tell(subject.kind()) {
        let is_gone = present.is_whole && all_here.next().is_none();
        return if is_gone { End::Silent } else { End::Unknown };
    }
    let mut here = Vec::new();
    for concerned in &told.concerned {
        let found = present.connections.iter().find(|own| own.id == concerned.id);
        match (found, present.is_whole) {
            (None, false) => return End::Unknown,
            (None, true) => {}
            // What does not work for another reason has not recovered.
            (Some(own), _) if stopped.contains(&own.id) => {}
            (Some(own), _) => here.push(own),
        }
    }
    let ended: Vec<(&Overview, Ended)> =
        here.into_iter().map(|own| (own, how(subject, &told.mark, own, present.now))).collect();
    if ended.iter().any(|(_, ended)| *ended == Ended::Unknown) {
        return End::Unknown;
    }
    let well: Vec<&Overview> =
        ended.into_iter().filter(|(_, ended)| *ended == Ended::Well).map(|(own, _)| own).collect();
    recovery(subject, &told.mark, &told.noun, &well).map_or(End::Silent, End::Recovered)
}

/// True if there is still cause for just what was told, under whatever rules.
fn still_stands(subject: &Subject, told: &Told, own: &Overview, now: DateTime<Utc>) -> bool {
    let is_same =
        |end: Option<Lifetime>| end.is_some_and(|life| life.expires_at.timestamp().to_string() == told.mark);
    match subject {
        Subject::Credential(client_id) => {
            own.settings.client_id == *client_id && is_same(own.needed_credential_lifetime())
        }
        Subject::RefreshToken(_) => way_out(own, now).is_some() && is_same(own.refresh_lifetime()),
        Subject::Act(_) => {
            let asked = match (&own.unsaved, own.stop(now)) {
                (Some(_), _) => Some(Act::MendDisk),
                (None, why) => why.and_then(|why| act_against(why, own, now)),
            };
            asked.is_some_and(|act| act.word() == told.mark)
        }
        Subject::Failing(_) => {
            own.trouble.as_ref().is_some_and(|own| matches!(own.kind, TroubleKind::TryLater { .. }))
        }
    }
}

/// How it ended for one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Well,
    /// Under other rules, or with what it was about.
    Otherwise,
    Unknown,
}

pub(super) fn how(subject: &Subject, mark: &str, own: &Overview, now: DateTime<Utc>) -> Ended {
    let moved = |end: Option<DateTime<Utc>>| match end {
        Some(end) if end.timestamp().to_string() != mark => Ended::Well,
        _ => Ended::Otherwise,
    };
    match subject {
        Subject::Credential(client_id) if own.settings.client_id != *client_id => Ended::Otherwise,
        Subject::Credential(_) => match &own.credential {
            CredentialFacts::Missing => Ended::Unknown,
            CredentialFacts::Public => Ended::Otherwise,
            // A new one whose end nobody has entered.
            CredentialFacts::Secret { lifetime: None, .. } => Ended::Well,
            credential => moved(credential.lifetime().map(|life| life.expires_at)),
        },
        Subject::RefreshToken(_) => moved(own.refresh_lifetime().map(|life| life.expires_at)),
        Subject::Act(_) if mark == Act::MendDisk.word() && own.unsaved.is_none() => Ended::Well,
        Subject::Act(_) => {
            if works(own, now) {
                Ended::Well
            } else {
                Ended::Otherwise
            }
        }
        Subject::Failing(_) => match own.trouble.as_ref().map(|trouble| trouble.kind) {
            None => Ended::Well,
            Some(_) => Ended::Otherwise,
        },
    }
}

/// True if nothing is asked of a person.
fn works(own: &Overview, now: DateTime<Utc>) -> bool {
    let holds_on = match own.stop(now) {
        None => true,
        Some(NoRenewal::NoRefreshToken) => own.access_lifetime().is_some_and(|own| !own.is_expired_at(now)),
        Some(_) => false,
    };
    holds_on && own.unsaved.is_none()
}

/// What is to be told of those that are well again.
pub(super) fn recovery(subject: &Subject, mark: &str, noun: &str, well: &[&Overview]) -> Option<Recovery> {
    let first = well.first()?;
    let life = match subject {
        Subject::Credential(_) => first.credential_lifetime(),
        Subject::RefreshToken(_) => first.refresh_lifetime(),
        Subject::Act(_) | Subject::Failing(_) => None,
    };
    let client_id = first.settings.client_id;
    let mut connections: Vec<Concerned> =
        well.iter().map(|own| Concerned { name: own.name.clone(), id: own.id.clone() }).collect();
    connections.sort();
    Some(Recovery {
        subject: subject.clone(),
        mark: mark.to_owned(),
        noun: noun.to_owned(),
        connections,
        client_id: well.iter().all(|own| own.settings.client_id == client_id).then_some(client_id),
        ends_at: life.map(|life| life.expires_at),
        certainty: life.map(|life| life.certainty),
    })
}
