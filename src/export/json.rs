//! Connection values as one JSON object.

use chrono::SecondsFormat;
use serde_json::json;
use zeroize::Zeroizing;

use super::ConnectionValues;
use crate::domain::secret::Secret;

/// The object, readable, with a line end.
pub fn write(values: &ConnectionValues<'_>) -> Zeroizing<String> {
    let moment = |moment: chrono::DateTime<chrono::Utc>| moment.to_rfc3339_opts(SecondsFormat::Secs, true);
    let object = json!({
        "connection": values.name.as_str(),
        "client_id": values.client_id,
        "client_secret": values.client_secret.map(Secret::expose),
        "access_token": values.access_token.expose(),
        "refresh_token": values.refresh_token.map(Secret::expose),
        "mailbox": values.mailbox,
        "tenant": values.tenant,
        "token_endpoint": values.token_endpoint,
        "access_token_expires_at": moment(values.access_token_expires_at),
        "refresh_token_expires_at": values.refresh_token_expires_at.map(moment),
        "client_secret_ends_on": values.client_secret_ends_on.map(|date| date.to_string()),
    });
    Zeroizing::new(format!("{object:#}\n"))
}
