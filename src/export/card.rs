//! The four fields of App Connect's form, in its order and under its labels, for a person to paste from.

use zeroize::Zeroizing;

use super::ConnectionValues;
use super::values::moment;
use crate::domain::ConnectionValue;
use crate::domain::secret::Secret;

/// The card. A field without a value says so.
pub(super) fn write(values: &ConnectionValues<'_>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
    text.push_str("Microsoft Exchange account in App Connect, for the connection ");
    text.push_str(values.name.as_str());
    text.push_str("\nAuthorization method: BASIC OAUTH\n\n");
    for field in ConnectionValue::ALL {
        let value = match field {
            ConnectionValue::ClientId => Some(values.client_id.as_str()),
            ConnectionValue::ClientSecret => values.client_secret.map(Secret::expose),
            ConnectionValue::AccessToken => Some(values.access_token.expose()),
            ConnectionValue::OtherAccessToken(_) => None,
            ConnectionValue::RefreshToken => values.refresh_token.map(Secret::expose),
        };
        push_line(&mut text, field.label(), value.unwrap_or("(none)"));
    }
    text.push('\n');
    for (label, value) in facts(values) {
        push_line(&mut text, label, &value);
    }
    text
}

fn facts(values: &ConnectionValues<'_>) -> impl Iterator<Item = (&'static str, String)> {
    let secret_ends = values.client_secret_ends_on.map(|date| ("Secret ends", date.to_string()));
    let refresh_ends =
        values.refresh_token_expires_at.map(|at| ("Unused until", format!("about {}", moment(at))));
    [
        values.mailbox.map(|mailbox| ("Signed in as", mailbox.to_owned())),
        secret_ends,
        Some(("Access ends", values.expires_at())),
        refresh_ends,
    ]
    .into_iter()
    .flatten()
}

fn push_line(text: &mut String, label: &str, value: &str) {
    text.push_str(label);
    text.push(':');
    text.extend(std::iter::repeat_n(' ', 15usize.saturating_sub(label.len())));
    text.push_str(value);
    text.push('\n');
}
