//! The Permissions tab: the whole catalogue, what of it is asked for, against what was granted and is in the token.
//!
//! ```text
//!  ● contoso-prod  6 asked for, 6 granted, 6 in the token
//!    Ask Permission            Allows to                 Who     Grant Token
//!  YOUR CHOICE 6 ticked ─────────────────────────────────────────────────────
//!  ► [✓] Mail.Send             send mail as the user     anyone    ✓     ✓
//!    [✓] Calendars.ReadWrite   read and change calendars policy    ✓     ✓
//!  MAIL 2 of 9 ticked ───────────────────────────────────────────────────────
//! ── Mail.Send ──────────────────────────────────────────────── 4 of 784 ▼ ──
//!    Mail.Send: send mail as the user. Whoever signs in may consent.
//! ```
//!
//! `rows` draws a line of the list, `words` what stands above and below it, `application` the tab of a client that acts
//! for itself. Only the lines that are seen are made.

mod application;
mod rows;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::permissions::{Line as ListLine, List, row_of};
use crate::domain::Overview;

use super::canvas::{Canvas, first_shown};
use super::view::View;

use rows::Columns;

/// From this height on there is room for headings and rules.
const ROOMY: u16 = 12;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let mut canvas = Canvas::new(buffer, area, view.look);
    match view.app.chosen() {
        None => canvas.line(&view.row().gap(2).text("no connection is chosen", view.theme().muted).build()),
        Some(overview) if overview.settings.way_in.is_delegated() => delegated(&mut canvas, view, overview),
        Some(overview) => application::draw(&mut canvas, view, overview),
    }
}

fn delegated(canvas: &mut Canvas<'_>, view: View<'_>, overview: &Overview) {
    let (width, height) = (canvas.width(), canvas.rows_left());
    let list = List::of(overview, &view.app.permissions);
    let chosen = list.chosen(&view.app.permissions);
    let columns = Columns::of(width);
    canvas.lines(&words::head(view, overview, &list, (width, height)));
    if height >= ROOMY {
        canvas.line(&rows::headings(view, columns));
    }
    let foot = words::foot(view, overview, &list, chosen, (width, height));
    let room = usize::from(canvas.rows_left()).saturating_sub(foot.len()).max(1);
    match chosen {
        Some(chosen) => draw_list(canvas, view, overview, (&list, chosen), columns, room),
        None => nothing_found(canvas, view, room),
    }
    canvas.lines(&foot);
}

fn draw_list(
    canvas: &mut Canvas<'_>,
    view: View<'_>,
    overview: &Overview,
    (list, chosen): (&List, usize),
    columns: Columns,
    room: usize,
) {
    let lines = list.lines();
    let first = first_shown(chosen, lines.len(), room);
    let (width, states) = (canvas.width(), overview.permission_states());
    for place in first..first + room {
        let Some(line) = lines.get(place) else {
            canvas.blank();
            continue;
        };
        // A group whose heading has been scrolled away keeps it in place of its first row.
        let pinned = list.heading_of(place).filter(|_| place == first && place != chosen);
        match (line, pinned) {
            (ListLine::Heading(heading), _) | (ListLine::Item(_), Some(heading)) => {
                canvas.line(&rows::group_heading(view, heading, width));
            }
            (ListLine::Item(item), None) => {
                let row = row_of(overview, &states, &item.subject);
                let drawn = rows::line(view, columns, overview, &row, place == chosen);
                if place == chosen { canvas.selected_line(&drawn) } else { canvas.line(&drawn) }
            }
        }
    }
}

fn nothing_found(canvas: &mut Canvas<'_>, view: View<'_>, room: usize) {
    let text = "nothing holds all of these words";
    canvas.line(&view.row().gap(3).text(text, view.theme().muted).build());
    canvas.lines(&vec![Line::default(); room.saturating_sub(1)]);
}
