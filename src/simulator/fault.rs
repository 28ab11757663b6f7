//! Faults that a scenario orders: which requests they meet, and what those get instead of an answer.

use http::{Response, StatusCode};
use hyper::body::Bytes;
use serde::Deserialize;

use super::answer;
use super::error::{PlatformError, Trace};

/// What a fault looks for and does. Conditions that are absent hold for every request; a fault without `nth` and
/// `count` happens every time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, try_from = "Written")]
pub struct Fault {
    /// Where it happens.
    pub endpoint: Endpoint,
    /// `grant_type` of the token request.
    pub grant: Option<String>,
    /// Who is signed in or signing in, by user principal name.
    pub user: Option<String>,
    /// The application.
    pub client_id: Option<String>,
    /// The first request that is met, among those that fit; counted from 1.
    pub nth: u32,
    /// How many requests in a row are met; all if absent.
    pub count: Option<u32>,
    /// What happens.
    pub effect: Effect,
}

/// The parts of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Endpoint {
    /// `/{tenant}/oauth2/v2.0/authorize`.
    Authorize,
    /// `/{tenant}/oauth2/v2.0/token`.
    Token,
    /// `/{tenant}/v2.0/.well-known/openid-configuration`.
    Discovery,
    /// `/v1.0/…`.
    Graph,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The connection closes without an answer.
    Drop,
    /// The platform refuses.
    Refuse {
        /// AADSTS number.
        code: u32,
        /// OAuth error, if not the one that usually comes with the number.
        error: Option<String>,
    },
    /// An HTTP status, with `Retry-After` in seconds.
    Status {
        /// HTTP status.
        status: StatusCode,
        /// Seconds.
        retry_after: Option<u32>,
    },
    /// A body that is not what the endpoint speaks, as a proxy would send it.
    Body {
        /// HTTP status, 200 by default.
        status: StatusCode,
        /// What kind.
        body: Body,
    },
}

/// Bodies that no client expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// A page.
    Html,
    /// Said to be JSON, and is not.
    #[serde(rename = "not json")]
    NotJson,
    /// Nothing at all.
    Empty,
}

/// A fault as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    endpoint: Endpoint,
    grant: Option<String>,
    user: Option<String>,
    client_id: Option<String>,
    nth: Option<u32>,
    count: Option<u32>,
    status: Option<u16>,
    retry_after: Option<u32>,
    error: Option<String>,
    code: Option<u32>,
    body: Option<Body>,
    #[serde(default)]
    drop: bool,
}

impl TryFrom<Written> for Fault {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let effect = written.effect()?;
        if written.nth == Some(0) {
            return Err("requests are counted from 1".into());
        }
        if matches!(effect, Effect::Refuse { .. })
            && !matches!(written.endpoint, Endpoint::Authorize | Endpoint::Token)
        {
            return Err("only the authorize and token endpoints refuse by AADSTS numbers".into());
        }
        let count = written.count.or(written.nth.map(|_| 1));
        Ok(Self {
            endpoint: written.endpoint,
            grant: written.grant,
            user: written.user,
            client_id: written.client_id,
            nth: written.nth.unwrap_or(1),
            count,
            effect,
        })
    }
}

impl Written {
    fn effect(&self) -> Result<Effect, String> {
        let status = self.status.map(StatusCode::from_u16).transpose().map_err(|error| error.to_string())?;
        let effect = match (self.drop, self.body, self.code, status) {
            (true, None, None, None) => Effect::Drop,
            (false, Some(body), None, status) => {
                Effect::Body { body, status: status.unwrap_or(StatusCode::OK) }
            }
            (false, None, Some(code), None) => Effect::Refuse { code, error: self.error.clone() },
            (false, None, None, Some(status)) => Effect::Status { status, retry_after: self.retry_after },
            _ => {
                return Err(
                    "a fault has one of: drop, body, code (with error), status (with retry_after)".into()
                );
            }
        };
        let is_refusal = matches!(effect, Effect::Refuse { .. });
        let is_status = matches!(effect, Effect::Status { .. });
        if self.error.is_some() && !is_refusal || self.retry_after.is_some() && !is_status {
            return Err("error belongs to code, retry_after to status".into());
        }
        Ok(effect)
    }
}

/// What is known about a request when a fault looks at it.
#[derive(Debug, Default)]
pub(super) struct Sight {
    pub(super) endpoint: Option<Endpoint>,
    pub(super) grant: Option<String>,
    pub(super) user: Option<String>,
    pub(super) client_id: Option<String>,
}

/// The scenario's faults and how many requests each has seen.
#[derive(Debug)]
pub(super) struct Faults(Vec<(Fault, u32)>);

impl Faults {
    pub(super) fn new(faults: &[Fault]) -> Self {
        Self(faults.iter().map(|fault| (fault.clone(), 0)).collect())
    }

    /// Counts the request at every fault that fits, and gives the effect of the first that is due.
    pub(super) fn strike(&mut self, sight: &Sight) -> Option<Effect> {
        let mut effect = None;
        for (fault, seen) in self.0.iter_mut().filter(|(fault, _)| fault.fits(sight)) {
            *seen += 1;
            if effect.is_none() && fault.is_due(*seen) {
                effect = Some(fault.effect.clone());
            }
        }
        effect
    }
}

impl Fault {
    fn fits(&self, sight: &Sight) -> bool {
        Some(self.endpoint) == sight.endpoint
            && agrees(self.grant.as_deref(), sight.grant.as_deref())
            && agrees(self.user.as_deref(), sight.user.as_deref())
            && agrees(self.client_id.as_deref(), sight.client_id.as_deref())
    }

    fn is_due(&self, seen: u32) -> bool {
        seen >= self.nth && self.count.is_none_or(|count| seen - self.nth < count)
    }
}

fn agrees(wanted: Option<&str>, found: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| found.is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
}

/// The refusal behind an effect, for the authorize endpoint, which sends it through the browser.
pub(super) fn refusal(code: u32, error: Option<&str>) -> PlatformError {
    let refusal = PlatformError::new(code);
    match error {
        Some(error) => refusal.under(error),
        None => refusal,
    }
}

/// The answer that an effect puts in the place of the real one.
pub(super) fn response(effect: &Effect, trace: &Trace) -> Response<Bytes> {
    match effect {
        Effect::Drop => answer::dropped(),
        Effect::Refuse { code, error } => refusal(*code, error.as_deref()).to_json(trace),
        Effect::Status { status, retry_after } => status_only(*status, *retry_after, trace),
        Effect::Body { status, body } => strange_body(*status, *body),
    }
}

fn status_only(status: StatusCode, retry_after: Option<u32>, trace: &Trace) -> Response<Bytes> {
    let code = if status == StatusCode::TOO_MANY_REQUESTS { 90055 } else { 90006 };
    let mut response = PlatformError::new(code).to_json(trace);
    *response.status_mut() = status;
    if let Some(seconds) = retry_after {
        answer::set(&mut response, "retry-after", &seconds.to_string());
    }
    response
}

fn strange_body(status: StatusCode, body: Body) -> Response<Bytes> {
    match body {
        Body::Html => {
            answer::page(status, "<!doctype html><title>Proxy</title><p>Please sign in.</p>".into())
        }
        Body::NotJson => {
            answer::answer(status, "application/json; charset=utf-8", "{\"access_token\":".into())
        }
        Body::Empty => answer::answer(status, "application/json; charset=utf-8", String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Result<Fault, toml::de::Error> {
        toml::from_str(text)
    }

    fn sight(grant: &str) -> Sight {
        Sight { endpoint: Some(Endpoint::Token), grant: Some(grant.into()), ..Sight::default() }
    }

    #[test]
    fn the_nth_fitting_request_is_met_once() {
        let third = fault("endpoint = 'token'\ngrant = 'refresh_token'\nnth = 3\nstatus = 429").unwrap();
        let mut faults = Faults::new(&[third]);
        assert!(faults.strike(&sight("authorization_code")).is_none());
        let met: Vec<bool> = (0..5).map(|_| faults.strike(&sight("refresh_token")).is_some()).collect();
        assert_eq!(met, [false, false, true, false, false]);
    }

    #[test]
    fn count_bounds_a_row_and_its_absence_means_always() {
        let mut twice = Faults::new(&[fault("endpoint = 'token'\ncount = 2\ndrop = true").unwrap()]);
        let met: Vec<bool> = (0..3).map(|_| twice.strike(&sight("x")).is_some()).collect();
        assert_eq!(met, [true, true, false]);
        let mut always = Faults::new(&[fault("endpoint = 'token'\ncode = 53003").unwrap()]);
        assert!((0..9).all(|_| always.strike(&sight("x")).is_some()));
    }

    #[test]
    fn a_fault_has_exactly_one_effect() {
        assert!(fault("endpoint = 'token'").is_err());
        assert!(fault("endpoint = 'token'\ndrop = true\nstatus = 500").is_err());
        assert!(fault("endpoint = 'token'\nstatus = 500\nerror = 'invalid_grant'").is_err());
        assert!(fault("endpoint = 'token'\nstatus = 500\nsometimes = true").is_err());
        assert!(fault("endpoint = 'token'\nstatus = 500\nnth = 0").is_err());
        assert!(fault("endpoint = 'graph'\ncode = 53003").is_err());
    }
}
