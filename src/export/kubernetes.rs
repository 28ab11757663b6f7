//! A Kubernetes Secret for `kubectl apply --server-side -f -`.

use std::borrow::Cow;

use zeroize::Zeroize;
use zeroize::Zeroizing;

use super::mask::Appearance;
use super::options::{KubernetesName, SecretEncoding};
use super::yaml::{Node, document};
use super::{ConnectionValues, Options};
use crate::domain::secret::Secret;

/// The manifest; a value that is not there has no key.
pub(super) fn write(
    values: &ConnectionValues<'_>,
    options: &Options,
    appearance: Appearance,
) -> Zeroizing<String> {
    let expires_at = values.expires_at();
    let fields = [
        ("tenant", Some(values.tenant)),
        ("client_id", Some(values.client_id.as_str())),
        ("client_secret", values.client_secret.map(Secret::expose)),
        ("access_token", Some(values.access_token.expose())),
        ("refresh_token", values.refresh_token.map(Secret::expose)),
        ("expires_at", Some(&expires_at)),
        ("scope", Some(&values.scope)),
        ("username", values.mailbox),
    ];
    let there = fields.into_iter().filter_map(|(key, value)| Some((key, value?)));
    let encoded: Vec<(&'static str, Encoded<'_>)> =
        there.map(|(key, value)| (key, Encoded::of(value, options.secret_encoding, appearance))).collect();
    let data = encoded.iter().map(|(key, value)| (*key, Node::Text(&value.0))).collect();
    let key = match options.secret_encoding {
        SecretEncoding::Text => "stringData",
        SecretEncoding::Base64 => "data",
    };
    let own_name = KubernetesName::of_connection(values.name.as_str(), "-exchange-oauth");
    let name = options.secret_name.as_ref().unwrap_or(&own_name);
    document(&secret(name, options.namespace.as_ref(), (key, Node::Map(data))))
}

/// A Secret with this content.
pub(super) fn secret<'n>(
    name: &'n KubernetesName,
    namespace: Option<&'n KubernetesName>,
    content: (&'static str, Node<'n>),
) -> Vec<(&'static str, Node<'n>)> {
    vec![
        ("apiVersion", Node::Word("v1")),
        ("kind", Node::Word("Secret")),
        ("metadata", metadata(name, namespace)),
        ("type", Node::Word("Opaque")),
        content,
    ]
}

/// Name, namespace if one is said, and who made it.
pub(super) fn metadata<'n>(name: &'n KubernetesName, namespace: Option<&'n KubernetesName>) -> Node<'n> {
    let label = vec![("app.kubernetes.io/managed-by", Node::Word("tokengauge"))];
    let mut fields = vec![("name", Node::Text(name.as_str()))];
    fields.extend(namespace.map(|namespace| ("namespace", Node::Text(namespace.as_str()))));
    fields.push(("labels", Node::Map(label)));
    Node::Map(fields)
}

/// A value as it stands in the manifest, wiped if it is a copy.
pub(super) struct Encoded<'v>(pub(super) Cow<'v, str>);

impl<'v> Encoded<'v> {
    pub(super) fn of(value: &'v str, encoding: SecretEncoding, appearance: Appearance) -> Self {
        Self(match encoding {
            SecretEncoding::Text => Cow::Borrowed(value),
            SecretEncoding::Base64 => appearance.base64(value),
        })
    }
}

impl Drop for Encoded<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(copy) = &mut self.0 {
            copy.zeroize();
        }
    }
}
