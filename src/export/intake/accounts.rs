//! Values in App Connect's accounts: one account of the Exchange connector, found as it is for patching.

use super::{Field, Found, IntakeError};
use crate::domain::ConnectionValue;
use crate::export::options::AccountName;
use crate::export::patch;
use crate::export::yaml::{Branch, Content, Document};

/// Reads the account of that name, or the only one.
pub(super) fn read(text: &str, account: Option<&AccountName>) -> Result<Found, IntakeError> {
    let document = Document::read(text).map_err(patch::PatchError::from)?;
    let credentials = patch::credentials(&document, account)?;
    let fields = patch::fields(&document, credentials)?;
    let mut found = Found::default();
    for (value, entry) in ConnectionValue::ALL.into_iter().zip(fields) {
        let Some((_, branch)) = entry else { continue };
        let field = field(value);
        let text = text_of(&document, branch).ok_or(IntakeError::Field {
            line: Some(branch.line),
            field,
            what: "not a text",
        })?;
        found.take(field, text, Some(branch.line))?;
    }
    Ok(found)
}

fn field(value: ConnectionValue) -> Field {
    match value {
        ConnectionValue::ClientId => Field::ClientId,
        ConnectionValue::ClientSecret => Field::ClientSecret,
        ConnectionValue::AccessToken | ConnectionValue::OtherAccessToken(_) => Field::AccessToken,
        ConnectionValue::RefreshToken => Field::RefreshToken,
    }
}

/// The text of a scalar; null is an empty one.
fn text_of<'d>(document: &'d Document<'_>, branch: &Branch) -> Option<&'d str> {
    if !matches!(branch.content, Content::Scalar) {
        return None;
    }
    document.scalar(branch).map(|text| if matches!(text, "~" | "null" | "Null" | "NULL") { "" } else { text })
}
