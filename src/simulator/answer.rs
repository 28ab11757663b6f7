//! How answers are put together: headers that every answer carries, JSON, pages, redirects.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use hyper::body::Bytes;
use serde_json::Value;

/// Marks an answer that must never arrive: the server shell closes the connection instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionDropped;

/// A JSON answer that no cache may keep (RFC 6749 §5.1).
pub(super) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    answer(status, "application/json; charset=utf-8", body.to_string())
}

/// A page of HTML.
pub(super) fn page(status: StatusCode, html: String) -> Response<Bytes> {
    let mut response = answer(status, "text/html; charset=utf-8", html);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

/// 302 to an address that was made by [`url::Url`] and so fits a header.
pub(super) fn redirect(address: &str) -> Response<Bytes> {
    let mut response = answer(StatusCode::FOUND, "text/html; charset=utf-8", String::new());
    let location = HeaderValue::from_str(address).expect("a serialised URL is printable ASCII");
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// An answer that the shell turns into a closed connection.
pub(super) fn dropped() -> Response<Bytes> {
    let mut response = answer(StatusCode::BAD_GATEWAY, "text/plain", String::new());
    response.extensions_mut().insert(ConnectionDropped);
    response
}

/// Any other body.
pub(super) fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Adds a header whose value may not fit one; then it is left out.
pub(super) fn set(response: &mut Response<Bytes>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}
