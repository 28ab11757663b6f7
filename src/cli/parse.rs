//! Readers of arguments: each says what belongs there.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};

use crate::catalogue::clouds::Cloud;
use crate::catalogue::permissions::{APP_ONLY_PRESETS, AppOnlyPreset, PRESETS, Preset};
use crate::domain::{
    Audience, Authority, ClientId, ConnectionName, Mailbox, RedirectUri, RenewBefore, RenewalPolicy,
    ResponseMode, Scope, ScopeSet, Tenant,
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

/// The mailbox that must sign in, or whoever signs in first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInAs(pub Option<Mailbox>);

pub fn sign_in_as(text: &str) -> Result<SignInAs, &'static str> {
    if text.is_empty() {
        return Ok(SignInAs(None));
    }
    mailbox(text).map(|mailbox| SignInAs(Some(mailbox)))
}

pub fn mailbox(text: &str) -> Result<Mailbox, &'static str> {
    Mailbox::parse(text).ok_or("an address such as ops@contoso.com")
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
    /// How far it can be relied on, where that must be known. The rules of settings tell of EWS.
    pub fn standing_remark(self) -> Option<&'static str> {
        match self {
            Self::Delegated(preset) => preset.standing.remark(),
            Self::AppOnly(_) => None,
        }
    }

    /// Its scopes at an authority.
    pub fn scope_set(self, authority: &Authority) -> ScopeSet {
        match self {
            Self::Delegated(preset) => preset.scope_set_at(authority),
            Self::AppOnly(preset) => preset.scope_set(authority),
        }
    }
}

pub fn preset(text: &str) -> Result<AnyPreset, String> {
    let delegated = Preset::named(text).map(AnyPreset::Delegated);
    delegated
        .or_else(|| AppOnlyPreset::named(text).map(AnyPreset::AppOnly))
        .ok_or_else(|| format!("one of {}; name other permissions with --scope", preset_names().join(", ")))
}

fn preset_names() -> Vec<&'static str> {
    let app_only = APP_ONLY_PRESETS.iter().map(|preset| preset.name);
    PRESETS.iter().map(|preset| preset.name).chain(app_only).collect()
}

/// The preset for a connection with which a person signs in.
pub fn delegated_preset(text: &str) -> Result<&'static Preset, String> {
    let names = || PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ");
    Preset::named(text).ok_or_else(|| format!("one of {}", names()))
}

pub fn scope(text: &str) -> Result<Scope, &'static str> {
    Scope::parse(text).ok_or("a scope is one word such as Mail.Send")
}

pub fn redirect_uri(text: &str) -> Result<RedirectUri, String> {
    RedirectUri::parse(text).map_err(|error| error.to_string())
}

pub fn renewal_policy(text: &str) -> Result<RenewalPolicy, &'static str> {
    RenewalPolicy::parse(text).ok_or("one of automatic, keep-alive, manual")
}

/// A margin of one's own, or the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnMargin(pub Option<RenewBefore>);

pub fn renew_before(text: &str) -> Result<OwnMargin, &'static str> {
    if text.is_empty() {
        return Ok(OwnMargin(None));
    }
    let margin = RenewBefore::parse(text).map(|margin| OwnMargin(Some(margin)));
    margin.ok_or(RenewBefore::EXPECTED)
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

/// A span of days, mostly: a bare number would be taken for what it is not.
pub fn span(text: &str) -> Result<TimeDelta, String> {
    let parsed = humantime::parse_duration(text.trim());
    let span = parsed.map_err(|_| "a time with its unit, such as 14d, 8w or 36h".to_owned())?;
    TimeDelta::from_std(span).map_err(|_| "that is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_unit() {
        assert_eq!((span("14d"), span("8w")), (Ok(TimeDelta::days(14)), Ok(TimeDelta::weeks(8))));
        assert!(span("60").is_err() && span("soon").is_err());
    }

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds() {
        assert_eq!(duration("5m"), Ok(TimeDelta::minutes(5)));
        assert_eq!(duration("90"), Ok(TimeDelta::seconds(90)));
        assert!(duration("soon").is_err());
        assert!(duration("-5m").is_err());
    }
}
