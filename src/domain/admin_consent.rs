//! Admin consent: an administrator of the tenant is asked once to consent for everybody in it.

use chrono::{DateTime, Utc};
use url::Url;

use super::RedirectUri;

/// How far a connection's request for admin consent has come. Nothing in it is a secret: the answer carries no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminConsent {
    /// The address was made, for an administrator to open; the answer may take days.
    Asked(AdminConsentRequest),
    /// The answer said that consent was given.
    Given {
        /// When the answer was brought here.
        at: DateTime<Utc>,
        /// The tenant as the answer names it: printable, for the eyes only.
        tenant: Option<String>,
    },
}

/// A request that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminConsentRequest {
    /// The `state` sent, which ties the answer to this request.
    pub state: String,
    /// Where the administrator's browser ends.
    pub redirect_uri: RedirectUri,
    /// The whole address.
    pub address: Url,
    /// When it was made.
    pub asked_at: DateTime<Utc>,
}

impl AdminConsent {
    /// The request that waits for its answer, if one does.
    pub fn request(&self) -> Option<&AdminConsentRequest> {
        match self {
            Self::Asked(request) => Some(request),
            Self::Given { .. } => None,
        }
    }
}
