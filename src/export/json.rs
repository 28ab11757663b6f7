//! Connection values as one flat JSON object; the token part has the names of RFC 6749 §5.1.

use serde::Serialize;
use zeroize::Zeroizing;

use super::ConnectionValues;
use super::values::moment;
use crate::domain::secret::Secret;

#[derive(Serialize)]
struct Object<'a> {
    connection: &'a str,
    tenant: &'a str,
    client_id: &'a str,
    client_secret: Option<&'a str>,
    client_secret_ends_on: Option<String>,
    token_type: &'static str,
    access_token: &'a str,
    access_token_expires_at: String,
    expires_at: String,
    refresh_token: Option<&'a str>,
    refresh_token_expires_at: Option<String>,
    scope: &'a str,
    mailbox: Option<&'a str>,
    username: Option<&'a str>,
    token_endpoint: &'a str,
}

/// The object, readable, with a line end. What is not there is null.
pub(super) fn write(values: &ConnectionValues<'_>) -> Zeroizing<String> {
    pretty(&Object {
        connection: values.name.as_str(),
        tenant: values.tenant,
        client_id: &values.client_id,
        client_secret: values.client_secret.map(Secret::expose),
        client_secret_ends_on: values.client_secret_ends_on.map(|date| date.to_string()),
        token_type: "Bearer",
        access_token: values.access_token.expose(),
        access_token_expires_at: values.expires_at(),
        expires_at: values.expires_at(),
        refresh_token: values.refresh_token.map(Secret::expose),
        refresh_token_expires_at: values.refresh_token_expires_at.map(moment),
        scope: &values.scope,
        mailbox: values.mailbox,
        username: values.mailbox,
        token_endpoint: &values.token_endpoint,
    })
}

/// Written in one go into a text that is wiped: no copy of a secret is left in a tree of values.
pub(super) fn pretty(object: &impl Serialize) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(32 * 1024));
    serde_json::to_writer_pretty(&mut *bytes, object).expect("texts and numbers become JSON");
    bytes.push(b'\n');
    Zeroizing::new(String::from_utf8(std::mem::take(&mut *bytes)).expect("JSON is UTF-8"))
}
