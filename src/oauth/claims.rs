//! What can be read in a token: for the eyes and for telling who signed in. Nothing is validated, nothing trusted.
//!
//! Microsoft says that clients must not parse access tokens; those of personal accounts are no JWTs at all. So a token
//! that cannot be read is no error: the claims are empty.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::domain::secret::{AccessToken, IdToken, Secret};
use crate::domain::{Claims, Scope, ScopeSet, SignedInUser};
use crate::sanitize::sanitize;

/// More than any real claim set; a longer one is not looked at.
const LONGEST_PAYLOAD: usize = 64 * 1024;

/// More characters than any real claim has.
const LONGEST_CLAIM: usize = 4096;

/// The claims of an access token that are worth showing.
pub fn claims(token: &AccessToken) -> Claims {
    let Some(payload) = payload(token.expose()) else { return Claims::default() };
    Claims {
        aud: text(&payload, &["aud"]),
        tid: text(&payload, &["tid"]),
        upn: text(&payload, &["upn", "preferred_username", "unique_name"]),
        app: text(&payload, &["app_displayname"]),
        scp: text(&payload, &["scp"]).map(|scp| ScopeSet::parse_lenient(&scp)),
        roles: roles(&payload),
    }
}

/// Who signed in: the id token tells it, else the access token.
pub fn signed_in_user(id_token: Option<&IdToken>, access_token: &AccessToken) -> SignedInUser {
    let tokens = [id_token.map(Secret::expose), Some(access_token.expose())];
    let payloads: Vec<Value> = tokens.into_iter().flatten().filter_map(payload).collect();
    let first = |names: &[&str]| payloads.iter().find_map(|payload| text(payload, names));
    SignedInUser {
        username: first(&["preferred_username", "upn", "unique_name", "email"]),
        name: first(&["name"]),
        oid: first(&["oid"]),
        tid: first(&["tid"]),
    }
}

fn payload(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || payload.len() > LONGEST_PAYLOAD {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object)
}

/// Application permissions: a list of texts.
fn roles(payload: &Value) -> Option<ScopeSet> {
    let roles = payload.get("roles")?.as_array()?;
    Some(roles.iter().take(100).filter_map(Value::as_str).filter_map(Scope::parse).collect())
}

/// The first of these claims that is a text, made printable here once for screen, `show` and files.
fn text(payload: &Value, names: &[&str]) -> Option<String> {
    let text = names.iter().find_map(|name| payload.get(name)?.as_str())?;
    Some(sanitize(text, LONGEST_CLAIM))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> AccessToken {
        AccessToken::new(format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload)))
    }

    #[test]
    fn claims_are_read_where_there_are_any() {
        let claims =
            claims(&token(r#"{"aud":"https://graph.microsoft.com","scp":"Mail.Send User.Read","tid":7}"#));
        assert_eq!(claims.audience_name(), Some("Microsoft Graph"));
        assert_eq!(claims.scp.unwrap().len(), 2);
        assert_eq!(claims.tid, None);
    }

    #[test]
    fn an_opaque_token_has_no_claims() {
        for opaque in ["EwBAAl3BAAUFFpUAo7J3", "", "a.b.c", "a.b.c.d", "..", "e30.W10.x"] {
            assert_eq!(claims(&AccessToken::new(opaque)), Claims::default(), "{opaque}");
        }
    }

    #[test]
    fn claims_are_made_printable() {
        let hostile =
            r#"{"upn":"ops\u001b[2J\u202e@contoso.com","aud":"a\u009bb","scp":"Mail.Send\u202e User.Read"}"#;
        let claims = claims(&token(hostile));
        let user = signed_in_user(None, &token(hostile));
        assert!(claims.upn.is_some() && claims.upn == user.username);
        for raw in ['\u{1b}', '\u{9b}', '\u{202e}'] {
            let shown = [claims.upn.as_deref(), claims.aud.as_deref(), user.username.as_deref()];
            assert!(shown.into_iter().flatten().all(|text| !text.contains(raw)), "{raw:?}");
        }
    }

    #[test]
    fn the_id_token_tells_first_who_signed_in() {
        let id = IdToken::new(token(r#"{"preferred_username":"ops@contoso.com"}"#).expose());
        let user = signed_in_user(Some(&id), &token(r#"{"upn":"x@y.z","oid":"o","tid":"t"}"#));
        assert_eq!((user.username.as_deref(), user.oid.as_deref()), (Some("ops@contoso.com"), Some("o")));
    }
}
