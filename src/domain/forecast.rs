//! The next ninety days of a connection as one lane: to what it works, and what ends when.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Need, Overview};

/// Cells of a lane.
pub const CELLS: usize = 30;
/// Days of a cell.
pub const DAYS_PER_CELL: i64 = 3;

/// What a connection is worth during three days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// It works, with what is held now.
    Works,
    /// Something has ended before: it works as far as that was renewed or replaced in time.
    AfterFirstEnd,
    /// It cannot be used until a person acts.
    Unusable,
}

/// The next ninety days of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// From now on, three days each.
    pub cells: [Cell; CELLS],
    /// The cell in which the refresh token ends, unless it is used before.
    pub refresh_token: Option<usize>,
    /// The cell in which the client secret or certificate ends.
    pub credential: Option<usize>,
}

impl Lane {
    /// The lane of a connection, seen from `now`.
    pub fn of(connection: &Overview, now: DateTime<Utc>) -> Self {
        let place = |moment: DateTime<Utc>| {
            let days = (moment - now).num_days();
            usize::try_from(days / DAYS_PER_CELL).ok().filter(|_| moment > now)
        };
        let ends = |lifetime: Option<super::Lifetime>| lifetime.and_then(|own| place(own.expires_at));
        let first = connection.first_lapse().and_then(place).unwrap_or(CELLS);
        let worth = |cell: usize| match () {
            () if connection.need(now) == Need::NeedsYou => Cell::Unusable,
            () if cell <= first => Cell::Works,
            () => Cell::AfterFirstEnd,
        };
        Self {
            cells: std::array::from_fn(worth),
            refresh_token: ends(connection.refresh_lifetime()).filter(|cell| *cell < CELLS),
            credential: ends(connection.needed_credential_lifetime()).filter(|cell| *cell < CELLS),
        }
    }

    /// The first day of a cell, seen from `now`.
    pub fn begins_at(cell: usize, now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::days(DAYS_PER_CELL * i64::try_from(cell).unwrap_or(0))
    }
}
