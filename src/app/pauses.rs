//! Pauses that a server asked for: nothing more is asked of it for that client before they are over.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{Authority, ClientId, Overview, TroubleKind, Wait};

/// What waited for the same pause is spread over so long after it.
pub const SPREAD: TimeDelta = TimeDelta::seconds(30);

/// For each app registration at each authority the latest pause that was told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pauses(Vec<Pause>);

#[derive(Debug, Clone, PartialEq)]
struct Pause {
    client_id: ClientId,
    authority: Authority,
    until: DateTime<Utc>,
}

impl Pause {
    fn concerns(&self, own: &Overview) -> bool {
        self.client_id == own.settings.client_id && self.authority == own.settings.authority
    }
}

impl Pauses {
    /// Learns from what a record says of its last request.
    pub fn note(&mut self, own: &Overview) {
        let Some(TroubleKind::TryLater { retry_at: until, wait: Wait::Told, .. }) =
            own.trouble.as_ref().map(|trouble| trouble.kind)
        else {
            return;
        };
        match self.0.iter_mut().find(|pause| pause.concerns(own)) {
            Some(pause) => pause.until = pause.until.max(until),
            None => self.0.push(Pause {
                client_id: own.settings.client_id,
                authority: own.settings.authority.clone(),
                until,
            }),
        }
    }

    /// When the pause ends that holds for a connection; one that is over counts too.
    pub fn until(&self, own: &Overview) -> Option<DateTime<Utc>> {
        self.0.iter().find(|pause| pause.concerns(own)).map(|pause| pause.until)
    }

    /// When it is the turn of a connection after the pause: by its place among `all` that waited for the same.
    pub fn turn(&self, own: &Overview, all: &[Overview]) -> Option<DateTime<Utc>> {
        let pause = self.0.iter().find(|pause| pause.concerns(own))?;
        let waiting = all.iter().filter(|other| pause.concerns(other));
        let (before, count) =
            waiting.fold((0, 0), |(before, count), other| (before + i32::from(other.id < own.id), count + 1));
        Some(pause.until + SPREAD * before / (count - 1).max(1))
    }
}
