//! On the Tokens tab: the claims of the access token.

use ratatui::text::Line;

use crate::domain::{Overview, Scope};

use super::canvas::{rule, wrap};
use super::view::{View, printable};

/// What can be read in the access token, for the eyes only.
pub(super) fn claims(view: View<'_>, overview: &Overview, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let mut lines = vec![rule(view.look, "Claims", "", width)];
    let Some(tokens) = &overview.tokens else {
        lines.push(view.row().gap(2).text("no token", theme.none).build());
        return lines;
    };
    let claims = &tokens.access.primary().claims;
    let scopes = claims
        .scp
        .as_ref()
        .map(|scopes| scopes.iter().map(|scope| scope.name().to_owned()).collect::<Vec<_>>().join(" "));
    let roles = overview.roles().map(|roles| {
        let names: Vec<&str> = roles.iter().map(Scope::name).collect();
        if names.is_empty() {
            "none: nothing was granted in the portal".to_owned()
        } else {
            printable(&names.join(" "))
        }
    });
    let pairs = [
        ("aud", claims.audience_name().map(printable)),
        ("upn", claims.upn.as_deref().map(printable)),
        ("tid", claims.tid.as_deref().map(printable)),
        ("app", claims.app.as_deref().map(printable)),
        ("scp", scopes),
        ("roles", roles),
    ];
    let told: Vec<(&str, String)> =
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    if told.is_empty() {
        lines.push(view.row().gap(2).text("this token cannot be read, which is fine", theme.muted).build());
        return lines;
    }
    lines.extend(flow(view, &told, width));
    lines
}

/// Claims side by side as far as they fit.
fn flow(view: View<'_>, pairs: &[(&str, String)], width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let mut lines = Vec::new();
    let mut row = view.row().gap(2);
    for (name, value) in pairs {
        let needs = (name.len() + 1 + value.chars().count() + 3) as u16;
        if row.width() > 2 && row.width().saturating_add(needs) > width {
            lines.push(row.build());
            row = view.row().gap(2);
        }
        let mut wrapped = wrap(value, width.saturating_sub(7)).into_iter();
        row = row.text(*name, theme.muted).gap(1).text(wrapped.next().unwrap_or_default(), theme.text).gap(3);
        for rest in wrapped {
            lines.push(row.build());
            row = view.row().gap(6).text(rest, theme.text);
        }
    }
    lines.push(row.build());
    lines
}
