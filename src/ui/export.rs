//! The export panel: format, choice and file above, the masked text below.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::export::{ExportFocus, ExportPanel, ExportPhase, ExportQuestion, Preview};
use crate::app::{Action, Delivery};
use crate::export::Format;

use super::Regions;
use super::canvas::{Canvas, Row, rule, wrap};
use super::field::{Focus, field_line};
use super::unlock::failure_lines;
use super::view::{View, printable};
use super::{input_pane, panel};

/// Cells for a choice: the longest, with its arrows.
const CHOICE: u16 = 56;
/// Cells for the labels of the choices.
const LABEL: u16 = 9;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, panel: &ExportPanel) {
    let name = view.app.connections.get(&panel.connection).map_or("", |overview| overview.name.as_str());
    let size = (panel::WIDTH, regions.body.height);
    let area = panel::open(buffer, regions, view, ("Export", name), Line::default(), size);
    let (width, height) = (area.width, usize::from(area.height));
    let mut top = choice_lines(view, panel, width);
    let news = news(view, panel, width);
    let remarks = remark_lines(view, panel, width);
    // The text is what the page is for: remarks leave it a few lines.
    let room = height.saturating_sub(top.len() + news.len() + 5);
    top.extend(remarks.into_iter().take(room));
    // What has happened is told whole, also where it is long and the page low.
    top.truncate(height.saturating_sub(news.len()));
    let mut canvas = Canvas::new(buffer, area, view.look);
    canvas.lines(&top);
    let below = news.len() as u16;
    let lines = canvas.rows_left().saturating_sub(below + 1);
    if lines > 0 {
        preview(&mut canvas, view, panel, lines);
    }
    canvas.go_to(area.height.saturating_sub(below));
    canvas.lines(&news);
}

fn choice_lines(view: View<'_>, panel: &ExportPanel, width: u16) -> Vec<Line<'static>> {
    let place = Format::ALL.iter().position(|own| *own == panel.format).unwrap_or(0) + 1;
    let count = view.row().text(format!("{place} of {}", Format::ALL.len()), view.theme().muted).build();
    let format = choice(view, panel, ExportFocus::Format, ("Format", panel.format.title()), width);
    let mut lines = vec![format.end(count, width.saturating_sub(1)).build()];
    let purpose =
        view.row().gap(LABEL + 4).rest(panel.format.purpose(), width.saturating_sub(1), view.theme().muted);
    lines.push(purpose.build());
    lines.extend(panel.option().map(|told| choice(view, panel, ExportFocus::Option, told, width).build()));
    let is_here = panel.focus == ExportFocus::File;
    let focus = if is_here { Focus::Here } else { Focus::Elsewhere };
    let room = width.saturating_sub(LABEL + 4);
    let row = label(view, panel, ExportFocus::File, "File");
    lines.push(row.append(field_line(view, &panel.file, room, focus)).build());
    lines
}

fn label<'a>(view: View<'a>, panel: &ExportPanel, place: ExportFocus, text: &str) -> Row<'a> {
    let theme = view.theme();
    let (cursor, style) =
        if panel.focus == place { (view.glyphs().cursor, theme.heading) } else { (" ", theme.muted) };
    view.row().gap(1).text(cursor, theme.accent).gap(1).fill(text, LABEL, style)
}

fn choice<'a>(
    view: View<'a>,
    panel: &ExportPanel,
    place: ExportFocus,
    (name, chosen): (&str, &str),
    width: u16,
) -> Row<'a> {
    let room = width.saturating_sub(LABEL + 12).min(CHOICE);
    label(view, panel, place, name).append(input_pane::choice(view, chosen, room, panel.focus == place))
}

fn remark_lines(view: View<'_>, panel: &ExportPanel, width: u16) -> Vec<Line<'static>> {
    let Preview::Ready(preview) = &panel.preview else { return Vec::new() };
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let mut lines = Vec::new();
    for remark in &preview.remarks {
        for (place, text) in wrap(remark, width.saturating_sub(5)).into_iter().enumerate() {
            let row = view.row().gap(1);
            let row = if place == 0 { row.text(glyphs.soon, theme.warning).gap(1) } else { row.gap(2) };
            lines.push(row.rest(&text, width.saturating_sub(1), theme.warning).build());
        }
    }
    lines
}

fn preview(canvas: &mut Canvas<'_>, view: View<'_>, panel: &ExportPanel, height: u16) {
    let theme = view.theme();
    let width = canvas.width();
    let ellipsis = view.glyphs().ellipsis;
    match &panel.preview {
        Preview::Awaited(_) => {
            canvas.line(&rule(view.look, "Preview", "", width));
            canvas.line(&view.row().gap(2).text(ellipsis, theme.muted).build());
        }
        Preview::Failed(failure) => {
            canvas.line(&rule(view.look, "Preview", "", width));
            let lines = failure_lines(view, failure, width.saturating_sub(4));
            lines.into_iter().take(usize::from(height)).for_each(|line| {
                canvas.line(&view.row().gap(2).append(line).build());
            });
        }
        Preview::Ready(preview) => {
            let title = if preview.is_patch { "What changes" } else { "Preview, secrets masked" };
            let shown = usize::from(height).min(preview.lines.len().saturating_sub(panel.scrolled));
            let first = panel.scrolled + 1;
            let told = format!("{first}-{} of {}", panel.scrolled + shown, preview.lines.len());
            canvas.line(&rule(view.look, title, if shown < preview.lines.len() { &told } else { "" }, width));
            for line in preview.lines.iter().skip(panel.scrolled).take(shown) {
                canvas.line(&view.row().gap(2).rest(line, width.saturating_sub(1), theme.text).build());
            }
        }
    }
}

/// What is asked, under way or done.
fn news(view: View<'_>, panel: &ExportPanel, width: u16) -> Vec<Line<'static>> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let say = |shape: &str, text: &str, style| -> Vec<Line<'static>> {
        let lines = wrap(text, width.saturating_sub(5)).into_iter().enumerate();
        lines
            .map(|(place, line)| {
                let row = view.row().gap(1);
                let row = if place == 0 { row.text(shape, style).gap(1) } else { row.gap(2) };
                row.text(line, theme.text).build()
            })
            .collect()
    };
    match &panel.phase {
        ExportPhase::Choosing => Vec::new(),
        ExportPhase::Renewing(_) => say(
            glyphs.separator,
            &format!("renewing first, since little is left of this set {}", glyphs.ellipsis),
            theme.notice,
        ),
        ExportPhase::Exporting(..) => {
            say(glyphs.separator, &format!("exporting {}", glyphs.ellipsis), theme.notice)
        }
        ExportPhase::Asking(question, _) => {
            let (text, yes) = asked(question);
            let mut lines = say(glyphs.soon, &text, theme.warning);
            let answers =
                view.row().gap(3).text(view.key(Action::Open), theme.key).gap(1).text(yes, theme.text);
            lines
                .push(answers.gap(3).text(view.key(Action::Back), theme.key).text(" no", theme.text).build());
            lines
        }
        ExportPhase::Done(delivery) => {
            let grows_old = if panel.format.is_push_copy() {
                ". It is a copy: renewing here does not renew it"
            } else {
                ". It ends with the access token"
            };
            let own = match delivery {
                Delivery::WrittenTo(_) => ", for you alone",
                Delivery::SentToTerminal { .. } | Delivery::BrowserStarted => "",
            };
            say(glyphs.yes, &format!("{}{own}{grows_old}.", delivery.in_words()), theme.good)
        }
        ExportPhase::Unremembered(delivery, why) => {
            let (what, next) = (printable(&why.what_happened), printable(&why.what_to_do));
            let text = format!("{}, but that could not be remembered: {what} {next}", delivery.in_words());
            say(glyphs.soon, &text, theme.warning)
        }
        ExportPhase::Failed(failure) => {
            let lines = failure_lines(view, failure, width.saturating_sub(4));
            lines.into_iter().map(|line| view.row().gap(1).append(line).build()).collect()
        }
    }
}

fn asked(question: &ExportQuestion) -> (String, &'static str) {
    match question {
        ExportQuestion::Overwrite(path) => {
            (format!("{} is there already.", printable(path)), "write over it")
        }
        ExportQuestion::WorkTree(path) => (
            format!("{} is in a git work tree: a commit would publish the secrets.", printable(path)),
            "write it all the same",
        ),
        ExportQuestion::Clipboard => (
            "Secrets go to your terminal's clipboard, where other programs can read them.".to_owned(),
            "send them",
        ),
    }
}
