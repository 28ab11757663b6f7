//! One row of the list: columns that come and go with the width, meaning last.
//!
//! ```text
//!    Name          Signed in as      Access            Refresh                    Secret  Next step
//! ►▲ contoso-prod  ops@contoso.com   ━━━━━━╸─   41:07  ━━━━━━━╸    83 d est          4 d  e replace secret
//!    Name       Lapses           Next step                                     (at forty cells)
//! ►▲ contoso-…  secret      4 d  e replace
//! ```

use ratatui::style::Style;
use ratatui::text::Line;

use crate::domain::app_registration::CredentialFacts;
use crate::domain::{Clock, Lifetime, Need, Overview, Stage};

use super::canvas::Row;
use super::gauge::{NONE, mini_gauge_with_time, with_time_width};
use super::text::{DURATION_SHORT_WIDTH, duration_short};
use super::view::{View, printable};

/// How a lifetime is shown in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gauge {
    /// The time left.
    Time,
    /// A bar of so many cells, and the time left.
    Bar(u16),
    /// A bar of so many cells, the time left and how far it can be trusted.
    Trusted(u16),
}

impl Gauge {
    fn width(self) -> u16 {
        match self {
            Self::Time => DURATION_SHORT_WIDTH,
            Self::Bar(cells) => with_time_width(cells),
            Self::Trusted(cells) => with_time_width(cells) + TRUST,
        }
    }

    /// The same with a bar that is so many cells longer.
    fn longer(self, more: u16) -> Self {
        match self {
            Self::Time => Self::Time,
            Self::Bar(cells) => Self::Bar(cells + more),
            Self::Trusted(cells) => Self::Trusted(cells + more),
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clocks {
    /// The most urgent one, by its word.
    One,
    /// All three.
    Three([Gauge; 3]),
}

/// The longest texts of the list: columns are as wide as what stands in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Longest {
    /// The longest name.
    pub(super) name: u16,
    /// The longest mailbox.
    pub(super) mailbox: u16,
}

/// Cursor, mark and a blank.
const MARGIN: u16 = 3;
const GAP: u16 = 2;
const ONE_CLOCK: u16 = 15;
/// A blank and `learned`.
const TRUST: u16 = 8;
/// Key, blank, `renew by 23 Mar` and the margin.
const NEXT: u16 = 18;
/// Key, blank and `replace`.
const NEXT_WORD: u16 = 9;
/// Names are cut below the first and above the second.
const NAME: (u16, u16) = (10, 24);
/// A mailbox that would be cut below this is left out.
const FEWEST_MAILBOX: u16 = 14;
/// From this width on there is a mailbox.
const MAILBOX_FROM: u16 = 100;
/// The bar of a list: shorter where names need the room, longer where there is room to spare.
const BAR: u16 = 8;
const LONGEST_BAR: u16 = 16;
const SHORTEST_BAR: u16 = 4;

impl Columns {
    /// The columns that fit `width`. Names and next steps come first, then bars; what goes first is what the details
    /// also tell.
    pub(super) fn of(width: u16, longest: Longest) -> Self {
        let name = longest.name.clamp(NAME.0, NAME.1);
        if width < 64 {
            let fixed = MARGIN + GAP + ONE_CLOCK + GAP + NEXT_WORD;
            let name = name.max(width.saturating_sub(fixed)).min(NAME.1).min(width.saturating_sub(fixed));
            return Self { width, name, mailbox: None, clocks: Clocks::One };
        }
        let fixed = MARGIN + GAP + 3 * (DURATION_SHORT_WIDTH + GAP) + NEXT;
        let name = name.min(width.saturating_sub(fixed));
        let mut left = width.saturating_sub(fixed + name);
        let mut gauges = [bar(&mut left, 2), bar(&mut left, 1), Gauge::Time];
        let mailbox = (width >= MAILBOX_FROM && left >= FEWEST_MAILBOX + GAP).then(|| {
            let cells = longest.mailbox.clamp(FEWEST_MAILBOX, 34).min(left - GAP);
            left -= cells + GAP;
            cells
        });
        widen(&mut gauges, left);
        Self { width, name, mailbox, clocks: Clocks::Three(gauges) }
    }

    #[cfg(test)]
    fn used(&self) -> u16 {
        let (clocks, next) = match self.clocks {
            Clocks::One => (ONE_CLOCK + GAP, NEXT_WORD),
            Clocks::Three(gauges) => (gauges.iter().map(|gauge| gauge.width() + GAP).sum(), NEXT),
        };
        MARGIN + self.name + GAP + self.mailbox.map_or(0, |mailbox| mailbox + GAP) + clocks + next
    }
}

/// A bar from what is left, where `sharing` columns want one: none where it would be too short to tell anything.
fn bar(left: &mut u16, sharing: u16) -> Gauge {
    let share = if *left / sharing > SHORTEST_BAR { *left / sharing } else { *left };
    let cells = share.saturating_sub(1).min(BAR);
    if cells < SHORTEST_BAR {
        return Gauge::Time;
    }
    *left -= cells + 1;
    Gauge::Bar(cells)
}

/// What is left: how far the refresh token's end can be trusted, a bar for the secret, then longer bars.
fn widen(gauges: &mut [Gauge; 3], mut left: u16) {
    if let (Gauge::Bar(cells), true) = (gauges[1], left >= TRUST) {
        gauges[1] = Gauge::Trusted(cells);
        left -= TRUST;
    }
    if left > BAR {
        gauges[2] = Gauge::Bar(BAR);
        left -= BAR + 1;
    }
    let bars = gauges.iter().filter(|gauge| **gauge != Gauge::Time).count() as u16;
    let more = left.checked_div(bars).unwrap_or(0).min(LONGEST_BAR - BAR);
    for gauge in gauges {
        *gauge = gauge.longer(more);
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
                    Gauge::Bar(_) | Gauge::Trusted(_) => row.fill(title, gauge.width(), style),
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
        let text = overview.holder().map_or_else(String::new, |holder| printable(&holder));
        row = row.fill(&text, mailbox, theme.muted).gap(GAP);
    }
    row = match columns.clocks {
        Clocks::One => one_clock(view, row, overview),
        Clocks::Three(gauges) => {
            let clocks = [Clock::AccessToken, Clock::RefreshToken, Clock::ClientCredential];
            clocks
                .into_iter()
                .zip(gauges)
                .fold(row, |row, (clock, gauge)| lifetime(view, row, overview, clock, gauge).gap(GAP))
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

fn lifetime<'a>(view: View<'_>, row: Row<'a>, overview: &Overview, clock: Clock, gauge: Gauge) -> Row<'a> {
    let theme = view.theme();
    let Some(lifetime) = overview.lifetime(clock) else {
        let (word, style) = no_lifetime(view, overview, clock);
        return match gauge {
            Gauge::Time => row.right(word, gauge.width(), style),
            Gauge::Bar(_) | Gauge::Trusted(_) => row.fill(word, gauge.width(), style),
        };
    };
    let (cells, trust) = match gauge {
        Gauge::Time => return time_left(view, row, lifetime, clock),
        Gauge::Bar(cells) => (cells, false),
        Gauge::Trusted(cells) => (cells, true),
    };
    let row =
        row.append(mini_gauge_with_time(Some(&lifetime), (clock, view.now), cells, view.glyphs(), theme));
    let label = if lifetime.is_expired_at(view.now) { "" } else { lifetime.certainty.label() };
    if trust { row.gap(1).fill(label, TRUST - 1, theme.muted) } else { row }
}

/// Why there is no lifetime: nothing is held, or something of which no end is known.
fn no_lifetime(view: View<'_>, overview: &Overview, clock: Clock) -> (&'static str, Style) {
    let theme = view.theme();
    match (clock, &overview.credential) {
        // It needs none: the client asks again.
        (Clock::RefreshToken, _) if !overview.settings.way_in.is_delegated() => ("asks anew", theme.none),
        (Clock::ClientCredential, CredentialFacts::Public) => ("public", theme.none),
        (Clock::ClientCredential, CredentialFacts::Secret { .. }) => ("no date", theme.none),
        (Clock::ClientCredential, CredentialFacts::Missing) => ("missing", theme.error),
        _ => (NONE, theme.none),
    }
}

fn time_left<'a>(view: View<'_>, row: Row<'a>, lifetime: Lifetime, clock: Clock) -> Row<'a> {
    let stage = lifetime.stage(clock, view.now);
    let text = match stage {
        Stage::Expired => stage.word().to_owned(),
        _ => duration_short(lifetime.remaining(view.now)),
    };
    row.right(&text, DURATION_SHORT_WIDTH, view.theme().stage(stage))
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
        Clock::ClientCredential => match overview.credential {
            CredentialFacts::Certificate { .. } => "cert",
            _ => "secret",
        },
    };
    let row = row.fill(word, ONE_CLOCK - DURATION_SHORT_WIDTH, theme.muted);
    time_left(view, row, lifetime, clock).gap(GAP)
}

/// What lapses soonest of what no renewal brings back; the access token where all of that is well.
fn most_urgent(view: View<'_>, overview: &Overview) -> Option<(Clock, Lifetime)> {
    let worst = overview
        .lasting()
        .filter(|(clock, lifetime)| lifetime.stage(*clock, view.now) >= Stage::Expiring)
        .min_by_key(|(_, lifetime)| lifetime.expires_at);
    worst.or_else(|| Some((Clock::AccessToken, overview.access_lifetime()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [Longest; 4] = [
        Longest { name: 0, mailbox: 0 },
        Longest { name: 12, mailbox: 20 },
        Longest { name: 19, mailbox: 27 },
        Longest { name: 64, mailbox: 254 },
    ];

    #[test]
    fn columns_never_need_more_than_there_is() {
        for longest in NAMES {
            for width in super::super::SMALLEST.0..300 {
                let columns = Columns::of(width, longest);
                assert!(columns.used() <= width, "{width} {columns:?}");
            }
        }
    }

    #[test]
    fn names_are_whole_from_eighty_cells_on() {
        for longest in NAMES {
            for width in 80..300 {
                assert_eq!(Columns::of(width, longest).name, longest.name.clamp(10, 24), "{width}");
            }
        }
    }

    #[test]
    fn mailbox_has_room_or_is_left_out() {
        for longest in NAMES {
            for width in super::super::SMALLEST.0..300 {
                let mailbox = Columns::of(width, longest).mailbox;
                assert!(mailbox.is_none_or(|cells| width >= 100 && cells >= 14), "{width} {mailbox:?}");
            }
            assert!(Columns::of(140, longest).mailbox.is_some());
        }
    }
}
