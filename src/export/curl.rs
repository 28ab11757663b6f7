//! What `curl -K` reads (curl's manual, `--config`): the header with the access token, which so stays out of `ps`.

use zeroize::Zeroizing;

use super::{ConnectionValues, bearer};
use crate::domain::secret::Secret;

/// One line.
pub(super) fn write(values: &ConnectionValues<'_>) -> Zeroizing<String> {
    let mut line = bearer::curl_config(values.access_token.expose());
    line.push('\n');
    line
}
