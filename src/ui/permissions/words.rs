//! What stands above and below the list: how the choice stands, who must consent, what the chosen permission is.

use ratatui::text::Line;

use crate::app::Action;
use crate::app::permissions::{Counts, List, Statement, consent_statement, counts, difference, row_of};
use crate::domain::Overview;

use super::super::canvas::{rule, wrap};
use super::super::text::fit;
use super::super::view::{View, printable};
use super::ROOMY;

/// Two columns of words beside each other need that much.
const WIDE: u16 = 64;

/// The title, who must consent, and what differs.
pub(super) fn head(
    view: View<'_>,
    overview: &Overview,
    list: &List,
    (width, height): (u16, u16),
) -> Vec<Line<'static>> {
    let counts = counts(overview);
    let mut lines = vec![title(view, overview, &counts, list, width)];
    lines.extend(consent(view, overview, width));
    if height >= ROOMY {
        lines.extend(differences(view, overview, &counts, width));
    } else if counts.needs_sign_in() {
        let text = format!("{} signs in again to apply", view.key(Action::Authorize));
        let row = view.row().gap(1).text(view.glyphs().soon, view.theme().warning).gap(1);
        lines.push(row.rest(&text, width, view.theme().warning).build());
    }
    lines
}

fn title(view: View<'_>, overview: &Overview, counts: &Counts, list: &List, width: u16) -> Line<'static> {
    let theme = view.theme();
    let need = overview.need(view.now);
    let room = width.saturating_sub(1);
    let row = view.row().gap(1).text(view.glyphs().need(need), theme.need(need)).gap(1);
    let row = row.text(overview.name.as_str(), theme.heading).gap(2);
    let right = found(view, list, width);
    let sentence = if width < WIDE { counts.short(overview) } else { counts.sentence(overview) };
    let taken = right.width() as u16 + u16::from(right.width() > 0) * 2;
    row.rest(&sentence, room.saturating_sub(taken), theme.muted).end(right, room).build()
}

/// What is searched for, and how much was found.
fn found(view: View<'_>, list: &List, width: u16) -> Line<'static> {
    let tab = &view.app.permissions;
    if !tab.is_searching() {
        return Line::default();
    }
    let (all, _) = list.place(0);
    let text = match view.app.line {
        None => {
            format!("/{} {all} found", fit(&printable(tab.search.text().trim()), width / 4, view.glyphs()))
        }
        Some(_) => format!("{all} found"),
    };
    view.row().text(text, view.theme().accent).build()
}

/// Who will have to consent; the key where an administrator may have to.
fn consent(view: View<'_>, overview: &Overview, width: u16) -> Vec<Line<'static>> {
    let Some(statement) = consent_statement(overview) else { return Vec::new() };
    statement_lines(view, &statement, 1, width)
}

/// The statement about consent, in as many lines as its long form takes, two at most; its short form where that is more.
pub(in crate::ui) fn statement_lines(
    view: View<'_>,
    statement: &Statement,
    indent: u16,
    width: u16,
) -> Vec<Line<'static>> {
    let theme = view.theme();
    let room = width.saturating_sub(indent + 3);
    let key = format!("{} asks one", view.key(Action::AdminConsent));
    let with_key =
        |text: &str| if statement.needs_administrator { format!("{text}. {key}") } else { text.to_owned() };
    let long = wrap(&capital(&with_key(&statement.long)), room);
    let is_long = width >= WIDE && long.len() <= 2;
    let texts = if is_long { long } else { vec![fit(&capital(&statement.short), room, view.glyphs())] };
    let (shape, style) = if statement.needs_administrator {
        (view.glyphs().soon, theme.warning)
    } else {
        (view.glyphs().separator, theme.muted)
    };
    let line = |(place, text): (usize, String)| {
        let mark = if place == 0 { shape } else { " " };
        view.row().gap(indent).text(mark, style).gap(1).text(text, style).build()
    };
    texts.into_iter().enumerate().map(line).collect()
}

/// A sentence begins with a capital.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What is asked for, granted and in the token differ: in words, with the key that applies the choice.
fn differences(view: View<'_>, overview: &Overview, counts: &Counts, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let room = width.saturating_sub(1);
    let key = view.key(Action::Authorize);
    let line = |text: String| {
        let apply = counts.needs_sign_in() && text.starts_with("not granted");
        // The key keeps its case: another one begins with the capital.
        let text = if apply { format!("{key} signs in again to apply: {text}") } else { capital(&text) };
        let style = if apply { theme.warning } else { theme.muted };
        let shape = if apply { view.glyphs().soon } else { view.glyphs().separator };
        view.row().gap(1).text(shape, style).gap(1).rest(&printable(&text), room, style).build()
    };
    difference(overview).into_iter().take(2).map(line).collect()
}

/// The chosen permission in sentences, under a rule that tells where in the list it stands.
pub(super) fn foot(
    view: View<'_>,
    overview: &Overview,
    list: &List,
    chosen: Option<usize>,
    (width, height): (u16, u16),
) -> Vec<Line<'static>> {
    let Some(item) = chosen.and_then(|chosen| list.item(chosen)) else { return Vec::new() };
    let row = row_of(overview, &overview.permission_states(), &item.subject);
    let theme = view.theme();
    let is_roomy = height >= ROOMY;
    let most = if is_roomy && width < 100 { 3 } else { 2 };
    let room = width.saturating_sub(4);
    let texts = cut(wrap(&printable(&row.sentences()), room), most, room, view);
    let mut lines = Vec::new();
    if is_roomy {
        let (all, here) = list.place(chosen.unwrap_or(0));
        let whose = row.known.map_or_else(
            || "entered by name".to_owned(),
            |known| format!("{}, {}", known.resource.title(), known.group),
        );
        lines.push(rule(view.look, &whose, &format!("{here} of {all}"), width));
    }
    lines.extend(texts.into_iter().map(|text| view.row().gap(3).text(text, theme.muted).build()));
    // The list does not jump when a text is shorter.
    let wanted = most + usize::from(is_roomy);
    lines.resize(wanted.max(lines.len()), Line::default());
    lines
}

/// The first lines; the last of them tells that there are more.
fn cut(mut texts: Vec<String>, most: usize, room: u16, view: View<'_>) -> Vec<String> {
    if texts.len() > most {
        let rest = texts.split_off(most - 1).join(" ");
        texts.push(fit(&rest, room, view.glyphs()));
    }
    texts
}
