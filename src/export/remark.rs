//! What a person should know about an export that does not keep it from being made.

use super::{ConnectionValues, Format};
use crate::domain::app_registration::CredentialKind;

/// A remark on one export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// App Connect is not told the tenant.
    OneTenant {
        /// The tenant of the settings.
        tenant: String,
    },
    /// A field for the client secret stays empty.
    NoClientSecret {
        /// What the app registration has in its place.
        credential: CredentialKind,
    },
    /// There is nothing to renew with.
    NoRefreshToken,
    /// What the keys of a new accounts file are called is a guess.
    UnconfirmedKeyStyle,
    /// Whether n8n renews with what it is given.
    UnprovenRenewal,
}

impl Remark {
    /// In one line.
    pub fn text(&self) -> String {
        match self {
            Self::OneTenant { tenant } => format!(
                "App Connect is not told the tenant ({tenant}) and likely, though not certainly, renews at the shared \
                 endpoint: a single-tenant registration may work here and fail to renew there"
            ),
            Self::NoClientSecret { credential: CredentialKind::Certificate } => {
                "this registration has a certificate, and this format has room for a client secret only: left out"
                    .to_owned()
            }
            Self::NoClientSecret { .. } => {
                "this connection has no client secret (a public client): its field is left out".to_owned()
            }
            Self::NoRefreshToken => {
                "there is no refresh token: the copy ends with its access token".to_owned()
            }
            Self::UnconfirmedKeyStyle => {
                "what the keys are called is not confirmed for this connector: compare with an account made in App \
                 Connect, or give --patch with a file that has one"
                    .to_owned()
            }
            Self::UnprovenRenewal => {
                "that n8n renews with an imported oauthTokenData is likely, not proven: watch its first renewal".to_owned()
            }
        }
    }
}

/// The remarks on an export of new values, the most important first.
pub fn remarks(format: Format, values: &ConnectionValues<'_>) -> Vec<Remark> {
    let mut remarks = of_values(format, values);
    match format {
        Format::AccountsYaml | Format::AppConnectOperator => remarks.push(Remark::UnconfirmedKeyStyle),
        Format::N8n => remarks.push(Remark::UnprovenRenewal),
        _ => {}
    }
    remarks
}

/// Those that are about the values, whoever chose the names around them.
pub fn of_values(format: Format, values: &ConnectionValues<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let shared = matches!(values.asked_tenant.as_str(), "common" | "organizations");
    if format.is_for_app_connect() && !shared {
        remarks.push(Remark::OneTenant { tenant: values.asked_tenant.to_string() });
    }
    if format.wants_client_secret() && values.client_secret.is_none() {
        remarks.push(Remark::NoClientSecret { credential: values.credential });
    }
    if format.is_push_copy() && values.refresh_token.is_none() {
        remarks.push(Remark::NoRefreshToken);
    }
    remarks
}
