//! The JSON of a request for admin consent. One that cannot be read is passed over: it can be made anew.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::json::{Text, string};
use crate::domain::{AdminConsent, AdminConsentRequest, RedirectUri};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AdminConsentRecord<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    asked: Option<RequestRecord<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    given: Option<GivenRecord<'a>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct RequestRecord<'a> {
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    redirect_uri: Text<'a>,
    #[serde(borrow)]
    address: Text<'a>,
    at: DateTime<Utc>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct GivenRecord<'a> {
    at: DateTime<Utc>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    tenant: Option<Text<'a>>,
}

impl<'a> From<&'a AdminConsent> for AdminConsentRecord<'a> {
    fn from(consent: &'a AdminConsent) -> Self {
        match consent {
            AdminConsent::Asked(request) => Self {
                asked: Some(RequestRecord {
                    state: Text::of(&request.state),
                    redirect_uri: Text::of(request.redirect_uri.as_str()),
                    address: Text::of(request.address.as_str()),
                    at: request.asked_at,
                }),
                given: None,
            },
            AdminConsent::Given { at, tenant } => Self {
                asked: None,
                given: Some(GivenRecord { at: *at, tenant: Text::some(tenant.as_ref()) }),
            },
        }
    }
}

impl AdminConsentRecord<'_> {
    pub(super) fn into_admin_consent(self) -> Option<AdminConsent> {
        match (self.asked, self.given) {
            (Some(asked), _) => asked.into_request().map(AdminConsent::Asked),
            (None, Some(given)) => Some(AdminConsent::Given { at: given.at, tenant: string(given.tenant) }),
            (None, None) => None,
        }
    }
}

impl RequestRecord<'_> {
    fn into_request(self) -> Option<AdminConsentRequest> {
        // An empty `state` would be met by anything.
        let state = self.state.into_string();
        (!state.is_empty()).then_some(())?;
        Some(AdminConsentRequest {
            state,
            redirect_uri: RedirectUri::parse(self.redirect_uri.as_str()).ok()?,
            address: Url::parse(self.address.as_str()).ok()?,
            asked_at: self.at,
        })
    }
}
