//! Readers of arguments: each says what belongs there.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};

use crate::catalogue::clouds::Cloud;
use crate::catalogue::permissions::{AppOnlyPreset, Preset};
use crate::domain::{
    Audience, Authority, ClientId, ConnectionName, Mailbox, RedirectUri, ResponseMode, Scope, ScopeSet,
    Tenant,
};
use crate::export::options::{AccountName, KubernetesName, Prefix};

pub fn name(text: &str) -> Result<ConnectionName, &'static str> {
    ConnectionName::parse(text)
        .ok_or("letters, digits and . _ @ - only, beginning with a letter or digit, at most 64")
}

pub fn client_id(text: &str) -> Result<ClientId, &'static str> {
    ClientId::parse(text)
        .ok_or("a client ID is a GUID (8-4-4-4-12 hex digits); copy it from the Overview page")
}

pub fn tenant(text: &str) -> Result<Tenant, &'static str> {
    Tenant::parse(text)
        .ok_or("a tenant is a GUID, a domain such as contoso.com, or common, organizations, consumers")
}

pub fn audience(text: &str) -> Result<Audience, &'static str> {
    Audience::parse(text)
        .or_else(|| Audience::of_resource(text))
        .ok_or("graph, exchange, or the address of another resource such as https://contoso.crm.dynamics.com")
}

pub fn mailbox(text: &str) -> Result<Mailbox, &'static str> {
    Mailbox::parse(text).ok_or("an address such as ops@contoso.com")
}

/// The mailbox that must sign in, or whoever signs in first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInAs(pub Option<Mailbox>);

pub fn sign_in_as(text: &str) -> Result<SignInAs, &'static str> {
    if text.is_empty() {
        return Ok(SignInAs(None));
    }
    Mailbox::parse(text).map(|mailbox| SignInAs(Some(mailbox))).ok_or("an address such as ops@contoso.com")
}

pub fn cloud(text: &str) -> Result<&'static Cloud, &'static str> {
    Cloud::named(text).ok_or("one of global, gcc-high, dod, china")
}

/// A choice of permissions with a name: those of a person, or `.default` of a resource for the client itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnyPreset {
    /// Where a person signs in.
    Delegated(&'static Preset),
    /// Where the client acts for itself.
    AppOnly(&'static AppOnlyPreset),
}

impl AnyPreset {
    /// Its scopes at an authority.
    pub fn scope_set(self, authority: &Authority) -> ScopeSet {
        match self {
            Self::Delegated(preset) => preset.scope_set(),
            Self::AppOnly(preset) => preset.scope_set(authority),
        }
    }
}

pub fn preset(text: &str) -> Result<AnyPreset, &'static str> {
    let delegated = Preset::named(text).map(AnyPreset::Delegated);
    delegated
        .or_else(|| AppOnlyPreset::named(text).map(AnyPreset::AppOnly))
        .ok_or("one of app-connect, app-only, app-only-exchange; name other permissions with --scope")
}

pub fn scope(text: &str) -> Result<Scope, &'static str> {
    Scope::parse(text).ok_or("a scope is one word such as Mail.Send")
}

pub fn redirect_uri(text: &str) -> Result<RedirectUri, String> {
    RedirectUri::parse(text).map_err(|error| error.to_string())
}

pub fn response_mode(text: &str) -> Result<ResponseMode, &'static str> {
    ResponseMode::parse(text).ok_or("one of query, fragment, form_post")
}

pub fn prefix(text: &str) -> Result<Prefix, &'static str> {
    Prefix::parse(text).ok_or("letters, digits and _ only, not beginning with a digit")
}

pub fn kubernetes_name(text: &str) -> Result<KubernetesName, &'static str> {
    KubernetesName::parse(text).ok_or("small letters, digits and - only, at most 63")
}

pub fn account(text: &str) -> Result<AccountName, &'static str> {
    AccountName::parse(text).ok_or("1 to 128 printable characters, as App Connect shows them")
}

pub fn date(text: &str) -> Result<NaiveDate, &'static str> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
        .map_err(|_| "a date as year-month-day, such as 2027-05-22")
}

pub fn duration(text: &str) -> Result<TimeDelta, String> {
    // A bare number is seconds, as in most tools.
    let parsed = match text.trim().parse::<u64>() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text.trim()),
    };
    let duration = parsed.map_err(|_| "a duration such as 5m, 90s or 1h".to_owned())?;
    TimeDelta::from_std(duration).map_err(|_| "that is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds() {
        assert_eq!(duration("5m"), Ok(TimeDelta::minutes(5)));
        assert_eq!(duration("90"), Ok(TimeDelta::seconds(90)));
        assert!(duration("soon").is_err());
        assert!(duration("-5m").is_err());
    }
}
