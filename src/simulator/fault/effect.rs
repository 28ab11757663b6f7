//! What a fault's effect answers.

use http::{Response, StatusCode};
use hyper::body::Bytes;
use serde_json::{Map, Value};

use super::{Body, Effect};
use crate::simulator::answer;
use crate::simulator::error::{PlatformError, Trace};

/// The refusal behind an effect, for the endpoints that send theirs through the browser.
pub(in crate::simulator) fn refusal(effect: &Effect) -> Option<PlatformError> {
    let Effect::Refuse { code, error, sentence, claims } = effect else { return None };
    let mut refusal = PlatformError::new(*code);
    if let Some(error) = error {
        refusal = refusal.under(error);
    }
    if let Some(sentence) = sentence {
        refusal = refusal.saying(sentence);
    }
    refusal.claims.clone_from(claims);
    Some(refusal)
}

/// The answer that an effect puts in the place of the real one, unless it only alters that.
pub(in crate::simulator) fn response(effect: &Effect, trace: &Trace) -> Option<Response<Bytes>> {
    match effect {
        Effect::Drop => Some(answer::dropped()),
        Effect::Refuse { .. } => refusal(effect).map(|refusal| refusal.to_json(trace)),
        Effect::Status { status, retry_after } => Some(status_only(*status, *retry_after, trace)),
        Effect::Body { status, body } => Some(strange_body(*status, *body)),
        // Only Graph speaks so, and its answers are made there.
        Effect::GraphError { .. } | Effect::Answer(_) => None,
    }
}

/// Puts fields into a JSON object; another body stays as it is.
pub(in crate::simulator) fn alter(response: &mut Response<Bytes>, fields: &Map<String, Value>) {
    if let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(response.body()) {
        object.extend(fields.clone());
        *response.body_mut() = Bytes::from(Value::Object(object).to_string());
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
        Body::AllBytes => {
            let mut response = answer::answer(status, "application/json; charset=utf-8", String::new());
            *response.body_mut() = Bytes::from(all_bytes());
            response
        }
    }
}

/// An OAuth error as no honest server writes it: the bytes are not escaped, and not UTF-8.
fn all_bytes() -> Vec<u8> {
    let mut body = b"{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS70000: ".to_vec();
    body.extend(0..=u8::MAX);
    body.extend_from_slice(b"\"}");
    body
}
