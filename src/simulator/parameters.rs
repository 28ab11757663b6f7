//! Parameters of a request: a query or a form body, each name at most once (RFC 6749 §3.1, §3.2).

use http::Request;
use hyper::body::Bytes;
use url::form_urlencoded;

use super::error::PlatformError;

/// Names and values in the order in which they came. An empty value counts as not sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of_query(request: &Request<Bytes>) -> Self {
        Self::decode(request.uri().query().unwrap_or_default().as_bytes())
    }

    pub(super) fn of_body(request: &Request<Bytes>) -> Self {
        Self::decode(request.body())
    }

    fn decode(text: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(text).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Refuses a name that occurs twice, even with equal values (9000411).
    pub(super) fn refuse_repeats(&self) -> Result<(), PlatformError> {
        let repeated = |name: &str| self.0.iter().filter(|(other, _)| other == name).count() > 1;
        if let Some((name, _)) = self.0.iter().find(|(name, _)| repeated(name)) {
            let sentence = format!("The parameter '{name}' was sent more than once.");
            return Err(PlatformError::new(9_000_411).saying(sentence));
        }
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, PlatformError> {
        self.get(name).ok_or_else(|| PlatformError::missing(name))
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
