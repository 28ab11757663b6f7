//! Device authorization (RFC 8628 §3.1 to §3.3): the request for a code, and the code that is shown to the person.

use chrono::TimeDelta;
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use crate::domain::Settings;
use crate::domain::authority::is_loopback;
use crate::domain::secret::{DeviceCode, RequestBody};

use super::authorization_request::requested_scope;
use super::client_authentication::ClientAuthentication;
use super::json::{seconds, text};
use super::token_answer::{self, HttpAnswer, Reaction, TokenRefusal};
use super::token_request::TokenRequest;

/// The device authorization request (RFC 8628 §3.1): a form to the tenant's device endpoint.
pub fn request(settings: &Settings, client: &ClientAuthentication) -> TokenRequest {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_id", &settings.client_id.to_string())
        .append_pair("scope", &requested_scope(settings).to_wire());
    client.append(&mut form);
    TokenRequest {
        url: settings.authority.endpoint(&settings.tenant, "devicecode"),
        body: RequestBody::new(form.finish()),
    }
}

/// A device sign-in that the platform has opened (RFC 8628 §3.2). The server's own `message` is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAuthorization {
    /// What is polled with.
    pub device_code: DeviceCode,
    /// What the person types: 1 to 32 printable ASCII characters.
    pub user_code: String,
    /// Where the person types it: https, or http on a loopback address.
    pub verification_uri: Url,
    /// How long the codes are good, from the request on: at most half an hour.
    pub expires_in: TimeDelta,
    /// The shortest pause between two polls.
    pub interval: TimeDelta,
}

/// RFC 8628 §3.2: five seconds where the answer tells none. Nought would be a tight loop and counts as none.
pub const USUAL_INTERVAL: TimeDelta = TimeDelta::seconds(5);

/// The platform's own default.
const USUAL_LIFE: TimeDelta = TimeDelta::seconds(900);
const LONGEST_LIFE: TimeDelta = TimeDelta::minutes(30);

/// Longer pauses than a minute would outlast the code.
const LONGEST_INTERVAL: i64 = 60;

/// The platform's codes have nine characters; RFC 8628 §6.1 advises short ones.
const LONGEST_USER_CODE: usize = 32;

/// Reads the answer of the device endpoint.
pub fn read(answer: &HttpAnswer) -> Result<DeviceAuthorization, TokenRefusal> {
    let object = token_answer::object(answer)?;
    if !token_answer::is_success(answer) || text(&object, "error").is_some() {
        return Err(token_answer::refusal_of(answer, &object));
    }
    Ok(DeviceAuthorization {
        device_code: device_code(&object).ok_or_else(|| odd("device_code is missing or not printable"))?,
        user_code: user_code(&object).ok_or_else(|| odd("user_code is not a short printable text"))?,
        verification_uri: verification_uri(&object)
            .ok_or_else(|| odd("verification_uri is not an https address"))?,
        expires_in: life(&object),
        interval: interval(&object),
    })
}

fn odd(what: &str) -> TokenRefusal {
    TokenRefusal::own(
        Reaction::ProtocolError,
        format!("the answer cannot be used: {what}"),
        "Check the authority (e), or sign in another way.",
    )
}

fn device_code(object: &Map<String, Value>) -> Option<DeviceCode> {
    let code = text(object, "device_code")?;
    let fits = code.len() <= 8_192 && code.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| DeviceCode::new(code))
}

fn user_code(object: &Map<String, Value>) -> Option<String> {
    let code = text(object, "user_code")?;
    let fits = code.len() <= LONGEST_USER_CODE && code.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| code.to_owned())
}

/// RFC 8628 names it `verification_uri`; drafts, and servers that follow them, `verification_url`.
fn verification_uri(object: &Map<String, Value>) -> Option<Url> {
    let uri = text(object, "verification_uri").or_else(|| text(object, "verification_url"))?;
    if uri.len() > 200 || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let uri = Url::parse(uri).ok()?;
    let is_safe = uri.scheme() == "https" || (uri.scheme() == "http" && is_loopback(&uri));
    // A user part is there to make an address look like another.
    let is_plain = uri.username().is_empty() && uri.password().is_none();
    (is_safe && is_plain).then_some(uri)
}

fn life(object: &Map<String, Value>) -> TimeDelta {
    let told = seconds(object, "expires_in").map(|told| told.clamp(0, LONGEST_LIFE.num_seconds()));
    told.map_or(USUAL_LIFE, TimeDelta::seconds)
}

fn interval(object: &Map<String, Value>) -> TimeDelta {
    let told = seconds(object, "interval").filter(|told| *told > 0).map(|told| told.min(LONGEST_INTERVAL));
    told.map_or(USUAL_INTERVAL, TimeDelta::seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Result<DeviceAuthorization, TokenRefusal> {
        read(&HttpAnswer { status: 200, body: body.into(), ..HttpAnswer::default() })
    }

    fn with(field: &str, value: &str) -> String {
        let mut object = serde_json::json!({
            "device_code": "D", "user_code": "F7KQ2XWPN", "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": 900, "interval": 5,
        });
        object[field] = serde_json::from_str(value).unwrap();
        object.to_string()
    }

    fn interval_of(value: &str) -> i64 {
        answer(&with("interval", value)).unwrap().interval.num_seconds()
    }

    #[test]
    fn interval_is_five_seconds_where_none_is_told() {
        assert_eq!(["null", "0", "-3", "\"x\""].map(interval_of), [5; 4]);
        assert_eq!(["1", "\"7\"", "7.9", "100000"].map(interval_of), [1, 7, 7, 60]);
    }

    #[test]
    fn life_is_half_an_hour_at_most() {
        let life = |value| answer(&with("expires_in", value)).unwrap().expires_in.num_seconds();
        assert_eq!(["900", "\"60\"", "1000000000000", "-1", "null"].map(life), [900, 60, 1800, 0, 900]);
    }

    #[test]
    fn address_must_be_https_or_on_this_machine() {
        for (uri, is_taken) in [
            ("https://microsoft.com/devicelogin", true),
            ("http://127.0.0.1:8081/device", true),
            ("http://evil.example/", false),
            ("https://microsoft.com@evil.example/", false),
            ("javascript:alert(1)", false),
            ("https://micro\\u202esoft.com/", false),
            ("", false),
        ] {
            assert_eq!(answer(&with("verification_uri", &format!("\"{uri}\""))).is_ok(), is_taken, "{uri}");
        }
    }

    #[test]
    fn user_code_is_short_printable_ascii() {
        for (code, is_taken) in
            [("ABCD-EFGH", true), ("A\\u001b[2JB", false), ("A B", false), ("Ä", false), ("", false)]
        {
            assert_eq!(answer(&with("user_code", &format!("\"{code}\""))).is_ok(), is_taken, "{code}");
        }
        assert!(answer(&with("user_code", &format!("\"{}\"", "A".repeat(33)))).is_err());
    }

    #[test]
    fn refusal_of_the_endpoint_reads_like_any_other() {
        let body = r#"{"error":"unauthorized_client","error_codes":[700016]}"#;
        let answer = HttpAnswer { status: 400, body: body.into(), ..HttpAnswer::default() };
        assert_eq!(read(&answer).unwrap_err().reaction, Reaction::SetUpWrong);
    }
}
