//! The way back to a client: its redirect URI, the mode in which parameters travel, and its state.

use http::{Response, StatusCode};
use hyper::body::Bytes;
use url::{Url, form_urlencoded};

use super::error::{PlatformError, Trace};
use super::parameters::Parameters;
use super::{answer, pages};

/// Where and how the client wants its answer.
pub(super) struct ReturnAddress {
    pub(super) uri: Url,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<String>,
}

/// How parameters travel back (OAuth 2.0 Multiple Response Types, Form Post Response Mode).
#[derive(Clone, Copy)]
pub(super) enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

impl ResponseMode {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, PlatformError> {
        match parameters.get("response_mode") {
            None | Some("query") => Ok(Self::Query),
            Some("fragment") => Ok(Self::Fragment),
            Some("form_post") => Ok(Self::FormPost),
            Some(_) => Err(PlatformError::new(70007)),
        }
    }
}

impl ReturnAddress {
    /// Sends the fields, and the state after them, through the browser.
    pub(super) fn send(mut self, fields: Vec<(&str, String)>) -> Response<Bytes> {
        let state = self.state.take().map(|state| ("state", state));
        let fields: Vec<(&str, String)> = fields.into_iter().chain(state).collect();
        match self.mode {
            ResponseMode::Query => {
                self.uri.query_pairs_mut().extend_pairs(&fields);
                answer::redirect(self.uri.as_str())
            }
            ResponseMode::Fragment => {
                let fragment = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
                self.uri.set_fragment(Some(&fragment));
                answer::redirect(self.uri.as_str())
            }
            ResponseMode::FormPost => {
                answer::page(StatusCode::OK, pages::form_post(self.uri.as_str(), &fields))
            }
        }
    }

    /// Tells the client about an error.
    pub(super) fn refuse(self, error: &PlatformError, trace: &Trace) -> Response<Bytes> {
        let mut fields =
            vec![("error", error.error.clone()), ("error_description", error.description(trace))];
        if error.code == 65004 {
            fields.push(("error_subcode", "cancel".into()));
        }
        self.send(fields)
    }
}

/// Tells the person only: on the platform's own page.
pub(super) fn own_page(error: &PlatformError, trace: &Trace) -> Response<Bytes> {
    answer::page(StatusCode::BAD_REQUEST, pages::error(&error.description(trace)))
}
