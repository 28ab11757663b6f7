//! Faults that a scenario orders: which requests they meet, and what those get instead of an answer.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::graph::Call;

mod effect;
mod written;

pub(super) use effect::{alter, refusal, response};
use written::Written;

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
    /// What is asked of Graph.
    pub call: Option<Call>,
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
    /// `/{tenant}/oauth2/v2.0/devicecode`.
    DeviceCode,
    /// `/devicelogin`, where a person enters a user code.
    DeviceLogin,
    /// `/{tenant}/v2.0/adminconsent` and `/{tenant}/adminconsent`.
    AdminConsent,
    /// `/{tenant}/v2.0/.well-known/openid-configuration`.
    Discovery,
    /// `/{tenant}/discovery/v2.0/keys`.
    Keys,
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
        /// The sentence behind the number, if not ours. May hold anything.
        sentence: Option<String>,
        /// A claims challenge, JSON: a sign-in that was made with these claims is not refused.
        claims: Option<String>,
    },
    /// An HTTP status, with `Retry-After` in seconds.
    Status {
        /// HTTP status.
        status: StatusCode,
        /// Seconds.
        retry_after: Option<u32>,
    },
    /// Graph refuses, with its own kind of code.
    GraphError {
        /// HTTP status.
        status: StatusCode,
        /// `error.code`. May hold anything.
        code: String,
        /// `error.message`, if not ours. May hold anything.
        sentence: Option<String>,
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
    /// The real answer, if it is a JSON object, with these fields put in or over its own.
    Answer(Map<String, Value>),
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
    /// An error whose text holds every byte from 0 to 255, as it is.
    #[serde(rename = "all bytes")]
    AllBytes,
}

/// What is known about a request when a fault looks at it.
#[derive(Debug, Default)]
pub(super) struct Sight {
    pub(super) endpoint: Option<Endpoint>,
    pub(super) grant: Option<String>,
    pub(super) user: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) call: Option<Call>,
    /// The claims that the sign-in behind it was asked for with.
    pub(super) claims: Option<String>,
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
            && (self.call.is_none() || self.call == sight.call)
            && !self.is_met_by(sight.claims.as_deref())
    }

    /// Whether the sign-in already brought the claims that this fault would ask for.
    fn is_met_by(&self, brought: Option<&str>) -> bool {
        let Effect::Refuse { claims: Some(wanted), .. } = &self.effect else { return false };
        let read = |text: &str| serde_json::from_str::<Value>(text).ok();
        read(wanted).is_some_and(|wanted| brought.and_then(read) == Some(wanted))
    }

    fn is_due(&self, seen: u32) -> bool {
        seen >= self.nth && self.count.is_none_or(|count| seen - self.nth < count)
    }
}

fn agrees(wanted: Option<&str>, found: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| found.is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
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
        assert!(
            fault("endpoint = 'graph'\ncall = 'inbox'\nstatus = 403\nerror = 'ErrorAccessDenied'").is_ok()
        );
        assert!(fault("endpoint = 'token'\ncall = 'inbox'\nstatus = 403").is_err());
        assert!(fault("endpoint = 'graph'\nerror = 'ErrorAccessDenied'").is_err());
        assert!(fault("endpoint = 'token'\ncode = 50076\nclaims = 'no json'").is_err());
        assert!(fault("endpoint = 'token'\nstatus = 500\nclaims = '{}'").is_err());
        assert!(fault("endpoint = 'token'\nanswer.scope = 'x'\nstatus = 500").is_err());
    }

    #[test]
    fn a_claims_challenge_spares_the_sign_in_that_brought_the_claims() {
        let challenge =
            fault("endpoint = 'token'\ncode = 50076\nclaims = '{\"access_token\":{\"acrs\":null}}'").unwrap();
        let mut faults = Faults::new(&[challenge]);
        let mut met = |claims: Option<&str>| {
            let sight = Sight { claims: claims.map(str::to_owned), ..sight("refresh_token") };
            faults.strike(&sight).is_some()
        };
        assert!(met(None));
        assert!(met(Some("{\"access_token\":{}}")));
        assert!(!met(Some("{ \"access_token\": { \"acrs\": null } }")));
    }
}
