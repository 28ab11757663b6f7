//! A fault as it stands in a scenario file, and what must be right about it.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Body, Effect, Endpoint, Fault};
use crate::simulator::graph::Call;

/// A fault as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    endpoint: Endpoint,
    grant: Option<String>,
    user: Option<String>,
    client_id: Option<String>,
    call: Option<Call>,
    nth: Option<u32>,
    count: Option<u32>,
    status: Option<u16>,
    retry_after: Option<u32>,
    error: Option<String>,
    code: Option<u32>,
    sentence: Option<String>,
    claims: Option<String>,
    body: Option<Body>,
    answer: Option<Map<String, Value>>,
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
            && matches!(written.endpoint, Endpoint::Graph | Endpoint::Keys | Endpoint::Discovery)
        {
            return Err("documents and Graph do not refuse by AADSTS numbers".into());
        }
        if written.call.is_some() && written.endpoint != Endpoint::Graph {
            return Err("call belongs to endpoint graph".into());
        }
        let count = written.count.or(written.nth.map(|_| 1));
        Ok(Self {
            endpoint: written.endpoint,
            grant: written.grant,
            user: written.user,
            client_id: written.client_id,
            call: written.call,
            nth: written.nth.unwrap_or(1),
            count,
            effect,
        })
    }
}

impl Written {
    fn effect(&self) -> Result<Effect, String> {
        let status = self.status.map(StatusCode::from_u16).transpose().map_err(|error| error.to_string())?;
        let effect = match (self.drop, self.body, self.code, &self.answer, status) {
            (true, None, None, None, None) => Effect::Drop,
            (false, Some(body), None, None, status) => {
                Effect::Body { body, status: status.unwrap_or(StatusCode::OK) }
            }
            (false, None, Some(code), None, None) => Effect::Refuse {
                code,
                error: self.error.clone(),
                sentence: self.sentence.clone(),
                claims: self.claims.clone(),
            },
            (false, None, None, Some(fields), None) => Effect::Answer(fields.clone()),
            (false, None, None, None, Some(status))
                if self.endpoint == Endpoint::Graph && self.error.is_some() =>
            {
                Effect::GraphError {
                    status,
                    code: self.error.clone().unwrap_or_default(),
                    sentence: self.sentence.clone(),
                    retry_after: self.retry_after,
                }
            }
            (false, None, None, None, Some(status)) => {
                Effect::Status { status, retry_after: self.retry_after }
            }
            _ => {
                return Err("a fault has one of: drop, body, answer, code (with error, sentence, claims), \
                            status (with retry_after)"
                    .into());
            }
        };
        self.refuse_strays(&effect)?;
        Ok(effect)
    }

    /// Words that belong to another effect, and claims that are no JSON.
    fn refuse_strays(&self, effect: &Effect) -> Result<(), String> {
        let of_refusal = self.error.is_some() || self.sentence.is_some() || self.claims.is_some();
        let is_refusal = match effect {
            Effect::Refuse { .. } => true,
            Effect::GraphError { .. } => self.claims.is_none(),
            _ => false,
        };
        if of_refusal && !is_refusal {
            return Err(
                "error, sentence and claims belong to code; error and sentence to a status of Graph".into()
            );
        }
        if self.retry_after.is_some() && !matches!(effect, Effect::Status { .. } | Effect::GraphError { .. })
        {
            return Err("retry_after belongs to status".into());
        }
        match self.claims.as_deref().map(serde_json::from_str::<Map<String, Value>>) {
            Some(Err(_)) => Err("claims are a JSON object".into()),
            _ => Ok(()),
        }
    }
}
