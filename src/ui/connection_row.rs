//! One row of the list: columns that come and go with the width, meaning last.
//!
//! ```text
//!    Name          Signed in as      Access            Refresh                    Secret  Next step
//! ►▲ contoso-prod  ops@contoso.com   ██████▎░   41:07  ███████▌    83 d est          4 d  e replace secret
//!    Name       Lapses           Next step                                     (at forty cells)
//! ►▲ contoso-…  secret      4 d  e replace
//! ```

use ratatui::text::Line;

use crate::domain::{Clock, Lifetime, Need, Overview, Stage};

use super::canvas::Row;
use super::gauge::{MINI_WITH_TIME_WIDTH, NONE, mini_gauge_with_time};
use super::text::{DURATION_SHORT_WIDTH, duration_short};
use super::view::{View, printable};

/// How a lifetime is shown in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gauge {
    /// The time left.
    Time,
    /// A bar, and the time left.
    Bar,
    /// A bar, the time left and how far it can be trusted.
    Trusted,
}

impl Gauge {
    fn width(self) -> u16 {
        match self {
            Self::Time => DURATION_SHORT_WIDTH,
            Self::Bar => MINI_WITH_TIME_WIDTH,
            Self::Trusted => MINI_WITH_TIME_WIDTH + 8,
        }
    }
}

/// The columns for a width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    width: u16,
    name: u16,
    mailbox: Option<u16>,
    clocks: Clocks,
    next: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clocks {
    /// The most urgent one, by its word.
    One,
    /// All three.
    Three([Gauge; 3]),
}

/// Cursor, mark and a blank.
const MARGIN: u16 = 3;
const GAP: u16 = 2;
const ONE_CLOCK: u16 = 15;
/// Key, blank, `renew by 23 Mar` and the margin.
const NEXT: u16 = 18;
/// Key, blank and `replace`.
const NEXT_WORD: u16 = 9;

impl Columns {
    /// The columns that fit `width`: what goes first is what other columns or the details also tell.
    pub(super) fn of(width: u16) -> Self {
        use Gauge::{Bar, Time, Trusted};
        let (name, mailbox, clocks) = match width {
            0..64 => (9, None, Clocks::One),
            64..72 => (14, None, Clocks::Three([Time, Time, Time])),
            72..80 => (13, None, Clocks::Three([Bar, Time, Time])),
            80..100 => (12, None, Clocks::Three([Bar, Bar, Time])),
            100..112 => (13, Some(17), Clocks::Three([Bar, Bar, Time])),
            112..128 => (15, Some(19), Clocks::Three([Bar, Trusted, Time])),
            _ => (18, Some(22), Clocks::Three([Bar, Trusted, Bar])),
        };
        let mut columns =
            Self { width, name, mailbox, clocks, next: if clocks == Clocks::One { NEXT_WORD } else { NEXT } };
        columns.share(width.saturating_sub(columns.used()));
        columns
    }

    fn used(&self) -> u16 {
        let clocks = match self.clocks {
            Clocks::One => ONE_CLOCK + GAP,
            Clocks::Three(gauges) => gauges.iter().map(|gauge| gauge.width() + GAP).sum(),
        };
        MARGIN + self.name + GAP + self.mailbox.map_or(0, |mailbox| mailbox + GAP) + clocks + self.next
    }

    /// Gives what is left to names first, then to mailboxes and next steps.
    fn share(&mut self, left: u16) {
        let for_name = left.min(20_u16.saturating_sub(self.name));
        self.name += for_name;
        let mut left = left - for_name;
        if let Some(mailbox) = &mut self.mailbox {
            let more = left.min(34_u16.saturating_sub(*mailbox));
            *mailbox += more;
            left -= more;
        }
        self.next += left.min(14);
    }
}

/// The headings of the columns.
pub(super) fn headings(view: View<'_>, columns: Columns) -> Line<'static> {
    let style = view.theme().muted;
    let mut row = view.row().gap(MARGIN).fill("Name", columns.name, style).gap(GAP);
    if let Some(mailbox) = columns.mailbox {
        row = row.fill("Signed in as", mailbox, style).gap(GAP);
    }
    match columns.clocks {
        Clocks::One => row = row.fill("Lapses", ONE_CLOCK, style).gap(GAP),
        Clocks::Three(gauges) => {
            for (gauge, title) in gauges.into_iter().zip(["Access", "Refresh", "Secret"]) {
                row = match gauge {
                    Gauge::Time => row.right(title, gauge.width(), style),
                    Gauge::Bar | Gauge::Trusted => row.fill(title, gauge.width(), style),
                };
                row = row.gap(GAP);
            }
        }
    }
    let title = if columns.clocks == Clocks::One { "Next" } else { "Next step" };
    row.gap(2).rest(title, columns.width, style).build()
}

/// A connection in its columns.
pub(super) fn row(view: View<'_>, columns: Columns, overview: &Overview, is_selected: bool) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let need = overview.need(view.now);
    let cursor = if is_selected { glyphs.cursor } else { " " };
    let name_style = if is_selected { theme.heading } else { theme.text };
    let mut row = view
        .row()
        .text(cursor, theme.accent)
        .text(glyphs.need(need), theme.need(need))
        .gap(1)
        .fill(overview.name.as_str(), columns.name, name_style)
        .gap(GAP);
    if let Some(mailbox) = columns.mailbox {
        let text = overview.mailbox().map_or_else(String::new, printable);
        row = row.fill(&text, mailbox, theme.muted).gap(GAP);
    }
    row = match columns.clocks {
        Clocks::One => one_clock(view, row, overview),
        Clocks::Three(gauges) => {
            let clocks = [Clock::AccessToken, Clock::RefreshToken, Clock::ClientSecret];
            clocks.into_iter().zip(gauges).fold(row, |row, (clock, gauge)| {
                lifetime(view, row, overview.lifetime(clock), clock, gauge).gap(GAP)
            })
        }
    };
    next_step(view, row, columns, overview, need).build()
}

fn next_step<'a>(view: View<'_>, row: Row<'a>, columns: Columns, overview: &Overview, need: Need) -> Row<'a> {
    let theme = view.theme();
    let (action, words) = view.next_step(overview);
    let words = if columns.clocks == Clocks::One { view.next_word(overview) } else { words };
    let style = if need == Need::Quiet { theme.muted } else { theme.text };
    let key = action.map_or_else(String::new, |action| view.key(action));
    row.fill(&key, 1, theme.key).gap(1).rest(&words, columns.width, style)
}

fn lifetime<'a>(
    view: View<'_>,
    row: Row<'a>,
    lifetime: Option<Lifetime>,
    clock: Clock,
    gauge: Gauge,
) -> Row<'a> {
    let theme = view.theme();
    if gauge == Gauge::Time {
        return time_left(view, row, lifetime, clock);
    }
    let row = row.append(mini_gauge_with_time(lifetime.as_ref(), clock, view.now, view.glyphs(), theme));
    let lasting = lifetime.filter(|lifetime| !lifetime.is_expired_at(view.now));
    match (gauge, lasting) {
        (Gauge::Trusted, Some(lifetime)) => row.gap(1).fill(lifetime.certainty.label(), 7, theme.muted),
        (Gauge::Trusted, None) => row.gap(8),
        _ => row,
    }
}

fn time_left<'a>(view: View<'_>, row: Row<'a>, lifetime: Option<Lifetime>, clock: Clock) -> Row<'a> {
    let theme = view.theme();
    let Some(lifetime) = lifetime else { return row.right(NONE, DURATION_SHORT_WIDTH, theme.none) };
    let stage = lifetime.stage(clock, view.now);
    let text = match stage {
        Stage::Expired => stage.word().to_owned(),
        _ => duration_short(lifetime.remaining(view.now)),
    };
    row.right(&text, DURATION_SHORT_WIDTH, theme.stage(stage))
}

/// The clock that asks for most, by its word: `secret     4 d`.
fn one_clock<'a>(view: View<'_>, row: Row<'a>, overview: &Overview) -> Row<'a> {
    let theme = view.theme();
    let Some((clock, lifetime)) = most_urgent(view, overview) else {
        return row.fill("no token", ONE_CLOCK, theme.none).gap(GAP);
    };
    let word = match clock {
        Clock::AccessToken => "access",
        Clock::RefreshToken => "refresh",
        Clock::ClientSecret => "secret",
    };
    let row = row.fill(word, ONE_CLOCK - DURATION_SHORT_WIDTH, theme.muted);
    time_left(view, row, Some(lifetime), clock).gap(GAP)
}

/// What lapses soonest of what no renewal brings back; the access token where all of that is well.
fn most_urgent(view: View<'_>, overview: &Overview) -> Option<(Clock, Lifetime)> {
    let worst = [Clock::RefreshToken, Clock::ClientSecret]
        .into_iter()
        .filter_map(|clock| Some((clock, overview.lifetime(clock)?)))
        .filter(|(clock, lifetime)| lifetime.stage(*clock, view.now) >= Stage::Expiring)
        .min_by_key(|(_, lifetime)| lifetime.expires_at);
    worst.or_else(|| Some((Clock::AccessToken, overview.access_lifetime()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_never_need_more_than_there_is() {
        for width in super::super::SMALLEST.0..300 {
            assert!(Columns::of(width).used() <= width, "{width}");
        }
    }
}
