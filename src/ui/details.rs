//! Details of the chosen connection: its trouble first, then what was tried, handed over and set.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::Action;
use crate::app::copies::{in_words, still_held};
use crate::app::permissions::granted_state;
use crate::app::words::count_with_commas;
use crate::domain::app_registration::CredentialFacts;
use crate::domain::{
    Authority, Freshness, HeldCopy, Known, Lifetime, Overview, Renewal, RenewalKind, RenewalOutcome, Scope,
    Trouble,
};

use super::canvas::{Canvas, wrap};
use super::text::{ago, duration_short};
use super::view::{View, printable};

const LABEL: u16 = 18;
/// Last renewal, hand-over and credential: what the row does not tell.
const FEWEST_PAIRS: usize = 3;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let mut canvas = Canvas::new(buffer, area, view.look);
    let Some(overview) = view.app.chosen() else { return canvas.rule("") };
    canvas.rule(overview.name.as_str());
    let width = canvas.width().saturating_sub(1);
    let height = usize::from(canvas.rows_left());
    canvas.lines(&lines(view, overview, width, height));
}

/// The most important first, since the last ones are cut off where there is no room.
fn lines(view: View<'_>, overview: &Overview, width: u16, height: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(unsaved) = &overview.unsaved {
        lines.extend(what_and_advice(view, (&unsaved.what_happened, &unsaved.what_to_do), width));
    } else if let Some(trouble) = overview.foremost_trouble() {
        lines.extend(trouble_lines(view, trouble, width));
    }
    if lines.len() + FEWEST_PAIRS > height {
        lines.push(renewal_and_hand_over(view, overview, width));
    } else {
        lines.push(pair(view, "Last renewal", &last_renewal(view, overview), width));
        lines.push(hand_over(view, overview, width));
    }
    lines.push(pair(view, credential_label(overview), &credential(view, &overview.credential), width));
    if let Some(open) = view.app.connections.open_replacement(&overview.settings.client_id) {
        let told = format!("{}; {} goes on", open.in_words(), view.key(Action::ReplaceSecret));
        lines.push(pair(view, "New secret", &told, width));
    }
    lines.push(holder(view, overview, width));
    let settings = &overview.settings;
    let registration = format!("{}, {}", settings.client_id, cloud(&settings.authority));
    lines.push(pair(view, "App registration", &registration, width));
    lines.push(pair(view, "Tenant", settings.tenant.as_str(), width));
    lines.push(pair(view, "Way in", settings.way_in.title(), width));
    if settings.way_in.capture().is_some() {
        let redirect = format!("{}, {}", settings.redirect_uri, settings.response_mode.as_str());
        lines.push(pair(view, "Redirect URI", &redirect, width));
    }
    lines.push(pair(view, "Permissions", &permissions(overview), width));
    lines.extend(thumbprint(view, &overview.credential, width));
    lines
}

fn credential_label(overview: &Overview) -> &'static str {
    match overview.credential {
        CredentialFacts::Certificate { .. } => "Certificate",
        _ => "Client secret",
    }
}

/// The mailbox, or the client that acts for itself.
fn holder(view: View<'_>, overview: &Overview, width: u16) -> Line<'static> {
    let label = if overview.settings.way_in.is_delegated() { "Signed in as" } else { "Acts as" };
    let text = overview.holder().map_or_else(|| "whoever signs in first".to_owned(), |own| printable(&own));
    pair(view, label, &text, width)
}

/// In two lines: it is compared with what `openssl x509 -fingerprint -sha256` prints.
fn thumbprint(view: View<'_>, facts: &CredentialFacts, width: u16) -> Vec<Line<'static>> {
    let CredentialFacts::Certificate { thumbprint, .. } = facts else { return Vec::new() };
    let digits = thumbprint.to_string();
    let (first, second) = digits.split_at(digits.len() / 2);
    vec![pair(view, "SHA-256", first, width), pair(view, "", second, width)]
}

fn pair(view: View<'_>, label: &str, value: &str, width: u16) -> Line<'static> {
    view.row().gap(2).fill(label, LABEL, view.theme().muted).rest(value, width, view.theme().text).build()
}

/// What happened, what to do, and the numbers that Microsoft's support asks for.
pub(super) fn trouble_lines(view: View<'_>, trouble: &Trouble, width: u16) -> Vec<Line<'static>> {
    let mut lines = what_and_advice(view, (&trouble.what_happened, &trouble.what_to_do), width);
    lines.extend(support_lines(view, trouble, width));
    lines
}

/// Two lines of each at most.
fn what_and_advice(
    view: View<'_>,
    (what_happened, what_to_do): (&str, &str),
    width: u16,
) -> Vec<Line<'static>> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let room = width.saturating_sub(4);
    let mut lines = Vec::new();
    for (place, text) in wrap(&printable(what_happened), room).into_iter().take(2).enumerate() {
        let row = if place == 0 {
            view.row().gap(2).text(glyphs.needs_you, theme.error).gap(1)
        } else {
            view.row().gap(4)
        };
        lines.push(row.rest(&text, width, theme.error).build());
    }
    for (place, text) in wrap(&printable(what_to_do), room).into_iter().take(2).enumerate() {
        let row = if place == 0 {
            view.row().gap(2).text(glyphs.right, theme.accent).gap(1)
        } else {
            view.row().gap(4)
        };
        lines.push(row.rest(&text, width, theme.text).build());
    }
    lines
}

/// The platform's number, where the first line does not name it already, and since when.
fn code_and_time(view: View<'_>, trouble: &Trouble) -> String {
    let since = format!("since {}", view.time(trouble.at));
    match trouble.aadsts.map(|code| format!("AADSTS{code}")) {
        Some(code) if !trouble.what_happened.contains(&code) => format!("{code}, {since}"),
        _ => since,
    }
}

fn support_lines(view: View<'_>, trouble: &Trouble, width: u16) -> Vec<Line<'static>> {
    let pieces = [
        Some(code_and_time(view, trouble)),
        trouble.trace_id.as_deref().map(|id| format!("trace {}", printable(id))),
        trouble.correlation_id.as_deref().map(|id| format!("correlation {}", printable(id))),
    ];
    let separator = format!(" {} ", view.glyphs().separator);
    let mut texts: Vec<String> = Vec::new();
    for piece in pieces.into_iter().flatten() {
        match texts.last_mut() {
            Some(last) if last.chars().count() + piece.chars().count() + 7 <= usize::from(width) => {
                last.push_str(&separator);
                last.push_str(&piece);
            }
            _ => texts.push(piece),
        }
    }
    texts.into_iter().map(|text| view.row().gap(4).rest(&text, width, view.theme().muted).build()).collect()
}

/// When it was tried last and how that ended.
pub(super) fn last_renewal(view: View<'_>, overview: &Overview) -> String {
    match overview.renewals.last() {
        None => "never".to_owned(),
        Some(renewal) => {
            let told = overview.foremost_trouble().map(|trouble| trouble.what_happened.as_str());
            format!("{}, {}", view.time(renewal.at), outcome(renewal, told))
        }
    }
}

/// How a renewal ended; what the trouble tells already is not repeated.
fn outcome(renewal: &Renewal, told: Option<&str>) -> String {
    match (&renewal.outcome, renewal.kind) {
        (RenewalOutcome::WillRetry(line), _) if Some(line.as_str()) == told => "to be tried again".to_owned(),
        (RenewalOutcome::Failed(line), _) if Some(line.as_str()) == told => "refused".to_owned(),
        (RenewalOutcome::Worked, RenewalKind::SignIn) => "worked (sign-in)".to_owned(),
        (RenewalOutcome::Worked, RenewalKind::Refresh | RenewalKind::ClientCredentials) => {
            "worked".to_owned()
        }
        (RenewalOutcome::WorkedOddly(line), _) => format!("worked; {}", printable(line)),
        (RenewalOutcome::WillRetry(line), _) => format!("to be tried again: {}", printable(line)),
        (RenewalOutcome::Failed(line), _) => format!("refused: {}", printable(line)),
    }
}

fn hand_over(view: View<'_>, overview: &Overview, width: u16) -> Line<'static> {
    let theme = view.theme();
    let row = view.row().gap(2).fill("Handed over", LABEL, theme.muted);
    match hand_over_words(view, &overview.held_copies(view.now)) {
        None => row.rest("never", width, theme.muted).build(),
        Some((shape, style, text)) => row.text(shape, style).gap(1).rest(&text, width, theme.text).build(),
    }
}

/// The shape for what others hold, and the words: those to whom the values are to be handed over again first.
pub(super) fn hand_over_words(
    view: View<'_>,
    copies: &[HeldCopy<'_>],
) -> Option<(&'static str, Style, String)> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let day = |at| view.when(at);
    let first = copies.first()?;
    let Some(stale) = still_held(copies, &day) else {
        return Some((glyphs.yes, theme.good, in_words(first, &day)));
    };
    let is_to_do = copies.iter().any(HeldCopy::is_outdated);
    let look = if is_to_do { (glyphs.soon, theme.warning) } else { (glyphs.separator, theme.muted) };
    let of_one = copies.iter().filter(|copy| copy.freshness != Freshness::Current).count() == 1;
    let alone = copies.iter().find(|copy| of_one && copy.freshness != Freshness::Current);
    Some((look.0, look.1, alone.map_or(stale, |copy| in_words(copy, &day))))
}

/// Both on one line, where trouble takes the room.
fn renewal_and_hand_over(view: View<'_>, overview: &Overview, width: u16) -> Line<'static> {
    let theme = view.theme();
    let row = view.row().gap(2).fill("Last renewal", LABEL, theme.muted);
    let row = row.rest(&last_renewal(view, overview), width, theme.text).gap(3);
    let (shape, style, text) = hand_over_words(view, &overview.held_copies(view.now))
        .unwrap_or_else(|| (view.glyphs().no, theme.muted, "never handed over".to_owned()));
    row.text(shape, style).gap(1).rest(&text, width, theme.text).build()
}

/// The client credential without the secret.
pub(super) fn credential(view: View<'_>, facts: &CredentialFacts) -> String {
    match facts {
        CredentialFacts::Public => "public client, no secret".to_owned(),
        CredentialFacts::Missing => "its record is missing or damaged".to_owned(),
        CredentialFacts::Certificate { subject, lifetime, .. } => {
            format!("{}, {}", printable(subject), end(view, *lifetime))
        }
        CredentialFacts::Secret { characters, lifetime, entered_at } => {
            let held = format!("{} {} characters", view.mask(), count_with_commas(*characters));
            let end = match lifetime {
                None => "no end date known".to_owned(),
                Some(lifetime) => end(view, *lifetime),
            };
            match lifetime {
                None => format!("{held}, {end}, entered {}", ago(view.now - *entered_at)),
                Some(_) => format!("{held}, {end}"),
            }
        }
    }
}

/// When a credential ends.
fn end(view: View<'_>, lifetime: Lifetime) -> String {
    let day = view.day(lifetime.expires_at);
    if lifetime.is_expired_at(view.now) {
        format!("expired {day}")
    } else {
        format!("ends {day} ({})", duration_short(lifetime.remaining(view.now)))
    }
}

/// The cloud by its name, or the host of an authority of one's own.
fn cloud(authority: &Authority) -> String {
    if authority.is_strict() { printable(authority.host()) } else { format!("{} cloud", authority.cloud) }
}

fn permissions(overview: &Overview) -> String {
    let asked = overview.settings.scopes.len();
    if !overview.settings.way_in.is_delegated() {
        return roles(overview);
    }
    if overview.tokens.is_none() {
        return format!("{asked} asked");
    }
    let missing: Vec<&str> = overview
        .settings
        .scopes
        .iter()
        .filter(|scope| granted_state(overview, scope) == Known::No)
        .map(Scope::name)
        .collect();
    if missing.is_empty() {
        return format!("{asked} asked, all granted");
    }
    format!("{asked} asked, not granted: {}", missing.join(", "))
}

/// What a client that acts for itself may do.
fn roles(overview: &Overview) -> String {
    match overview.roles() {
        None => overview.settings.scopes.to_wire(),
        Some(roles) if roles.is_empty() => {
            "no roles in the token: nothing was granted in the portal".to_owned()
        }
        Some(roles) => {
            let names: Vec<&str> = roles.iter().map(Scope::name).collect();
            format!("in the token: {}", printable(&names.join(", ")))
        }
    }
}
