//! What a person may choose about a format, parsed at the door.

/// All choices; each format reads its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Of [`Format::Env`](super::Format::Env): how values are quoted.
    pub quote: Quote,
    /// Of [`Format::Env`](super::Format::Env): what stands before each name.
    pub prefix: Prefix,
    /// Of manifests: the namespace, left to `kubectl` where it is not said.
    pub namespace: Option<KubernetesName>,
    /// Of manifests: the name of the Secret, made of the connection's where it is not said.
    pub secret_name: Option<KubernetesName>,
    /// Of [`Format::KubernetesSecret`](super::Format::KubernetesSecret).
    pub secret_encoding: SecretEncoding,
    /// Of App Connect's accounts: which account.
    pub account: AccountName,
    /// Of a new accounts file: what its keys are called.
    pub key_style: KeyStyle,
}

/// How values stand in a `.env` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quote {
    /// `'value'`: nothing in it means anything to a shell, to systemd or to a reader of `.env` files.
    #[default]
    Single,
    /// `"value"`, with backslashes before `"`, `\`, `$` and a back-tick.
    Double,
    /// The bare value to the end of the line, as `docker run --env-file` takes it.
    None,
}

impl Quote {
    /// The command line's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Double => "double",
            Self::None => "none",
        }
    }
}

/// What stands before each name of a `.env` file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefix(String);

impl Prefix {
    /// Reads the beginning of a shell name: letters, digits and `_`, not beginning with a digit, at most 64; or nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let good = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let starts_well = !text.starts_with(|c: char| c.is_ascii_digit());
        (good && starts_well && text.len() <= 64).then(|| Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name or namespace of Kubernetes: a DNS label (RFC 1123).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubernetesName(String);

impl KubernetesName {
    /// Reads small letters, digits and `-`, beginning and ending with a letter or digit, at most 63.
    pub fn parse(text: &str) -> Option<Self> {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let whole = !text.is_empty() && text.len() <= 63 && text.bytes().all(good);
        (whole && !text.starts_with('-') && !text.ends_with('-')).then(|| Self(text.to_owned()))
    }

    /// Made of a connection's name: what a label cannot hold becomes `-`, what is too long is cut.
    pub(super) fn of_connection(name: &str, ending: &str) -> Self {
        let small = name.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let room = 63 - ending.len();
        let kept = small.get(..room.min(small.len())).unwrap_or(&small).trim_matches('-');
        Self(format!("{kept}{ending}"))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How values stand in a Kubernetes Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecretEncoding {
    /// As text under `stringData`, which the cluster encodes itself.
    #[default]
    Text,
    /// In base64 under `data`.
    Base64,
}

/// The name of an account in App Connect: that which the flow was built with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// Reads 1 to 128 printable characters.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let good = (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        good.then(|| Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for AccountName {
    /// The name that App Connect gives a first account.
    fn default() -> Self {
        Self("Account 1".to_owned())
    }
}

/// What the keys of new credentials are called. App Connect's connectors differ in it, and of this one none is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyStyle {
    /// `clientId`, `accessToken`, `refreshToken`.
    #[default]
    Plain,
    /// `clientIdentity`, `accessTokenBasicOauth`, `refreshTokenBasicOauth`.
    BasicOauth,
}

impl KeyStyle {
    /// The command line's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::BasicOauth => "basic-oauth",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_begins_a_shell_name() {
        for good in ["", "EXCHANGE_", "_x9"] {
            assert!(Prefix::parse(good).is_some(), "{good}");
        }
        for bad in ["9A", "A-", "A B", "Ä", "A=", "$(id)"] {
            assert!(Prefix::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn every_connection_makes_a_kubernetes_name() {
        for name in ["contoso", "Ops@Contoso.com", "a_", "x--", &"x".repeat(64), "0"] {
            let made = KubernetesName::of_connection(name, "-exchange-accounts");
            assert_eq!(KubernetesName::parse(made.as_str()), Some(made.clone()), "{name}");
        }
        for bad in ["", "A", "-a", "a-", "a.b", "a b"] {
            assert_eq!(KubernetesName::parse(bad), None, "{bad}");
        }
    }
}
