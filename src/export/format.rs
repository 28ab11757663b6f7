//! The formats by name, with what a person has to know before choosing one.

use super::mail::MailProgram;

/// A form in which connection values leave for a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The four fields of App Connect's form, to be read and pasted.
    Card,
    /// One flat JSON object.
    Json,
    /// Assignments for a shell, systemd or a container.
    Env,
    /// A Kubernetes Secret.
    KubernetesSecret,
    /// The accounts file of App Connect.
    AccountsYaml,
    /// That file for the App Connect operator: a Secret and the Configuration that names it.
    AppConnectOperator,
    /// A Postman environment.
    Postman,
    /// What `curl -K` reads: the request header with the access token.
    CurlConfig,
    /// A credential for `n8n import:credentials`.
    N8n,
    /// Lines for a muttrc that ask our command for the token.
    Mutt,
    /// The same for mbsync.
    Mbsync,
    /// The same for msmtp.
    Msmtp,
}

impl Format {
    /// All of them, in the order offered.
    pub const ALL: [Self; 12] = [
        Self::Card,
        Self::Json,
        Self::Env,
        Self::KubernetesSecret,
        Self::AccountsYaml,
        Self::AppConnectOperator,
        Self::Postman,
        Self::CurlConfig,
        Self::N8n,
        Self::Mutt,
        Self::Mbsync,
        Self::Msmtp,
    ];

    /// The command line's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Json => "json",
            Self::Env => "env",
            Self::KubernetesSecret => "kubernetes-secret",
            Self::AccountsYaml => "accounts-yaml",
            Self::AppConnectOperator => "app-connect-operator",
            Self::Postman => "postman",
            Self::CurlConfig => "curl-config",
            Self::N8n => "n8n",
            Self::Mutt => "mutt",
            Self::Mbsync => "mbsync",
            Self::Msmtp => "msmtp",
        }
    }

    /// Reads the command line's word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// What it is called in a list.
    pub fn title(self) -> &'static str {
        match self {
            Self::Card => "Four-field card",
            Self::Json => "JSON",
            Self::Env => ".env file",
            Self::KubernetesSecret => "Kubernetes Secret",
            Self::AccountsYaml => "App Connect accounts.yaml",
            Self::AppConnectOperator => "App Connect operator",
            Self::Postman => "Postman environment",
            Self::CurlConfig => "curl config",
            Self::N8n => "n8n credential",
            Self::Mutt => "mutt or neomutt",
            Self::Mbsync => "mbsync",
            Self::Msmtp => "msmtp",
        }
    }

    /// What it is for, in one line.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Card => "The four values under the labels of App Connect's form, to paste from",
            Self::Json => "One flat object with RFC 6749 names, for programs and vault kv put",
            Self::Env => "Assignments for a shell, systemd or a container",
            Self::KubernetesSecret => "A Secret for kubectl apply",
            Self::AccountsYaml => "The accounts file of App Connect, new or patched",
            Self::AppConnectOperator => "Configuration and Secret for the App Connect operator",
            Self::Postman => "An environment for Postman's import",
            Self::CurlConfig => "The Authorization header as curl -K reads it; access token only",
            Self::N8n => "A Microsoft Outlook credential for n8n import:credentials",
            Self::Mutt => "Lines for a muttrc; no secret in them, they ask tokengauge token",
            Self::Mbsync => "An account for mbsync; no secret in it, it asks tokengauge token",
            Self::Msmtp => "An account for msmtp; no secret in it, it asks tokengauge token",
        }
    }

    /// The file name to offer, for a connection of this name.
    pub fn file_name(self, connection: &str) -> String {
        match self {
            Self::Card => format!("{connection}-card.txt"),
            Self::Json => format!("{connection}.json"),
            Self::Env => format!("{connection}.env"),
            Self::KubernetesSecret => format!("{connection}-secret.yaml"),
            Self::AccountsYaml => "accounts.yaml".to_owned(),
            Self::AppConnectOperator => format!("{connection}-app-connect.yaml"),
            Self::Postman => format!("{connection}.postman_environment.json"),
            Self::CurlConfig => format!("{connection}.curl"),
            Self::N8n => format!("{connection}-n8n.json"),
            Self::Mutt => format!("{connection}.muttrc"),
            Self::Mbsync => format!("{connection}.mbsyncrc"),
            Self::Msmtp => format!("{connection}.msmtprc"),
        }
    }

    /// The mail program whose configuration it is: that asks our command for a token, and so holds none.
    pub fn mail_program(self) -> Option<MailProgram> {
        match self {
            Self::Card
            | Self::Json
            | Self::Env
            | Self::KubernetesSecret
            | Self::AccountsYaml
            | Self::AppConnectOperator
            | Self::Postman
            | Self::CurlConfig
            | Self::N8n => None,
            Self::Mutt => Some(MailProgram::Mutt),
            Self::Mbsync => Some(MailProgram::Mbsync),
            Self::Msmtp => Some(MailProgram::Msmtp),
        }
    }

    /// True if the text holds a secret.
    pub fn holds_secrets(self) -> bool {
        self.mail_program().is_none()
    }

    /// True if the consumer gets a refresh token to renew by itself: a copy that grows old when the token is renewed here.
    pub fn is_push_copy(self) -> bool {
        self.holds_secrets() && self != Self::CurlConfig
    }

    /// True if App Connect is to read it.
    pub fn is_for_app_connect(self) -> bool {
        matches!(self, Self::Card | Self::AccountsYaml | Self::AppConnectOperator)
    }

    /// True if the consumer has a field for the client secret, which it needs to renew.
    pub fn wants_client_secret(self) -> bool {
        self.is_for_app_connect() || self == Self::N8n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in Format::ALL {
            assert_eq!(Format::named(format.name()), Some(format));
        }
        assert_eq!(Format::named("yaml"), None);
    }

    #[test]
    fn whatever_gives_a_refresh_token_away_holds_secrets() {
        assert!(Format::ALL.into_iter().all(|format| format.holds_secrets() || !format.is_push_copy()));
    }
}
