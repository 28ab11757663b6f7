//! Values whose secrets are masked, so that a preview is written by the same writers as the export.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::ConnectionValues;
use crate::domain::secret::{AccessToken, ClientSecret, RefreshToken, Secret};

/// How values appear in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Appearance {
    /// As they are.
    Clear,
    /// Masked already; what would be encoded stays readable.
    Masked,
}

impl Appearance {
    /// Base64 on one line; a mask is left to be seen.
    pub(super) fn base64<'t>(self, text: &'t str) -> Cow<'t, str> {
        use base64::Engine;
        match self {
            Self::Clear => Cow::Owned(base64::engine::general_purpose::STANDARD.encode(text)),
            Self::Masked => Cow::Borrowed(text),
        }
    }
}

/// Secrets of which the beginning and the length are left.
#[derive(Debug)]
pub(super) struct MaskedSecrets {
    client_secret: Option<ClientSecret>,
    access_token: AccessToken,
    refresh_token: Option<RefreshToken>,
}

impl MaskedSecrets {
    /// `mark` stands four times for what is hidden.
    pub(super) fn of(values: &ConnectionValues<'_>, mark: &str) -> Self {
        Self {
            client_secret: values.client_secret.map(|secret| ClientSecret::new(masked(secret, mark))),
            access_token: AccessToken::new(masked(values.access_token, mark)),
            refresh_token: values.refresh_token.map(|token| RefreshToken::new(masked(token, mark))),
        }
    }

    /// The values with these in place of the secrets.
    pub(super) fn values<'m>(&'m self, values: &ConnectionValues<'m>) -> ConnectionValues<'m> {
        ConnectionValues {
            client_secret: self.client_secret.as_ref(),
            access_token: &self.access_token,
            refresh_token: self.refresh_token.as_ref(),
            ..values.clone()
        }
    }
}

/// Shorter ones are hidden whole: four characters of them would tell too much.
const SHORTEST_WITH_A_BEGINNING: usize = 24;

/// The beginning, by which a person tells one value from another, and the length.
pub(super) fn masked(secret: &impl Secret, mark: &str) -> String {
    let text = secret.expose();
    let count = text.chars().count();
    let shown = if count < SHORTEST_WITH_A_BEGINNING { 0 } else { 4 };
    let beginning: Zeroizing<String> = Zeroizing::new(text.chars().take(shown).collect());
    format!("{}{} {} characters", beginning.as_str(), mark.repeat(4), with_commas(count))
}

/// What stands for a file in base64.
pub(super) fn encoded_file(file: &str, mark: &str) -> String {
    let characters = file.len().div_ceil(3) * 4;
    format!("{} accounts.yaml in base64, {} characters", mark.repeat(4), with_commas(characters))
}

/// 1832 as `1,832`.
fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_the_beginning_and_the_length() {
        let token = AccessToken::new(format!("eyJ0{}", "x".repeat(1828)));
        assert_eq!(masked(&token, "●"), "eyJ0●●●● 1,832 characters");
        assert_eq!(masked(&ClientSecret::new("short~secret"), "*"), "**** 12 characters");
    }

    #[test]
    fn thousands_have_commas() {
        assert_eq!(with_commas(0), "0");
        assert_eq!(with_commas(999), "999");
        assert_eq!(with_commas(1000), "1,000");
        assert_eq!(with_commas(1_234_567), "1,234,567");
    }
}
