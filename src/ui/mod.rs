//! The screen: a pure function of the state, the moment and the look, one file per region.
//!
//! ```text
//! ┌ tabs ───────────────────────────────────────────────────────────────────────┐
//! │ tokengauge  1 Connections  2 Permissions  3 Tokens  4 Activity    × 2  ▲ 1  │
//! ├ body: connections │ permissions │ tokens │ activity ────────────────────────┤
//! │   Name           Access            Refresh           Secret   Next step     │
//! │ NEEDS YOU  2 ────────────────────────────────────────────────────────────── │
//! │ ►× northwind     expired           expired            200 d   a sign in ... │
//! │ ── northwind ─────────────────────────────────────────────── details ────── │
//! │    Trouble  ...                                                             │
//! ├ status ─────────────────────────────────────────────────────────────────────┤
//! │ northwind: a person must sign in again. Who acts: ops@northwind.com         │
//! ├ key_line ───────────────────────────────────────────────────────────────────┤
//! │ Enter open  a sign in  n new  e edit                                ? help  │
//! └─────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Over the body lie `sign_in`, `input_pane`, `hand_over`, `export` and `help`: as a page of their own on a small terminal, in a
//! frame on a large one (`panel`). `question` is always a frame. Before there is an open vault, `first_run` or `unlock`
//! take the place of tabs and body. Long regions have files of their own for a part: `connection_row` and `details`,
//! `renewal_chart`, `token_claims`, `sign_in_paste`. `canvas` keeps every region inside its area; `view` holds the words
//! they share; `theme`, `glyphs`, `gauge` and `text` are the look.

mod activity;
mod banner;
mod big_text;
mod canvas;
pub mod colour;
mod connection_row;
mod connections;
mod consent;
mod details;
mod device_sign_in;
mod export;
mod field;
mod first_run;
mod forecast;
pub mod gauge;
pub mod glyphs;
mod hand_over;
mod help;
mod input_pane;
mod key_line;
mod panel;
mod permissions;
mod presets;
mod probe;
mod qr;
mod question;
mod renewal_chart;
mod secret_replacement;
mod sign_in;
mod sign_in_paste;
mod sign_in_tunnel;
mod status;
mod tabs;
pub mod text;
pub mod theme;
mod token_claims;
mod token_clocks;
mod tokens;
mod unlock;
mod view;

use chrono::{DateTime, Utc};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::connections::Showing;
use crate::app::{App, Door, Panel, Tab};
use crate::keymap::Keymap;

use canvas::{Canvas, wrap};
use glyphs::{GlyphSet, Glyphs};
use theme::Theme;
use view::View;

/// How the screen looks: styles by role, shapes, and the keys as they are bound.
#[derive(Debug, Clone)]
pub struct Look {
    /// Styles by role.
    pub theme: Theme,
    /// Shapes.
    pub glyphs: &'static Glyphs,
    /// Keys, for the key line and the help page.
    pub keymap: Keymap,
}

/// The smallest terminal on which the dashboard is drawn.
const SMALLEST: (u16, u16) = (40, 10);
/// From this height on, rules separate the regions.
const ROOMY_HEIGHT: u16 = 20;
/// From this height on there is a line of warnings.
const LOWEST_WITH_BANNER: u16 = 12;

/// The title of the terminal: how many connections need the person, and no names.
pub fn title(app: &App, now: DateTime<Utc>, look: &Look) -> String {
    tabs::title(View { app, now, look })
}

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, app: &App, now: DateTime<Utc>, look: &Look) {
    let area = frame.area();
    draw_into(frame.buffer_mut(), area, View { app, now, look });
}

fn draw_into(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    buffer.set_style(area, view.theme().background.patch(view.theme().text));
    if let Some(text) = view.app.plain_page() {
        return plain_page(buffer, area, view, text);
    }
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(buffer, area, view);
    }
    let regions = Regions::of(area, view.app.shows_banner());
    match &view.app.door {
        Door::FirstRun(first) => first_run::draw(buffer, regions.above_status(), view, first),
        Door::Locked(_) | Door::Opening(_) | Door::Closed(_) => {
            unlock::draw(buffer, regions.above_status(), view);
        }
        Door::Open => draw_open(buffer, &regions, view),
    }
    status::draw(buffer, &regions, view);
    key_line::draw(buffer, regions.keys, view);
    if view.look.glyphs.set == GlyphSet::Ascii {
        keep_to_ascii(buffer, area);
    }
}

/// Words from outside and the portal's arrows, for a terminal that has no more than seven bits.
fn keep_to_ascii(buffer: &mut Buffer, area: Rect) {
    for position in area.intersection(buffer.area).positions() {
        let cell = &mut buffer[position];
        let shape = match cell.symbol() {
            symbol if symbol.is_ascii() => continue,
            "→" | "▸" => ">",
            "…" => "~",
            "●" => "*",
            _ => "?",
        };
        cell.set_symbol(shape);
    }
}

fn draw_open(buffer: &mut Buffer, regions: &Regions, view: View<'_>) {
    let covers = view.app.panel.as_ref().is_some_and(|panel| panel::covers_all(panel, regions));
    if !covers {
        tabs::draw(buffer, regions, view);
        banner::draw(buffer, regions, view);
        match view.app.tab {
            Tab::Connections if view.app.connections.showing == Showing::Forecast => {
                forecast::draw(buffer, regions.body, view);
            }
            Tab::Connections => connections::draw(buffer, regions.body, view),
            Tab::Permissions => permissions::draw(buffer, regions.body, view),
            Tab::Tokens => tokens::draw(buffer, regions.body, view),
            Tab::Activity => activity::draw(buffer, regions.body, view),
        }
    }
    match &view.app.panel {
        None | Some(Panel::Plain(_)) => {}
        Some(Panel::Help(scrolled)) => help::draw(buffer, regions, view, *scrolled),
        Some(Panel::Input(pane)) => input_pane::draw(buffer, regions, view, pane),
        Some(Panel::SignIn(panel)) => sign_in::draw(buffer, regions, view, panel),
        Some(Panel::DeviceSignIn(panel)) => device_sign_in::draw(buffer, regions, view, panel),
        Some(Panel::Consent(panel)) => consent::draw(buffer, regions, view, panel),
        Some(Panel::Presets(panel)) => presets::draw(buffer, regions, view, panel),
        Some(Panel::HandOver(panel)) => hand_over::draw(buffer, regions, view, panel),
        Some(Panel::Secret(panel)) => secret_replacement::draw(buffer, regions, view, panel),
        Some(Panel::Probe(panel)) => probe::draw(buffer, regions, view, panel),
        Some(Panel::Export(panel)) => export::draw(buffer, regions, view, panel),
        Some(Panel::Question(question)) => question::draw(buffer, regions, view, question),
    }
}

/// Where the regions are.
#[derive(Debug, Clone, Copy)]
struct Regions {
    /// The line of tabs, and the rule below it where there is room.
    top: Rect,
    /// The line of warnings, of no height where there is none.
    banner: Rect,
    /// The tab in front.
    body: Rect,
    /// The status line, and the rule above it where there is room.
    status: Rect,
    /// The line of keys.
    keys: Rect,
}

impl Regions {
    fn of(area: Rect, has_banner: bool) -> Self {
        let rule = u16::from(area.height >= ROOMY_HEIGHT);
        let piece = |y: u16, height: u16| Rect { x: area.x, y: area.y + y, width: area.width, height };
        let (top, bottom) = (1 + rule, 2 + rule);
        let banner = u16::from(has_banner && area.height >= LOWEST_WITH_BANNER);
        let body_height = area.height.saturating_sub(top + banner + bottom);
        let body = top + banner;
        Self {
            top: piece(0, top),
            banner: piece(top, banner),
            body: piece(body, body_height),
            status: piece(body + body_height, 1 + rule),
            keys: piece(area.height - 1, 1),
        }
    }

    fn is_roomy(&self) -> bool {
        self.top.height > 1
    }

    /// Tabs and body together.
    fn above_status(&self) -> Rect {
        Rect { height: self.top.height + self.banner.height + self.body.height, ..self.top }
    }
}

fn too_small(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let (width, height) = SMALLEST;
    let text = format!("tokengauge needs {width} by {height} cells");
    let mut canvas = Canvas::new(buffer, area, view.look);
    for line in wrap(&text, area.width) {
        canvas.line(&view.row().text(line, view.theme().text).build());
    }
}

/// A page that holds nothing but a text, so that it can be marked and copied.
fn plain_page(buffer: &mut Buffer, area: Rect, view: View<'_>, text: &str) {
    let mut canvas = Canvas::new(buffer, area, view.look);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let text: String = paragraph.chars().filter(|c| !c.is_control()).collect();
        canvas::break_word(&text, usize::from(area.width), &mut lines);
        if text.is_empty() {
            lines.push(String::new());
        }
    }
    for line in lines {
        canvas.line(&view.row().text(line, view.theme().text).build());
    }
}
