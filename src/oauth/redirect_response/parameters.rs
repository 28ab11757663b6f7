//! Parameters of query and fragment, decoded once and strictly (P8 to P10).

use super::{Address, ParameterName, Refusal};

/// The parameters of one answer in their order, names decoded, values as they were written.
pub(super) struct Parameters<'a> {
    pairs: Vec<(String, &'a str)>,
}

/// Parameters that decide: twice is never an accident worth guessing about.
const DECISIVE: [ParameterName; 4] = ["code", "state", "error", "iss"];

/// Everything that an authorization endpoint is known to send back.
const KNOWN: [&str; 17] = [
    "code",
    "state",
    "error",
    "iss",
    "error_description",
    "error_subcode",
    "error_uri",
    "session_state",
    "client_info",
    "access_token",
    "id_token",
    "refresh_token",
    "token_type",
    "expires_in",
    "admin_consent",
    "tenant",
    "cloud_instance_host_name",
];

impl<'a> Parameters<'a> {
    /// Query and fragment together.
    pub(super) fn of(address: &Address<'a>) -> Self {
        let texts = [address.query, address.fragment];
        Self {
            pairs: texts.into_iter().flatten().flat_map(|text| text.split('&')).filter_map(pair).collect(),
        }
    }

    /// An answer whose first value has lost its name.
    pub(super) fn of_code_and_rest(code: &'a str, rest: Self) -> Self {
        let pairs = std::iter::once(("code".to_owned(), code)).chain(rest.pairs).collect();
        Self { pairs }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.written(name).is_some()
    }

    pub(super) fn is_answer(&self) -> bool {
        self.has("code") || self.has("error")
    }

    pub(super) fn has_known_name(&self) -> bool {
        self.pairs.iter().any(|(name, _)| KNOWN.contains(&name.as_str()))
    }

    /// The first decisive parameter that comes twice, even with one value.
    pub(super) fn duplicate(&self) -> Option<ParameterName> {
        DECISIVE.into_iter().find(|name| self.pairs.iter().filter(|(n, _)| n == name).count() > 1)
    }

    /// The decoded value, if the parameter is there.
    pub(super) fn value(&self, name: ParameterName) -> Result<Option<String>, Refusal> {
        self.written(name).map(|raw| decode(raw, Plus::IsBlank).ok_or(Refusal::BadEncoding(name))).transpose()
    }

    fn written(&self, name: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, value)| *value)
    }
}

/// A piece without `=` is a heading of a page rather than a parameter; a name that cannot be read is nobody's.
fn pair(piece: &str) -> Option<(String, &str)> {
    let (name, value) = piece.split_once('=')?;
    Some((decode(name, Plus::IsBlank)?, value))
}

/// What `+` stands for: a blank in form encoding, itself elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Plus {
    IsBlank,
    IsPlus,
}

/// Decodes exactly once. Nothing for a `%` without two hexadecimal digits, or bytes that are not UTF-8.
pub(super) fn decode(text: &str, plus: Plus) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hexadecimal(bytes.next()?)? << 4 | hexadecimal(bytes.next()?)?,
            b'+' if plus == Plus::IsBlank => b' ',
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(query: &str, name: ParameterName) -> Result<Option<String>, Refusal> {
        Parameters::of(&Address::split(query)).value(name)
    }

    #[test]
    fn values_and_names_are_decoded_exactly_once() {
        assert_eq!(value("?code=a%252Fb", "code"), Ok(Some("a%2Fb".into())));
        assert_eq!(value("?c%6fde=a", "code"), Ok(Some("a".into())));
        assert_eq!(value("?c%256fde=a", "code"), Ok(None));
        assert_eq!(value("?code=a=b", "code"), Ok(Some("a=b".into())));
    }

    #[test]
    fn plus_is_a_blank_and_its_escape_is_not() {
        assert_eq!(value("?error_description=a+b%2Bc", "error_description"), Ok(Some("a b+c".into())));
    }

    #[test]
    fn query_and_fragment_count_together() {
        let both = Parameters::of(&Address::split("?code=a#state=b"));
        assert!(both.has("code") && both.has("state"));
        assert_eq!(Parameters::of(&Address::split("?state=a#state=a")).duplicate(), Some("state"));
    }

    #[test]
    fn bad_escapes_and_bad_utf8_are_refused_where_they_are_used() {
        for bad in ["%", "%2", "%GG", "a%", "%+1", "%ff", "%c0%80"] {
            assert_eq!(
                value(&format!("?code={bad}&x=1"), "code"),
                Err(Refusal::BadEncoding("code")),
                "{bad}"
            );
            assert_eq!(value(&format!("?x={bad}&code=1"), "code"), Ok(Some("1".into())), "{bad}");
        }
    }

    #[test]
    fn each_decisive_parameter_may_come_once() {
        for name in ["code", "state", "error", "iss"] {
            assert_eq!(
                Parameters::of(&Address::split(&format!("?{name}=a&{name}=a"))).duplicate(),
                Some(name)
            );
        }
        assert_eq!(Parameters::of(&Address::split("?x=a&x=a")).duplicate(), None);
    }
}
