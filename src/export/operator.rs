//! Accounts for the App Connect operator: a Secret with the file, and the Configuration that names the Secret.
//!
//! The payload is named by `secretName`: of the ways that a Configuration can carry one, that was seen for accounts.

use zeroize::Zeroizing;

use super::kubernetes::{Encoded, metadata, secret};
use super::mask::Appearance;
use super::options::{KubernetesName, SecretEncoding};
use super::yaml::{Node, document};
use super::{ConnectionValues, Options};

/// Both documents; `accounts` is the text of `accounts.yaml`, whoever wrote it.
pub(super) fn write(
    values: &ConnectionValues<'_>,
    accounts: &str,
    options: &Options,
    appearance: Appearance,
) -> Zeroizing<String> {
    let own_name = KubernetesName::of_connection(values.name.as_str(), "-exchange-acc");
    let secret_name = options.secret_name.as_ref().unwrap_or(&own_name);
    let configuration_name = KubernetesName::of_connection(values.name.as_str(), "-exchange-accounts");
    let namespace = options.namespace.as_ref();
    let payload = Encoded::of(accounts, SecretEncoding::Base64, appearance);
    let content = ("data", Node::Map(vec![("configuration", Node::Text(&payload.0))]));
    let mut text = document(&secret(secret_name, namespace, content));
    text.push_str("---\n");
    text.push_str(&document(&configuration(&configuration_name, namespace, secret_name)));
    text
}

fn configuration<'n>(
    name: &'n KubernetesName,
    namespace: Option<&'n KubernetesName>,
    secret_name: &'n KubernetesName,
) -> Vec<(&'static str, Node<'n>)> {
    let spec = vec![
        ("type", Node::Word("accounts")),
        ("description", Node::Text("Microsoft Exchange connection values")),
        ("secretName", Node::Text(secret_name.as_str())),
    ];
    vec![
        ("apiVersion", Node::Word("appconnect.ibm.com/v1beta1")),
        ("kind", Node::Word("Configuration")),
        ("metadata", metadata(name, namespace)),
        ("spec", Node::Map(spec)),
    ]
}
