//! Connection values with texts of the test's own.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tokengauge::domain::app_registration::CredentialKind;
use tokengauge::domain::secret::{AccessToken, ClientSecret, RefreshToken};
use tokengauge::domain::{Certainty, ConnectionId, ConnectionName, Lifetime, Tenant};
use tokengauge::export::ConnectionValues;

pub const CLIENT_ID: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";

/// What the values are borrowed from.
pub struct Sample {
    name: ConnectionName,
    id: ConnectionId,
    tenant: Tenant,
    secret: ClientSecret,
    access: AccessToken,
    refresh: RefreshToken,
}

impl Sample {
    pub fn new(secret: &str, access: &str, refresh: &str) -> Self {
        Self {
            name: ConnectionName::parse("contoso").unwrap(),
            id: ConnectionId::parse("c0ffee").unwrap(),
            tenant: Tenant::organizations(),
            secret: ClientSecret::new(secret),
            access: AccessToken::new(access),
            refresh: RefreshToken::new(refresh),
        }
    }

    pub fn usual() -> Self {
        Self::new("EXA~mple.Secret_value-1", "eyJ0EXAMPLE", "1.AXEXAMPLE")
    }

    pub fn of_tenant(self, tenant: &str) -> Self {
        Self { tenant: Tenant::parse(tenant).unwrap(), ..self }
    }

    pub fn values(&self) -> ConnectionValues<'_> {
        let starts_at: DateTime<Utc> = "2026-01-01T09:00:00Z".parse().unwrap();
        ConnectionValues {
            name: &self.name,
            id: &self.id,
            client_id: CLIENT_ID.to_owned(),
            credential: CredentialKind::Secret,
            client_secret: Some(&self.secret),
            client_secret_ends_on: None,
            access_token: &self.access,
            access_token_lifetime: Lifetime::from_seconds(starts_at, 3600, Certainty::Known),
            scope: "Mail.Send offline_access".to_owned(),
            refresh_token: Some(&self.refresh),
            refresh_token_expires_at: Some(starts_at + TimeDelta::days(90)),
            mailbox: Some("ops@contoso.example"),
            tenant: "aaaabbbb-0000-cccc-1111-dddd2222eeee",
            asked_tenant: &self.tenant,
            authorization_endpoint: "https://login.example/organizations/oauth2/v2.0/authorize".to_owned(),
            token_endpoint: "https://login.example/organizations/oauth2/v2.0/token".to_owned(),
        }
    }
}

/// Whatever has a meaning to a reader of YAML, of JSON, or to a shell.
const PIECES: [&str; 64] = [
    "'",
    "\"",
    "''",
    "\\",
    "\\\\",
    "\\n",
    "$",
    "$(id)",
    "${HOME}",
    "$$",
    "`",
    "`id`",
    "~",
    "~/",
    "-",
    "- ",
    "--",
    "---",
    "...",
    "#",
    " #",
    ": ",
    ":",
    "?",
    "? ",
    "&a",
    "*a",
    "!x",
    "!!int 1",
    "%",
    "@",
    "|",
    ">",
    "{",
    "}",
    "[",
    "]",
    ",",
    "=",
    "<<",
    "null",
    "true",
    "no",
    "1.0",
    "0x1f",
    "1e3",
    "2026-01-01",
    "12:30:45",
    "!",
    ";",
    "&&",
    "(",
    "*",
    " ",
    "  ",
    "ä",
    "😀",
    "\u{2028}",
    "\u{a0}",
    "\u{feff}",
    "\u{85}",
    "x",
    "Q~",
    "export ",
];

/// A line of text in which anything may have a meaning; `\u{85}` counts as a control character.
pub fn hostile_line() -> impl Strategy<Value = String> {
    hostile_text().prop_map(|text| text.replace(char::is_control, "."))
}

/// The same with line breaks and other control characters.
pub fn hostile_text() -> impl Strategy<Value = String> {
    let pieces = vec(
        prop_oneof![9 => select(&PIECES[..]), 1 => select(&["\n", "\t", "\r\n", "\u{1}", "\u{7f}"][..])],
        1..8,
    );
    prop_oneof![4 => pieces.prop_map(|pieces| pieces.concat()), 1 => "[ -~]{1,40}", 1 => "\\PC{1,20}"]
}
