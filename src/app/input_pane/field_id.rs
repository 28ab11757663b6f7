//! The fields of the form: which there are, and which are shown.

use crate::domain::RenewalPolicy;
use crate::domain::app_registration::CredentialKind;

use super::{AppChoice, InputPane, Purpose};

/// The fields of the form, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldId {
    /// What the connection is called.
    Name,
    /// Choice: a registration already here, or a new one.
    AppRegistration,
    /// Application (client) ID.
    ClientId,
    /// Choice: how the client proves itself.
    Credential,
    /// The secret's value.
    ClientSecret,
    /// Its last date.
    SecretEnds,
    /// Path of the certificate.
    CertificateFile,
    /// Path of its private key.
    KeyFile,
    /// Choice: which cloud.
    Cloud,
    /// The address of a login service of one's own.
    AuthorityUrl,
    /// Tenant.
    Tenant,
    /// Choice: how the connection comes by tokens.
    WayIn,
    /// The mailbox that signs in.
    SignInAs,
    /// Where the browser ends.
    RedirectUri,
    /// Choice: how the answer comes back.
    ResponseMode,
    /// Choice: which permissions.
    Permissions,
    /// Choice: what renews by itself.
    Renewal,
    /// How long before its end an access token is renewed.
    RenewBefore,
}

impl FieldId {
    /// The label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::AppRegistration => "App registration",
            Self::ClientId => "Client ID",
            Self::Credential => "Credential",
            Self::ClientSecret => "Client secret",
            Self::SecretEnds => "Secret ends",
            Self::CertificateFile => "Certificate file",
            Self::KeyFile => "Key file",
            Self::Cloud => "Cloud",
            Self::AuthorityUrl => "Authority",
            Self::Tenant => "Tenant",
            Self::WayIn => "Way in",
            Self::SignInAs => "Sign in as",
            Self::RedirectUri => "Redirect URI",
            Self::ResponseMode => "Response mode",
            Self::Permissions => "Permissions",
            Self::Renewal => "Renews",
            Self::RenewBefore => "Renew before end",
        }
    }
}

impl InputPane {
    /// The fields that are shown, in order: what a chosen registration brings is not asked again, and what a way in has
    /// no use for is not asked at all.
    pub fn fields(&self) -> Vec<FieldId> {
        use FieldId as F;
        let new_app = self.app == AppChoice::New;
        let asked = self.asks_credential();
        let secret = asked && self.credential == CredentialKind::Secret;
        let certificate = asked && self.credential == CredentialKind::Certificate;
        let own_authority = self.authority == self.authorities.len();
        let browser = self.way_in.capture().is_some();
        [
            (F::Name, true),
            (F::AppRegistration, !self.apps.is_empty()),
            (F::ClientId, new_app),
            (F::Credential, asked),
            (F::ClientSecret, secret),
            (F::SecretEnds, secret),
            (F::CertificateFile, certificate),
            (F::KeyFile, certificate),
            (F::Cloud, asked),
            (F::AuthorityUrl, asked && own_authority),
            (F::Tenant, true),
            (F::WayIn, true),
            (F::SignInAs, self.way_in.is_delegated()),
            (F::RedirectUri, browser),
            (F::ResponseMode, browser),
            (F::Permissions, true),
            (F::Renewal, true),
            (F::RenewBefore, self.renewal == RenewalPolicy::Automatic),
        ]
        .into_iter()
        .filter_map(|(field, shown)| shown.then_some(field))
        .collect()
    }

    /// True if the form asks for credential and cloud: a registration already here brings both.
    pub(super) fn asks_credential(&self) -> bool {
        self.app == AppChoice::New || matches!(self.purpose, Purpose::Edit(..))
    }
}
