//! Records as JSON: the only place where secrets are written out, on their way into a seal.
//!
//! Reading is tolerant: unknown fields are passed over, absent ones take their default, and only what a record cannot do
//! without is an error. Errors name a field, never a value.

mod admin_consent;
mod app_registration;
mod connection;
mod hand_over;
mod history;
mod json;
mod learned;
mod tokens;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::{AppRegistration, Connection};

pub(super) use json::Fault;

/// The format written here. A higher one may hold what this program would lose in saving, so it is refused.
const FORMAT: u32 = 2;

/// What `settings.age` holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct VaultSettings {
    format: u32,
    /// Tells one vault from another, for notes kept outside of it.
    pub(super) vault_id: String,
    /// Extra public keys (`age1…`) for which every record is sealed as well.
    pub(super) recipients: Vec<String>,
}

impl VaultSettings {
    pub(super) fn new(vault_id: String) -> Self {
        Self { format: FORMAT, vault_id, recipients: Vec::new() }
    }
}

pub(super) fn write_settings(settings: &VaultSettings) -> Zeroizing<Vec<u8>> {
    json::write(settings)
}

pub(super) fn read_settings(json: &[u8]) -> Result<VaultSettings, Fault> {
    json::read(json)
}

pub(super) fn write_connection(connection: &Connection) -> Zeroizing<Vec<u8>> {
    json::write(&connection::ConnectionRecord::from(connection))
}

pub(super) fn read_connection(json: &[u8]) -> Result<Connection, Fault> {
    json::read::<connection::ConnectionRecord>(json)?.try_into()
}

pub(super) fn write_app(app: &AppRegistration) -> Zeroizing<Vec<u8>> {
    json::write(&app_registration::AppRecord::from(app))
}

pub(super) fn read_app(json: &[u8]) -> Result<AppRegistration, Fault> {
    json::read::<app_registration::AppRecord>(json)?.try_into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hand_over::Label;
    use crate::domain::{Consumer, Destination, HandedOver, TroubleKind};

    /// A connection as the least that can be read, with `extra` fields.
    fn least(extra: &str) -> String {
        format!(
            r#"{{"id":"c0ffee","name":"contoso","settings":{{
                "client_id":"5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44","tenant":"organizations",
                "authority":{{"cloud":"global","login":"https://login.example","graph":"https://graph.example"}},
                "redirect_uri":"http://localhost:8400/"}}{extra}}}"#
        )
    }

    fn read(json: &str) -> Result<Connection, Fault> {
        read_connection(json.as_bytes())
    }

    #[test]
    fn absent_fields_take_their_default_and_unknown_ones_are_passed_over() {
        let connection =
            read(&least(r#","colour":"red","renewals":[{"kind":"dreamt"}],"hand_overs":[{}]"#)).unwrap();
        assert_eq!((connection.generation, connection.tokens, connection.trouble), (0, None, None));
        assert!(connection.settings.scopes.is_empty() && connection.renewals.is_empty());
        assert!(connection.hand_overs.is_empty());
    }

    #[test]
    fn hand_overs_of_an_earlier_version_are_read() {
        let connection = read(&least(
            r#","hand_overs":[
                {"at":"2026-03-12T10:00:00Z","consumer":"app_connect","refresh_token":"00112233"},
                {"at":"2026-03-13T10:00:00Z","consumer":"export"},
                {"at":"2026-03-14T10:00:00Z","consumer":"value","value":"smile","to":"clipboard"},
                {"at":"2026-03-15T10:00:00Z","consumer":"export","to":"carrier pigeon"}]"#,
        ))
        .unwrap();
        let [app_connect, export] = &connection.hand_overs[..] else { panic!("{connection:?}") };
        assert_eq!(app_connect.what, HandedOver::Form(Consumer::AppConnect));
        assert_eq!(app_connect.destination, Destination::Clipboard);
        assert_eq!(app_connect.refresh_token.as_ref().unwrap().to_string(), "00112233");
        assert_eq!(
            (export.keeper().as_str(), &export.destination),
            ("the earlier export", &Destination::Stdout)
        );
    }

    #[test]
    fn what_is_remembered_of_a_hand_over_is_printable_whatever_the_record_says() {
        let json = r#","hand_overs":[{"consumer":"export","format":"e\u001b[2Jv","to":"file","path":"/etc/\u202e\nx"}]"#;
        let connection = read(&least(json)).unwrap();
        assert_eq!(connection.hand_overs[0].keeper(), "/etc/??x");
        assert_eq!(connection.hand_overs[0].what, HandedOver::Export(Label::of("e?[2Jv")));
    }

    #[test]
    fn an_unknown_trouble_waits_for_a_person() {
        let connection =
            read(&least(r#","trouble":{"kind":"moonstruck","what_happened":"it rained"}"#)).unwrap();
        let trouble = connection.trouble.unwrap();
        assert_eq!((trouble.kind, trouble.what_happened.as_str()), (TroubleKind::SetUpWrong, "it rained"));
    }

    #[test]
    fn a_field_that_cannot_be_done_without_is_named() {
        for (from, to, field) in [
            ("c0ffee", "", "id"),
            ("contoso", "../x", "name"),
            ("organizations", "TG SECRET", "settings.tenant"),
            ("https://login", "http://login", "authority"),
            ("http://localhost:8400/", "TGSECRET", "settings.redirect_uri"),
        ] {
            assert_eq!(read(&least("").replacen(from, to, 1)), Err(Fault::Field(field.into())), "{field}");
        }
        for (extra, field) in [
            (r#","tokens":{}"#, "tokens.access"),
            (r#","tokens":{"access":[{"claims":{}}]}"#, "tokens.access.token"),
            (r#","tokens":{"access":[{"token":"x"}],"refresh":{}}"#, "tokens.refresh.current"),
            (r#","tokens":{"access":[{"token":7}]}"#, "token"),
            (r#","attempt":{"code":{"state":"x"}}"#, "attempt.code_verifier"),
        ] {
            assert_eq!(read(&least(extra)), Err(Fault::Field(field.into())), "{field}");
        }
    }

    #[test]
    fn tokens_for_several_resources_are_left_to_the_version_that_keeps_them() {
        let tokens = r#","tokens":{"access":[{"token":"a"},{"token":"b"}]}"#;
        assert_eq!(read(&least(tokens)), Err(Fault::Newer));
    }
}
