//! A credential for `n8n import:credentials`: an array of one, replaced by its id when it is imported again.

use serde::Serialize;
use zeroize::Zeroizing;

use super::ConnectionValues;
use super::json::pretty;
use crate::domain::secret::Secret;

#[derive(Serialize)]
struct Credential<'a> {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    client_id: &'a str,
    client_secret: &'a str,
    auth_url: &'a str,
    access_token_url: &'a str,
    use_shared: bool,
    oauth_token_data: TokenData<'a>,
}

/// A token response (RFC 6749 §5.1), which n8n keeps as it came.
#[derive(Serialize)]
struct TokenData<'a> {
    token_type: &'static str,
    scope: &'a str,
    expires_in: i64,
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

/// n8n's ids have at most this many characters.
const LONGEST_ID: usize = 36;

/// The array.
pub(super) fn write(values: &ConnectionValues<'_>) -> Zeroizing<String> {
    pretty(&[Credential {
        id: values.id.as_str().chars().take(LONGEST_ID).collect(),
        name: format!("Exchange {}", values.name),
        kind: "microsoftOutlookOAuth2Api",
        data: Data {
            client_id: &values.client_id,
            client_secret: values.client_secret.map_or("", Secret::expose),
            auth_url: &values.authorization_endpoint,
            access_token_url: &values.token_endpoint,
            use_shared: false,
            oauth_token_data: TokenData {
                token_type: "Bearer",
                scope: &values.scope,
                expires_in: values.access_token_lifetime.span().num_seconds(),
                access_token: values.access_token.expose(),
                refresh_token: values.refresh_token.map(Secret::expose),
            },
        },
    }])
}
