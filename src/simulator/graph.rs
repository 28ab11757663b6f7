//! A corner of Graph: the calls that prove a connection, with the checks and errors of the real ones.

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Trace;
use super::mint::AccessTokenClaims;
use super::scenario::User;
use super::scope::Resource;
use super::{Simulator, answer};

/// A refusal in Graph's own shape.
struct GraphError {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

const NOT_SIGNED: GraphError = GraphError {
    status: StatusCode::UNAUTHORIZED,
    code: "InvalidAuthenticationToken",
    message: "The access token is empty or was not issued by this platform.",
};
const EXPIRED: GraphError = GraphError {
    status: StatusCode::UNAUTHORIZED,
    code: "InvalidAuthenticationToken",
    message: "The access token has expired or is not valid yet.",
};
const WRONG_AUDIENCE: GraphError = GraphError {
    status: StatusCode::UNAUTHORIZED,
    code: "InvalidAuthenticationToken",
    message: "The access token was issued for another audience.",
};
const ACCESS_DENIED: GraphError = GraphError {
    status: StatusCode::FORBIDDEN,
    code: "ErrorAccessDenied",
    message: "The access token does not hold the permission that this call needs.",
};
const NO_MAILBOX: GraphError = GraphError {
    status: StatusCode::NOT_FOUND,
    code: "MailboxNotEnabledForRESTAPI",
    message: "The user has no mailbox in Exchange Online.",
};
const NO_SUCH_CALL: GraphError = GraphError {
    status: StatusCode::NOT_FOUND,
    code: "ResourceNotFound",
    message: "There is no such resource in the simulation.",
};

const NEEDS_A_USER: GraphError = GraphError {
    status: StatusCode::BAD_REQUEST,
    code: "BadRequest",
    message: "/me is for tokens of a user: an application names the mailbox, /users/{id}.",
};

const NOBODY: GraphError = GraphError {
    status: StatusCode::NOT_FOUND,
    code: "Request_ResourceNotFound",
    message: "Nobody in this tenant has that name or object ID.",
};

/// The calls that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    /// `/me`, `/users/{id}`.
    Profile,
    /// `…/mailFolders/inbox`.
    Inbox,
    /// `…/calendars`.
    Calendars,
    /// `…/contacts`.
    Contacts,
}

impl Call {
    /// What is called, and whose it is: `None` is whoever holds the token.
    pub(super) fn of(path: &str) -> Option<(Self, Option<&str>)> {
        let (whose, rest) = match path.strip_prefix("users/") {
            Some(path) => {
                let (user, rest) = path.split_once('/').unwrap_or((path, ""));
                (Some(user), rest)
            }
            None => (None, path.strip_prefix("me")?.trim_start_matches('/')),
        };
        let call = match rest {
            "" => Self::Profile,
            "mailFolders/inbox" => Self::Inbox,
            "calendars" => Self::Calendars,
            "contacts" => Self::Contacts,
            _ => return None,
        };
        Some((call, whose))
    }

    /// Delegated permissions of which any one is enough.
    fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Profile => &["User.Read", "User.ReadWrite", "User.Read.All", "User.ReadWrite.All"],
            Self::Inbox => &["Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"],
            Self::Calendars => {
                &["Calendars.ReadBasic", "Calendars.Read", "Calendars.Read.Shared", "Calendars.ReadWrite"]
            }
            Self::Contacts => &["Contacts.Read", "Contacts.ReadWrite"],
        }
    }

    /// Application permissions of which any one is enough.
    fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Profile => &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All"],
            Self::Inbox => &["Mail.ReadBasic", "Mail.ReadBasic.All", "Mail.Read", "Mail.ReadWrite"],
            Self::Calendars => &["Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite"],
            Self::Contacts => &["Contacts.Read", "Contacts.ReadWrite"],
        }
    }

    fn body(self, user: &User) -> Value {
        let id = |kind: &str| format!("AAMk{kind}{}", user.oid.replace('-', ""));
        match self {
            Self::Profile => json!({
                "@odata.context": context("users/$entity"),
                "id": user.oid,
                "displayName": user.name,
                "mail": user.mailbox.then_some(&user.upn),
                "userPrincipalName": user.upn,
            }),
            Self::Inbox => json!({
                "@odata.context": context("users('me')/mailFolders/$entity"),
                "id": id("Inbox"),
                "displayName": "Inbox",
                "parentFolderId": id("Root"),
                "childFolderCount": 2,
                "unreadItemCount": 5,
                "totalItemCount": 120,
            }),
            Self::Calendars => json!({
                "@odata.context": context("users('me')/calendars"),
                "value": [{ "id": id("Calendar"), "name": "Calendar", "canEdit": true }],
            }),
            Self::Contacts => json!({
                "@odata.context": context("users('me')/contacts"),
                "value": [{ "id": id("Contact"), "displayName": "Dana Whitlock" }],
            }),
        }
    }
}

fn context(of: &str) -> String {
    format!("https://graph.microsoft.com/v1.0/$metadata#{of}")
}

impl Simulator {
    pub(super) fn graph(&self, path: &str, request: &Request<Bytes>, trace: &Trace) -> Response<Bytes> {
        let mut response = match self.graph_call(path, request, trace) {
            Ok(body) => answer::json(StatusCode::OK, &body),
            Err(error) => error.to_response(trace),
        };
        answer::set(&mut response, "request-id", &trace.id);
        response
    }

    fn graph_call(&self, path: &str, request: &Request<Bytes>, trace: &Trace) -> Result<Value, GraphError> {
        let token = bearer(request).ok_or(NOT_SIGNED)?;
        let claims = self.mint.verify(token).ok_or(NOT_SIGNED)?;
        let now = trace.now.timestamp();
        if now >= claims.exp || now < claims.nbf {
            return Err(EXPIRED);
        }
        if claims.aud != Resource::Graph.audience() {
            return Err(WRONG_AUDIENCE);
        }
        let (call, whose) = Call::of(path).filter(|_| request.method() == Method::GET).ok_or(NO_SUCH_CALL)?;
        let user = self.mailbox(&claims, call, whose)?;
        // The profile is in the directory; everything else is in the mailbox.
        if !user.mailbox && !matches!(call, Call::Profile) {
            return Err(NO_MAILBOX);
        }
        Ok(call.body(user))
    }

    /// Whose data the token opens.
    fn mailbox(
        &self,
        claims: &AccessTokenClaims,
        call: Call,
        whose: Option<&str>,
    ) -> Result<&User, GraphError> {
        let own = self.scenario.user(&claims.upn);
        let whose_name = whose.map(percent_encoding_removed);
        let named = whose_name
            .as_deref()
            .and_then(|whose| self.scenario.user(whose).or_else(|| self.scenario.user_by_oid(whose)));
        let (user, is_allowed) = match (own, whose) {
            (None, None) => return Err(NEEDS_A_USER),
            (None, Some(_)) => {
                let user = named.filter(|user| self.scenario.home(&user.tenant).id == claims.tid);
                (user.ok_or(NOBODY)?, call.roles().iter().any(|role| has_role(claims, role)))
            }
            (Some(own), whose) => {
                let is_own = whose.is_none() || named.is_some_and(|user| user.oid == own.oid);
                (own, is_own && call.permissions().iter().any(|permission| holds(claims, permission)))
            }
        };
        if is_allowed { Ok(user) } else { Err(ACCESS_DENIED) }
    }
}

/// A path segment as it was meant.
fn percent_encoding_removed(segment: &str) -> String {
    // A form's decoder takes `+` for a blank; in a path it stands for itself.
    let pair = format!("x={}", segment.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

fn has_role(claims: &AccessTokenClaims, role: &str) -> bool {
    claims.roles.iter().any(|name| name.eq_ignore_ascii_case(role))
}

fn holds(claims: &AccessTokenClaims, permission: &str) -> bool {
    claims.scp.split(' ').any(|name| name.eq_ignore_ascii_case(permission))
}

/// The token of the `Authorization` header (RFC 6750 §2.1).
pub(super) fn bearer(request: &Request<Bytes>) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A fault's refusal in Graph's shape.
pub(super) fn refused(
    status: StatusCode,
    code: &str,
    message: Option<&str>,
    retry_after: Option<u32>,
    trace: &Trace,
) -> Response<Bytes> {
    let mut response = error_response(status, code, message.unwrap_or("The scenario says so."), trace);
    if let Some(seconds) = retry_after {
        answer::set(&mut response, "retry-after", &seconds.to_string());
    }
    response
}

/// A fault's status in Graph's shape, with `Retry-After` in seconds.
pub(super) fn throttled(status: StatusCode, retry_after: Option<u32>, trace: &Trace) -> Response<Bytes> {
    let (code, message) = match status {
        StatusCode::TOO_MANY_REQUESTS => ("TooManyRequests", "Too many requests: wait before the next."),
        _ => ("UnknownError", "The service could not answer."),
    };
    refused(status, code, Some(message), retry_after, trace)
}

impl GraphError {
    fn to_response(&self, trace: &Trace) -> Response<Bytes> {
        error_response(self.status, self.code, self.message, trace)
    }
}

fn error_response(status: StatusCode, code: &str, message: &str, trace: &Trace) -> Response<Bytes> {
    let body = json!({ "error": {
        "code": code,
        "message": message,
        "innerError": {
            "date": trace.now.format("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": trace.id,
            "client-request-id": trace.correlation_id,
        },
    }});
    let mut response = answer::json(status, &body);
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"\", error=\"invalid_token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
