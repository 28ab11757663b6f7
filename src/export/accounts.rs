//! A new `accounts.yaml` for App Connect, with one account of the Microsoft Exchange connector.
//!
//! The connector's name and the account's frame are those of files that were seen; what the keys of its credentials are
//! called was seen for its siblings only, in two styles.

use zeroize::Zeroizing;

use super::options::KeyStyle;
use super::yaml::{Node, document};
use super::{ConnectionValues, Options};
use crate::domain::secret::Secret;

/// The connector's name in App Connect's files.
pub(super) const CONNECTOR: &str = "msexchange";

/// The file. Its first line is `accounts:`, as App Connect demands.
pub(super) fn write(values: &ConnectionValues<'_>, options: &Options) -> Zeroizing<String> {
    let account = vec![
        ("name", Node::Text(options.account.as_str())),
        ("endpoint", Node::Map(Vec::new())),
        ("credentials", Node::Map(credentials(values, options.key_style))),
        ("authType", Node::Word("BASIC_OAUTH")),
        ("applicationType", Node::Word("online")),
        ("applicationVersion", Node::Word("v1")),
        ("default", Node::Word("true")),
    ];
    let connectors = vec![(CONNECTOR, Node::List(vec![Node::Map(account)]))];
    document(&[("accounts", Node::Map(connectors))])
}

fn credentials<'v>(values: &'v ConnectionValues<'_>, style: KeyStyle) -> Vec<(&'static str, Node<'v>)> {
    let (client_id, access_token, refresh_token) = match style {
        KeyStyle::Plain => ("clientId", "accessToken", "refreshToken"),
        KeyStyle::BasicOauth => ("clientIdentity", "accessTokenBasicOauth", "refreshTokenBasicOauth"),
    };
    let secret = values.client_secret.map(|secret| ("clientSecret", Node::Text(secret.expose())));
    let refresh = values.refresh_token.map(|token| (refresh_token, Node::Text(token.expose())));
    let mut fields =
        vec![("authType", Node::Word("BASIC_OAUTH")), (client_id, Node::Text(&values.client_id))];
    fields.extend(secret);
    fields.push((access_token, Node::Text(values.access_token.expose())));
    fields.extend(refresh);
    fields
}
