//! Why a paste was not taken, in the rules' one word and in two sentences for the person.

/// Name of a parameter of the authorization response.
pub type ParameterName = &'static str;

/// A paste from which nothing is used and nothing sent. Holds no value out of the paste but the bare server part of
/// an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the paste was refused: {}", self.reason())]
pub enum Refusal {
    /// More bytes than any redirect has, or more pieces than are worth reading.
    TooLong,
    /// Not UTF-8.
    NotText,
    /// Escape sequences, other control characters, or characters that reorder text.
    ControlCharacters,
    /// Nothing but blanks.
    Empty,
    /// An answer, or only an address, of another server, port or page.
    WrongRedirect {
        /// What was pasted as `scheme://host:port`, where it has that much.
        address: Option<String>,
        /// Where this attempt's redirect goes: `host:port`.
        expected: String,
    },
    /// The address that starts the sign-in.
    AuthorizeUrl,
    /// A parameter that decides came twice (RFC 6749 §3.1).
    DuplicateParameter(ParameterName),
    /// A code and an error in one answer.
    AmbiguousResponse,
    /// Two good answers that differ.
    MultipleResponses,
    /// A `%` without two hexadecimal digits after it, or bytes that are not UTF-8.
    BadEncoding(ParameterName),
    /// No `state` (RFC 6749 §10.12).
    StateMissing,
    /// The `state` of another attempt.
    StateMismatch,
    /// The `iss` of another authorization server (RFC 9207 §2.4).
    IssuerMismatch,
    /// No `iss` from a server that sends it.
    IssuerMissing,
    /// A code that is empty, too long or not printable ASCII.
    BadCode,
    /// Tokens instead of a code (RFC 6749 §4.2).
    ImplicitResponse,
    /// The answer to a request for admin consent.
    AdminConsentResponse,
    /// Neither a code nor an error.
    NoCodeFound,
    /// Not the answer to a request for admin consent.
    NoAdminConsentFound,
    /// An access token or ID token.
    LooksLikeToken,
    /// A client secret.
    LooksLikeSecret,
}

impl Refusal {
    /// The rules' word for it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotText => "not_text",
            Self::ControlCharacters => "control_characters",
            Self::Empty => "empty",
            Self::WrongRedirect { .. } => "wrong_redirect",
            Self::AuthorizeUrl => "authorize_url",
            Self::DuplicateParameter(_) => "duplicate_parameter",
            Self::AmbiguousResponse => "ambiguous_response",
            Self::MultipleResponses => "multiple_responses",
            Self::BadEncoding(_) => "bad_encoding",
            Self::StateMissing => "state_missing",
            Self::StateMismatch => "state_mismatch",
            Self::IssuerMismatch => "issuer_mismatch",
            Self::IssuerMissing => "issuer_missing",
            Self::BadCode => "bad_code",
            Self::ImplicitResponse => "implicit_response",
            Self::AdminConsentResponse => "admin_consent_response",
            Self::NoCodeFound => "no_code_found",
            Self::NoAdminConsentFound => "no_admin_consent_found",
            Self::LooksLikeToken => "looks_like_token",
            Self::LooksLikeSecret => "looks_like_secret",
        }
    }

    /// Whether it uses up one of the attempt's tries: not where the person plainly missed the clipboard.
    pub fn counts_as_try(&self) -> bool {
        !matches!(self, Self::Empty | Self::AuthorizeUrl)
    }

    /// What was wrong, for somebody who never heard of OAuth.
    pub fn what_happened(&self) -> String {
        let sentence = match self {
            Self::TooLong => "The clipboard held far more text than the address of one page.",
            Self::NotText => "The clipboard held something that is not text, such as a picture or a file.",
            Self::ControlCharacters => {
                "The pasted text holds hidden control characters, so none of it was used."
            }
            Self::Empty => "Nothing was pasted: the clipboard is empty or holds only blanks.",
            Self::WrongRedirect { address, expected } => return wrong_redirect(address.as_deref(), expected),
            Self::AuthorizeUrl => {
                "This is the address that starts the sign-in, not the one that the browser ended on."
            }
            Self::DuplicateParameter(name) => {
                return format!(
                    "The address gives the value \"{name}\" twice, which a real answer never does."
                );
            }
            Self::AmbiguousResponse => "The address says both that the sign-in worked and that it failed.",
            Self::MultipleResponses => "The pasted text holds two different answers to the sign-in.",
            Self::BadEncoding(name) => {
                return format!(
                    "The value \"{name}\" in the pasted text is damaged: a character is cut in two."
                );
            }
            Self::StateMissing => {
                "The pasted text lacks the value \"state\", which proves that the answer belongs to this sign-in."
            }
            Self::StateMismatch => {
                "This answer belongs to another sign-in, perhaps an earlier one, or the end of it is missing."
            }
            Self::IssuerMismatch => {
                "This answer comes from another sign-in service than the one this sign-in went to."
            }
            Self::IssuerMissing => "The pasted text does not say which sign-in service it comes from.",
            Self::BadCode => "The sign-in code in the pasted text is empty or damaged.",
            Self::ImplicitResponse => {
                "The address carries finished tokens instead of a sign-in code; they were thrown away."
            }
            Self::AdminConsentResponse => {
                "This is the answer to an administrator's consent, which carries no sign-in code."
            }
            Self::NoCodeFound => "No answer to the sign-in was found in the pasted text.",
            Self::NoAdminConsentFound => "No answer of an administrator was found in the pasted text.",
            Self::LooksLikeToken => {
                "This looks like a token, not like the address after a sign-in; it was not kept."
            }
            Self::LooksLikeSecret => {
                "This looks like the secret of an app registration, not like an address; it was not kept."
            }
        };
        sentence.to_owned()
    }

    /// What the person does next.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            Self::TooLong | Self::NotText | Self::Empty | Self::MultipleResponses | Self::NoCodeFound => {
                "Click the browser's address bar, press Ctrl+L and Ctrl+C there, then paste here."
            }
            Self::ControlCharacters => {
                "Copy the address from the browser itself, not from a terminal or a document, then paste it here."
            }
            Self::WrongRedirect { .. } => {
                "Copy the address of the page that the browser ended on after you accepted."
            }
            Self::AuthorizeUrl => {
                "Open it in a browser, sign in and accept, then copy the address of the page you end on."
            }
            Self::DuplicateParameter(_)
            | Self::AmbiguousResponse
            | Self::IssuerMismatch
            | Self::IssuerMissing
            | Self::ImplicitResponse => {
                "Start the sign-in again from here, and paste only the address that the browser ends on."
            }
            Self::BadEncoding(_) | Self::BadCode | Self::StateMissing => {
                "Copy the whole address, from its first character to its last, then paste it here."
            }
            Self::StateMismatch => {
                "Copy the whole address of the newest sign-in page; if it is refused again, start the sign-in anew."
            }
            Self::AdminConsentResponse => {
                "The consent is given: now sign in as usual and paste that address."
            }
            Self::NoAdminConsentFound => {
                "Paste the address their browser ended on; it holds admin_consent=True."
            }
            Self::LooksLikeToken => {
                "Paste the address of the page that the browser ended on; never share the token."
            }
            Self::LooksLikeSecret => {
                "Enter the secret in the connection's settings; paste here only the address of the page you ended on."
            }
        }
    }
}

fn wrong_redirect(address: Option<&str>, expected: &str) -> String {
    match address {
        Some(address) => format!("This address belongs to {address}, not to this sign-in ({expected})."),
        None => format!("This is a part of an address that does not belong to this sign-in ({expected})."),
    }
}
