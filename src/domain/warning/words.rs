//! Warnings in words: one line of what there is, one of what to do.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Act, Asked, Concerned, Ending, Failing, Nature, News, Recovery, Stage, Subject, Warning, WayOut,
};
use crate::domain::{Certainty, ClientId, Event, EventKind};

impl Warning {
    /// The word for what it is about, within a sentence.
    pub fn noun(&self) -> &'static str {
        match &self.nature {
            Nature::Ends(ending) => ending.noun,
            Nature::Needs(asked) => asked.act.noun(),
            Nature::Fails(_) => "renewals",
        }
    }

    /// What there is, in one line.
    pub fn message(&self, now: DateTime<Utc>) -> String {
        self.said(Naming::Here, now)
    }

    fn event_kind(&self) -> EventKind {
        match self.nature {
            Nature::Ends(Ending { stage: Stage::Within(_), .. }) => EventKind::Warned,
            Nature::Ends(_) | Nature::Needs(_) | Nature::Fails(_) => EventKind::WarnedOfFailure,
        }
    }

    fn said(&self, naming: Naming, now: DateTime<Utc>) -> String {
        match &self.nature {
            Nature::Ends(ending) => self.ending_message(ending, naming, now),
            Nature::Needs(asked) => format!("{}{}", naming.in_front(&self.connections), asked.what_happened),
            Nature::Fails(failing) => self.failing_message(failing, naming, now),
        }
    }

    /// What to do, in one line.
    pub fn what_to_do(&self) -> String {
        match &self.nature {
            Nature::Ends(ending) => ending.what_to_do(self.client_id),
            Nature::Needs(Asked { what_to_do, .. }) => what_to_do.clone(),
            Nature::Fails(_) => {
                "Nothing is lost; it is tried again by itself. What is wrong: tokengauge doctor.".to_owned()
            }
        }
    }

    fn ending_message(&self, ending: &Ending, naming: Naming, now: DateTime<Utc>) -> String {
        let (noun, day) = (ending.noun, ending.ends_at.format("%Y-%m-%d"));
        let verb = if ending.stage.is_over() { "ended" } else { "ends" };
        let when = match ending.stage {
            Stage::Over => String::new(),
            Stage::Within(_) => format!(" in {}", span(ending.ends_at - now)),
        };
        let end = match ending.certainty {
            Certainty::Known => format!("{verb}{when}, on {day}"),
            Certainty::Estimated => format!("{verb}{when} if unused, about {day} (estimated)"),
            Certainty::Learned => format!("{verb}{when}, on {day} (learned from this tenant)"),
        };
        match (&self.subject, &self.connections[..]) {
            (Subject::Credential(client_id), all @ [_, _, ..]) => {
                format!("the {noun} of {client_id} {end}; it serves {} connections", all.len())
            }
            (_, all) => format!("{}the {noun} {end}", naming.in_front(all)),
        }
    }

    fn failing_message(&self, failing: &Failing, naming: Naming, now: DateTime<Utc>) -> String {
        let host = match &self.subject {
            Subject::Failing(host) => host.as_str(),
            _ => "the server",
        };
        let how = if failing.throttled { "are throttled" } else { "fail" };
        let (lasting, whom) = (span(now - failing.since), naming.behind(&self.connections));
        format!("renewals at {host} {how} for {lasting}{whom}; last: {}", failing.what_happened)
    }
}

impl Ending {
    fn what_to_do(&self, client_id: Option<ClientId>) -> String {
        let id = client_id.map(|id| format!(" {id}")).unwrap_or_default();
        match self.way_out {
            WayOut::Replace if self.noun == "certificate" => {
                "Register a new certificate in the portal, then enter its files (e).".to_owned()
            }
            WayOut::Replace => format!("Make a new {} in the portal, then: tokengauge secret{id}", self.noun),
            WayOut::Renew => "Renew it (r) before then, or somebody must sign in.".to_owned(),
            WayOut::RenewsLater => {
                "It renews when the server answers again; else sign in again (a).".to_owned()
            }
            WayOut::SignIn => "Sign in again (a) before then: renewing does not put it off.".to_owned(),
            WayOut::Mend => "Mend what stops its renewal, or sign in again (a).".to_owned(),
        }
    }
}

impl Recovery {
    /// What there is, in one line.
    pub fn message(&self) -> String {
        self.said(Naming::Here)
    }

    fn said(&self, naming: Naming) -> String {
        let whom = naming.in_front(&self.connections);
        match &self.subject {
            Subject::Credential(client_id) => {
                let end = self.ends_at.map_or_else(
                    || "no end is known".to_owned(),
                    |at| format!("it ends on {}", at.format("%Y-%m-%d")),
                );
                format!("{whom}the {} of {client_id} no longer ends soon: {end}", self.noun)
            }
            Subject::RefreshToken(_) => format!("{whom}the refresh token was renewed"),
            Subject::Act(_) => format!("{whom}works again"),
            Subject::Failing(host) => {
                format!("renewals at {host} work again{}", naming.behind(&self.connections))
            }
        }
    }
}

impl News {
    /// What there is, in one line.
    pub fn message(&self, now: DateTime<Utc>) -> String {
        match self {
            Self::Raised(warning) => warning.message(now),
            Self::Recovered(recovery) => recovery.message(),
        }
    }

    /// As the activity keeps it: the name of an only connection stands beside the line, not in it.
    pub fn event(&self, at: DateTime<Utc>) -> Event {
        let (connection, naming) = match self.connections() {
            [only] => (Some(only.name.clone()), Naming::Beside),
            _ => (None, Naming::Here),
        };
        let (kind, what_happened, what_to_do) = match self {
            Self::Raised(own) => (own.event_kind(), own.said(naming, at), Some(own.what_to_do())),
            Self::Recovered(own) => (EventKind::Recovered, own.said(naming), None),
        };
        Event { at, kind, connection, what_happened, what_to_do }
    }

    /// What it is about.
    pub fn subject(&self) -> &Subject {
        match self {
            Self::Raised(warning) => &warning.subject,
            Self::Recovered(recovery) => &recovery.subject,
        }
    }

    /// The connections that it concerns, by name.
    pub fn connections(&self) -> &[Concerned] {
        match self {
            Self::Raised(warning) => &warning.connections,
            Self::Recovered(recovery) => &recovery.connections,
        }
    }
}

impl Act {
    /// The word for what is asked.
    pub fn noun(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Consent => "consent",
            Self::Unblock => "what blocks it",
            Self::MendSettings => "settings",
            Self::ReplaceSecret => "client secret",
            Self::AcceptRestored => "restored record",
            Self::MendDisk => "disk",
        }
    }
}

/// Where the names of the connections stand.
#[derive(Clone, Copy)]
enum Naming {
    /// In the line itself.
    Here,
    /// Where the reader sees them anyway.
    Beside,
}

impl Naming {
    fn in_front(self, connections: &[Concerned]) -> String {
        match self {
            Self::Here => format!("{}: ", whom(connections)),
            Self::Beside => String::new(),
        }
    }

    fn behind(self, connections: &[Concerned]) -> String {
        match self {
            Self::Here => format!(": {}", whom(connections)),
            Self::Beside => String::new(),
        }
    }
}

/// The first by name, and how many more there are.
pub fn whom(connections: &[Concerned]) -> String {
    match connections {
        [] => "nobody".to_owned(),
        [only] => only.name.to_string(),
        [first, second] => format!("{} and {}", first.name, second.name),
        [first, rest @ ..] => format!("{} and {} others", first.name, rest.len()),
    }
}

/// A length of time in its largest unit, cut: who has less than two days has one.
pub fn span(span: TimeDelta) -> String {
    let (days, hours, minutes) = (span.num_days(), span.num_hours(), span.num_minutes());
    match () {
        () if days >= 2 => format!("{days} days"),
        () if hours >= 2 => format!("{hours} hours"),
        () if minutes == 1 => "1 minute".to_owned(),
        () => format!("{} minutes", minutes.max(0)),
    }
}
