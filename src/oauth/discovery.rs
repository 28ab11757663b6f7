//! The discovery document of a tenant (OpenID Connect Discovery 1.0 §4): what it tells of the tenant, without a sign-in.

use serde_json::{Map, Value};
use url::Url;

use crate::domain::authority::is_guid;
use crate::sanitize::sanitize;

use super::json;
use super::platform_error::PlatformError;
use super::token_answer::HttpAnswer;

/// What a document tells; what it leaves out is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discovery {
    /// The directory (tenant) ID in `issuer`; none where the document stands for many tenants.
    pub tenant_id: Option<String>,
    /// Host of the token endpoint.
    pub token_host: Option<String>,
    /// Host of the Graph that serves this tenant; printable.
    pub graph_host: Option<String>,
    /// Where the tenant's directory lies, such as `EU`; printable.
    pub region: Option<String>,
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoDocument {
    /// The platform knows no such tenant, in its own number.
    NoTenant(Option<u32>),
    /// Nothing is there: the server publishes no document.
    Absent,
    /// The server is busy or broken.
    Busy(u16),
    /// Something else came.
    Unreadable(u16),
}

/// Reads the answer.
///
/// # Errors
///
/// [`NoDocument`] where it is none.
pub fn read(answer: &HttpAnswer) -> Result<Discovery, NoDocument> {
    let object = serde_json::from_slice::<Map<String, Value>>(&answer.body).ok();
    match (answer.status, object) {
        (200, Some(object)) if json::text(&object, "issuer").is_some() => Ok(of(&object)),
        (400 | 404, Some(object)) if json::text(&object, "error").is_some() => {
            Err(NoDocument::NoTenant(PlatformError::from_json(&object).codes.first().copied()))
        }
        (404 | 405, _) => Err(NoDocument::Absent),
        (status @ (429 | 500..), _) => Err(NoDocument::Busy(status)),
        (status, _) => Err(NoDocument::Unreadable(status)),
    }
}

fn of(object: &Map<String, Value>) -> Discovery {
    let url = |name| json::text(object, name).and_then(|text| Url::parse(text).ok());
    let word = |name| json::text(object, name).map(|text| sanitize(text, 60));
    let segments = url("issuer").and_then(|issuer| Some(issuer.path_segments()?.next()?.to_owned()));
    Discovery {
        tenant_id: segments.filter(|id| is_guid(id)),
        token_host: url("token_endpoint").and_then(|url| url.host_str().map(str::to_owned)),
        graph_host: word("msgraph_host"),
        region: word("tenant_region_scope"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Discovery, NoDocument> {
        read(&HttpAnswer { status, body: body.into(), ..HttpAnswer::default() })
    }

    const TENANT: &str = "6301bbfc-a0c5-454e-8ff9-bb510944fe0c";

    #[test]
    fn a_document_tells_tenant_hosts_and_region() {
        let body = format!(
            r#"{{"issuer":"https://login.example/{TENANT}/v2.0","token_endpoint":"https://login.example/x/token",
                "msgraph_host":"graph.example","tenant_region_scope":"EU"}}"#
        );
        let told = answer(200, &body).unwrap();
        assert_eq!(told.tenant_id.as_deref(), Some(TENANT));
        assert_eq!(told.token_host.as_deref(), Some("login.example"));
        assert_eq!((told.graph_host.as_deref(), told.region.as_deref()), (Some("graph.example"), Some("EU")));
        let of_many = answer(200, r#"{"issuer":"https://login.example/{tenantid}/v2.0"}"#).unwrap();
        assert_eq!(of_many, Discovery::default());
    }

    #[test]
    fn what_is_no_document_is_told_apart() {
        let no_tenant = r#"{"error":"invalid_tenant","error_codes":[90002]}"#;
        assert_eq!(answer(400, no_tenant), Err(NoDocument::NoTenant(Some(90002))));
        assert_eq!(answer(404, "<html>"), Err(NoDocument::Absent));
        assert_eq!(answer(503, ""), Err(NoDocument::Busy(503)));
        assert_eq!(answer(200, "<html>"), Err(NoDocument::Unreadable(200)));
        assert_eq!(answer(302, ""), Err(NoDocument::Unreadable(302)));
    }
}
