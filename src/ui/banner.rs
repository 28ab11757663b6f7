//! The line of warnings: the most urgent one, the key that leads to it, and how many more there are.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::{Action, replacing};
use crate::domain::Need;
use crate::domain::warning::{Nature, Warning, WayOut};

use super::Regions;
use super::canvas::Canvas;
use super::view::{View, printable};

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>) {
    let Some((warning, more)) = view.app.warnings.banner().filter(|_| regions.banner.height > 0) else {
        return;
    };
    Canvas::new(buffer, regions.banner, view.look).line(&line(view, warning, more, regions.banner.width));
}

fn line(view: View<'_>, warning: &Warning, more: usize, width: u16) -> Line<'static> {
    let theme = view.theme();
    let (shape, style) = if warning.stops_work() {
        (view.glyphs().needs_you, theme.error)
    } else {
        (view.glyphs().soon, theme.need(Need::Soon))
    };
    let keys = keys(view, warning, more, width);
    let room = width.saturating_sub(keys.width() as u16 + 2);
    view.row()
        .gap(1)
        .text(shape, style)
        .gap(1)
        .rest(&printable(&warning.message(view.now)), room, style)
        .end(keys, width.saturating_sub(1))
        .build()
}

/// The key for what is next: to go there, or to do something about it. In a narrow terminal without words.
fn keys(view: View<'_>, warning: &Warning, more: usize, width: u16) -> Line<'static> {
    let theme = view.theme();
    // What lies over the tab takes the keys, and gives some of them another meaning.
    let offered = if view.app.is_on_tab() { view.app.on_offer(view.now) } else { Vec::new() };
    let next = if offered.contains(&Action::ShowWarning) {
        Some((Action::ShowWarning, "show"))
    } else {
        way_out(view, warning).filter(|(action, _)| offered.contains(action))
    };
    let hide = view.app.hides_warning().then_some((Action::Back, "hide"));
    let has_words = width >= 60;
    let mut row = view.row();
    if more > 0 {
        row = row.text(format!("+{more}"), theme.muted).gap(2);
    }
    for (place, (action, words)) in next.into_iter().chain(hide.filter(|_| has_words)).enumerate() {
        row = row.gap(if place > 0 { 2 } else { 0 }).text(view.key(action), theme.key);
        if has_words {
            row = row.gap(1).text(words, theme.muted);
        }
    }
    row.build()
}

/// What the person can do about it here.
fn way_out(view: View<'_>, warning: &Warning) -> Option<(Action, &'static str)> {
    match &warning.nature {
        Nature::Ends(ending) => match ending.way_out {
            WayOut::Replace => Some((replacing(view.app.chosen()?), "replace")),
            WayOut::Renew => Some((Action::Renew, Action::Renew.label())),
            WayOut::RenewsLater | WayOut::SignIn => Some((Action::Authorize, Action::Authorize.label())),
            WayOut::Mend => next_step(view),
        },
        Nature::Needs(_) => next_step(view),
        Nature::Fails(_) => None,
    }
}

fn next_step(view: View<'_>) -> Option<(Action, &'static str)> {
    let action = view.next_step(view.app.chosen()?).0?;
    Some((action, action.label()))
}
