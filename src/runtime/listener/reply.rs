//! What a browser is answered: never a code, a `state`, a token or a word of the platform's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use sha2::{Digest, Sha256};
use url::Url;

use super::pages::{self, Page};

/// Every answer that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// The answer has come.
    Arrived,
    /// It had come before.
    ArrivedBefore,
    /// The page that sends the fragment back.
    SendFragmentBack,
    /// On to the platform.
    Forward(Url),
    /// The one-time address was used.
    NoLonger,
    /// A browser that looks ahead is to come again when the person does.
    NotAhead,
    /// Not the answer that is awaited, or not addressed to us.
    NotAwaited,
    /// Nothing is here.
    NotFound,
    /// Only this method is taken here.
    OnlyMethod(&'static str),
    /// A longer body than any answer has.
    TooLong,
    /// Not a form.
    NotAForm,
}

impl Reply {
    fn status(&self) -> StatusCode {
        match self {
            Self::Arrived | Self::ArrivedBefore | Self::SendFragmentBack => StatusCode::OK,
            Self::Forward(_) => StatusCode::FOUND,
            Self::NoLonger => StatusCode::GONE,
            Self::NotAhead => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotAwaited => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::OnlyMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    fn page(&self) -> Option<Page> {
        match self {
            Self::Arrived => Some(pages::ARRIVED),
            Self::ArrivedBefore => Some(pages::ARRIVED_BEFORE),
            Self::SendFragmentBack => Some(pages::SEND_FRAGMENT_BACK),
            Self::NoLonger => Some(pages::NO_LONGER),
            Self::NotAwaited => Some(pages::NOT_AWAITED),
            Self::NotFound => Some(pages::NOT_FOUND),
            Self::Forward(_) | Self::NotAhead | Self::OnlyMethod(_) | Self::TooLong | Self::NotAForm => None,
        }
    }

    /// As it goes out.
    pub(super) fn response(&self) -> Response<Full<Bytes>> {
        let page = self.page();
        let body = page.as_ref().map(Page::html).unwrap_or_default();
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, ascii(&policy(page.as_ref())));
        if page.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        }
        match self {
            Self::Forward(address) => {
                headers.insert(header::LOCATION, ascii(address.as_str()));
            }
            Self::OnlyMethod(method) => {
                headers.insert(header::ALLOW, HeaderValue::from_static(method));
            }
            _ => {}
        }
        response
    }
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("addresses and policies are visible ASCII")
}

/// Nothing is loaded, nothing frames us; style and script are those of the page, by their digests.
fn policy(page: Option<&Page>) -> String {
    let style = page.map(|_| format!("; style-src '{}'", digest(pages::STYLE))).unwrap_or_default();
    let action = match page.and_then(|page| page.script) {
        Some(script) => format!("; script-src '{}'; form-action 'self'", digest(script)),
        None => "; form-action 'none'".to_owned(),
    };
    format!("default-src 'none'; base-uri 'none'; frame-ancestors 'none'{style}{action}")
}

fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}
