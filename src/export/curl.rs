//! What `curl -K` reads (curl's manual, `--config`): the header with the access token, which so stays out of `ps`.

use zeroize::Zeroizing;

use super::ConnectionValues;
use crate::domain::secret::Secret;

/// One line.
pub(super) fn write(values: &ConnectionValues<'_>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(8 * 1024));
    text.push_str("header = \"Authorization: Bearer ");
    for character in values.access_token.expose().chars() {
        // Between double quotes a backslash escapes.
        if matches!(character, '"' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push_str("\"\n");
    text
}
