//! A corner of Graph: the calls that prove a connection, with the checks and errors of the real ones.

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Bytes;
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

/// The calls that exist.
#[derive(Clone, Copy)]
enum Call {
    Me,
    Inbox,
    Calendars,
    Contacts,
}

impl Call {
    fn of(path: &str) -> Option<Self> {
        match path {
            "me" => Some(Self::Me),
            "me/mailFolders/inbox" => Some(Self::Inbox),
            "me/calendars" => Some(Self::Calendars),
            "me/contacts" => Some(Self::Contacts),
            _ => None,
        }
    }

    /// Permissions of which any one is enough.
    fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Me => &["User.Read", "User.ReadWrite"],
            Self::Inbox => &["Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"],
            Self::Calendars => {
                &["Calendars.ReadBasic", "Calendars.Read", "Calendars.Read.Shared", "Calendars.ReadWrite"]
            }
            Self::Contacts => &["Contacts.Read", "Contacts.ReadWrite"],
        }
    }

    fn body(self, user: &User) -> Value {
        let id = |kind: &str| format!("AAMk{kind}{}", user.oid.replace('-', ""));
        match self {
            Self::Me => json!({
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
        let call = Call::of(path).filter(|_| request.method() == Method::GET).ok_or(NO_SUCH_CALL)?;
        if !call.permissions().iter().any(|permission| holds(&claims, permission)) {
            return Err(ACCESS_DENIED);
        }
        let user = self.scenario.user(&claims.upn).ok_or(NOT_SIGNED)?;
        // The profile is in the directory; everything else is in the mailbox.
        if !user.mailbox && !matches!(call, Call::Me) {
            return Err(NO_MAILBOX);
        }
        Ok(call.body(user))
    }
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

/// A fault's status in Graph's shape, with `Retry-After` in seconds.
pub(super) fn throttled(status: StatusCode, retry_after: Option<u32>, trace: &Trace) -> Response<Bytes> {
    let (code, message) = match status {
        StatusCode::TOO_MANY_REQUESTS => ("TooManyRequests", "Too many requests: wait before the next."),
        _ => ("UnknownError", "The service could not answer."),
    };
    let mut response = GraphError { status, code, message }.to_response(trace);
    if let Some(seconds) = retry_after {
        answer::set(&mut response, "retry-after", &seconds.to_string());
    }
    response
}

impl GraphError {
    fn to_response(&self, trace: &Trace) -> Response<Bytes> {
        let body = json!({ "error": {
            "code": self.code,
            "message": self.message,
            "innerError": {
                "date": trace.now.format("%Y-%m-%dT%H:%M:%S").to_string(),
                "request-id": trace.id,
                "client-request-id": trace.correlation_id,
            },
        }});
        let mut response = answer::json(self.status, &body);
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"\", error=\"invalid_token\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
