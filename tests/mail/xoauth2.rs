//! The SASL mechanism XOAUTH2: what a client says, and what it is told when it is not let in.

use base64::prelude::{BASE64_STANDARD, Engine as _};

/// What a refused client is told before the last word, as base64.
pub const CHALLENGE: &str = r#"{"status":"400","schemes":"Bearer","scope":"https://outlook.office.com/"}"#;

/// Who wants in, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialResponse {
    pub user: String,
    pub token: String,
}

impl InitialResponse {
    /// Reads `user=` USER ^A `auth=Bearer ` TOKEN ^A ^A in base64, to the letter.
    pub fn read(base64: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64_STANDARD.decode(base64).ok()?).ok()?;
        let (user, rest) = text.strip_prefix("user=")?.split_once('\u{1}')?;
        let token = rest.strip_prefix("auth=Bearer ")?.strip_suffix("\u{1}\u{1}")?;
        let is_plain = !user.is_empty()
            && !token.is_empty()
            && !text.contains('\n')
            && token.bytes().all(|byte| byte.is_ascii_graphic());
        is_plain.then(|| Self { user: user.to_owned(), token: token.to_owned() })
    }

    pub fn write(&self) -> String {
        encode(&format!("user={}\u{1}auth=Bearer {}\u{1}\u{1}", self.user, self.token))
    }
}

pub fn encode(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}

#[test]
fn only_the_exact_form_is_read() {
    let own = InitialResponse { user: "ops@contoso.example".into(), token: "eyJ0.a-b_c".into() };
    assert_eq!(InitialResponse::read(&own.write()), Some(own));
    for wrong in [
        "",
        "user=a\u{1}auth=Bearer t\u{1}",
        "user=a\u{1}auth=Bearer t\u{1}\u{1}\u{1}",
        "user=a\u{1}auth=bearer t\u{1}\u{1}",
        "user=a\u{1}auth=Bearer  t\u{1}\u{1}",
        "user=a\u{1}auth=Bearer t\n\u{1}\u{1}",
        "user=\u{1}auth=Bearer t\u{1}\u{1}",
        "user=a\u{1}auth=Bearer \u{1}\u{1}",
        "n,a=a,\u{1}auth=Bearer t\u{1}\u{1}",
    ] {
        assert_eq!(InitialResponse::read(&encode(wrong)), None, "{wrong:?}");
    }
    assert_eq!(InitialResponse::read("not base64"), None);
}
