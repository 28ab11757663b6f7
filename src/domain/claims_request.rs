//! The `claims` parameter of an authorization request (OpenID Connect Core §5.5): what policy wants of the next sign-in.

/// A JSON object of at most 4 KiB, printable ASCII: it travels in an address. No secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimsRequest(String);

/// An address of more than some 8 KiB is cut by browsers and proxies.
const LONGEST: usize = 4_096;

impl ClaimsRequest {
    /// Takes the text of a JSON object. Whether it is JSON inside its braces is for the reader of the answer to know.
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let good = text.len() <= LONGEST && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        (good && text.starts_with('{') && text.ends_with('}')).then_some(Self(text))
    }

    /// The JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_that_fits_an_address_is_taken() {
        assert!(ClaimsRequest::parse(r#"{"access_token":{}}"#).is_some());
        for bad in ["", "x", "{", "[]", "{\u{1b}}", "{é}", &format!("{{{}}}", " ".repeat(4_096))] {
            assert_eq!(ClaimsRequest::parse(bad), None);
        }
    }
}
