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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct VaultSettings {
    pub(super) format: u32,
    /// Tells one vault from another, for notes kept outside of it.
    pub(super) vault_id: String,
    /// The public key of the vault's own identity. Empty as earlier versions wrote it, whose vaults nobody else opens.
    pub(super) owner: String,
    /// Extra public keys for which every record is sealed as well.
    pub(super) recipients: Vec<RecipientRecord>,
    /// The public key that becomes the owner, while every record is sealed for both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_owner: Option<String>,
    /// The owner's identity, sealed for the next owner alone, in base64: so that the next one opens what is not yet
    /// sealed anew. The other way round it would be no change: who has the former key must not get the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) former_identity: Option<String>,
    /// True while the next identity, if it is there, is the owner's and has to take the place of the former one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) promoting: bool,
    /// True while some records may be sealed for others than those named here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) resealing: bool,
}

/// An extra public key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RecipientRecord {
    pub(super) key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

impl VaultSettings {
    pub(super) fn new(vault_id: String, owner: String) -> Self {
        Self { format: FORMAT, vault_id, owner, ..Self::default() }
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
    use crate::domain::{
        Consumer, Destination, HandedOver, RenewBefore, RenewalPolicy, RenewalRule, TroubleKind,
    };

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
    fn a_record_of_an_earlier_version_renews_by_itself_and_an_unknown_policy_lets_nothing_lapse() {
        let rule = |extra: &str| {
            let json = least("").replace("\"redirect_uri\"", &format!("{extra}\"redirect_uri\""));
            read(&json).unwrap().settings.renewal
        };
        assert_eq!(rule(""), RenewalRule::default());
        let known = rule(r#""renew":"manual","renew_before_seconds":900,"#);
        assert_eq!((known.policy, known.before), (RenewalPolicy::Manual, RenewBefore::parse("15m")));
        let unknown = rule(r#""renew":"on thursdays","renew_before_seconds":-1,"#);
        assert_eq!((unknown.policy, unknown.before), (RenewalPolicy::KeepAlive, None));
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

    /// Records written before there were several tokens name no resource.
    #[test]
    fn a_token_without_a_resource_is_told_by_its_claims_its_scope_or_the_settings() {
        let exchange = "https://outlook.office.com/SMTP.Send";
        for (asked, token, expected) in [
            ("Mail.Send", "", "graph"),
            (exchange, "", "exchange"),
            (exchange, r#","claims":{"aud":"https://outlook.office365.com/"}"#, "exchange"),
            // The permissions were edited since.
            (exchange, r#","claims":{"aud":"https://graph.microsoft.com"}"#, "graph"),
            (&format!("{exchange} Mail.Send"), "", "graph"),
            (&format!("Mail.Send {exchange}"), &format!(r#","granted_scope":"{exchange}""#), "exchange"),
            ("Mail.Send", r#","claims":{"aud":"https://own.example"}"#, "graph"),
        ] {
            let record = least(&format!(r#","tokens":{{"access":[{{"token":"a"{token}}}]}}"#));
            let asking = format!(r#"8400/","scope":"{asked}""#);
            let connection = read(&record.replacen(r#"8400/""#, &asking, 1)).unwrap();
            let tokens = connection.tokens.unwrap();
            assert_eq!(tokens.access.primary().audience.as_str(), expected, "{asked} {token}");
            assert!(tokens.lacking.is_empty());
        }
    }

    #[test]
    fn what_is_not_known_of_resources_is_left_to_the_version_that_knows_it() {
        for tokens in [
            r#"{"access":[{"token":"a"},{"token":"b"}]}"#,
            r#"{"access":[{"token":"a","audience":"exchange"},{"token":"b","audience":"exchange"}]}"#,
            r#"{"access":[{"token":"a","audience":"teams"}]}"#,
            r#"{"access":[{"token":"a"}],"lacking":[{"audience":"teams"}]}"#,
        ] {
            assert_eq!(read(&least(&format!(r#","tokens":{tokens}"#))), Err(Fault::Newer), "{tokens}");
        }
    }
}
