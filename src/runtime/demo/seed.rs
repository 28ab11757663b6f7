//! The connections that the demo begins with, read from `demo/connections.toml`.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::catalogue::aadsts;
use crate::catalogue::clouds::Resource;
use crate::catalogue::permissions::PRESETS;
use crate::domain::hand_over::Fingerprint;
use crate::domain::secret::{AccessToken, ClientSecret, PrivateKey, RefreshToken};
use crate::domain::{
    AccessGrant, AppRegistration, Attempt, Audience, Authority, Certainty, ClientCredential, ClientId,
    CodeAttempt, Connection, ConnectionName, Consumer, Destination, HandOver, HandedOver, Lifetime, Mailbox,
    PerAudience, RedirectUri, RefreshGrant, Renewal, RenewalKind, RenewalOutcome, ResponseMode, Scope,
    ScopeSet, SecretCredential, Settings, SignedInUser, Tenant, Tokens, Trouble, TroubleKind, Wait, WayIn,
};
use crate::oauth::authorization_request::authorization_request;
use crate::oauth::{certificate, claims, pkce};
use crate::runtime::entropy;
use crate::simulator::Simulator;
use crate::simulator::scenario::{Application, User};
use crate::vault::{Vault, VaultError};

const SEEDS: &str = include_str!("../../../demo/connections.toml");
/// The scenario of many connections on one registration.
const MANY: &str = "one-secret";
const SEEDS_AND: &str = "demo/connections.toml fits its scenario: a test plays it";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seeds {
    connections: Vec<Seed>,
}

/// One connection. Lengths of time count from the start of the demo; negative ones are past.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    name: String,
    app: String,
    tenant: String,
    /// The mailbox; without one the application acts for itself.
    sign_in_as: Option<String>,
    scopes: Vec<String>,
    access_remaining: Option<Span>,
    refresh_remaining: Option<Span>,
    /// Told by the scenario's registration as well; kept here for whoever reads the file.
    #[serde(rename = "secret_ends")]
    _secret_ends: Option<Span>,
    signed_in_ago: Option<Span>,
    last_renewal_ago: Option<Span>,
    problem: Option<u32>,
    #[serde(default)]
    attempt_open: bool,
    #[serde(default)]
    renewals: String,
    /// Whether App Connect was given its values, of the last renewal.
    #[serde(default)]
    handed_over: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Span(TimeDelta);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (sign, length) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
        let length = humantime::parse_duration(length).map_err(|error| error.to_string())?;
        TimeDelta::from_std(length).map(|length| Self(length * sign)).map_err(|error| error.to_string())
    }
}

/// Plants the scenario's registrations and, in the fleet, its connections; elsewhere one connection a mailbox.
pub fn plant(
    simulator: &mut Simulator,
    vault: &Vault,
    authority: &Authority,
    now: DateTime<Utc>,
) -> Result<(), VaultError> {
    let applications = simulator.scenario().applications.clone();
    for application in &applications {
        let mut app = registration(application, authority, now);
        vault.lock_app(&app.client_id, std::time::Duration::ZERO)?.save(&mut app)?;
    }
    for seed in seeds(simulator) {
        vault.create_connection(&connection(&seed, simulator, authority, now))?;
    }
    Ok(())
}

fn seeds(simulator: &Simulator) -> Vec<Seed> {
    let scenario = simulator.scenario();
    if scenario.name == "fleet" {
        return toml::from_str::<Seeds>(SEEDS).expect(SEEDS_AND).connections;
    }
    let application = scenario.applications.first();
    if let Some(application) = application.filter(|own| acts_for_itself(own)) {
        return vec![application_seed(application)];
    }
    let mailboxes = scenario.users.iter().filter(|user| user.mailbox);
    if let (MANY, Some(application)) = (scenario.name.as_str(), application) {
        let seed = |(place, user)| seed_of_many(place, user, application);
        return mailboxes.enumerate().map(seed).collect();
    }
    mailboxes
        .zip(application.into_iter().cycle())
        .map(|(user, application)| fresh_seed(&user.upn, application))
        .collect()
}

/// Nobody can sign in to it: there is nowhere to send the answer, and application permissions are what it asks for.
fn acts_for_itself(application: &Application) -> bool {
    let uris = &application.redirect_uris;
    !application.roles.is_empty() && uris.web.is_empty() && uris.public.is_empty()
}

fn application_seed(application: &Application) -> Seed {
    let name = application.name.to_ascii_lowercase().replace(' ', "-");
    Seed { name, sign_in_as: None, scopes: Vec::new(), ..fresh_seed("", application) }
}

fn fresh_seed(upn: &str, application: &Application) -> Seed {
    Seed {
        name: upn.replace('@', "-at-"),
        app: application.client_id.clone(),
        tenant: application.tenant.clone(),
        sign_in_as: Some(upn.to_owned()),
        scopes: match application.permissions.as_slice() {
            [] => PRESETS[0].scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            registered => {
                let own = std::iter::once(Scope::OFFLINE_ACCESS.to_owned());
                registered.iter().cloned().chain(own).collect()
            }
        },
        access_remaining: None,
        refresh_remaining: None,
        _secret_ends: None,
        signed_in_ago: None,
        last_renewal_ago: None,
        problem: None,
        attempt_open: false,
        renewals: String::new(),
        handed_over: false,
    }
}

/// Signed in three months ago and renewed since; every fifth was handed over, every nineteenth waits for its sign-in.
fn seed_of_many(place: usize, user: &User, application: &Application) -> Seed {
    let (mailbox, tenant) = user.upn.split_once('@').unwrap_or((&user.upn, ""));
    let tenant_name = tenant.split('.').next().unwrap_or(tenant);
    let ago = |minutes| Some(Span(TimeDelta::minutes(minutes)));
    let fresh = Seed {
        name: format!("{tenant_name}-{mailbox}"),
        tenant: tenant.to_owned(),
        ..fresh_seed(&user.upn, application)
    };
    if place % 19 == 18 {
        return fresh;
    }
    let minutes = i64::try_from(place).unwrap_or(0);
    Seed {
        access_remaining: ago(66 - minutes),
        refresh_remaining: Some(Span(TimeDelta::days(90) - TimeDelta::minutes(minutes + 4))),
        signed_in_ago: Some(Span(TimeDelta::days(92))),
        last_renewal_ago: ago(minutes + 4),
        renewals: "●●●●●●●●".to_owned(),
        handed_over: place % 5 == 2,
        ..fresh
    }
}

fn registration(application: &Application, authority: &Authority, now: DateTime<Utc>) -> AppRegistration {
    let secret = application.secrets.first().map(|secret| {
        let ends_at = secret.end.map(|end| end.counted_from(now));
        ClientCredential::Secret(SecretCredential {
            value: ClientSecret::new(secret.value.clone()),
            ends_on: ends_at.map(|end| end.date_naive()),
            entered_at: secret_entered_at(now),
        })
    });
    AppRegistration {
        client_id: ClientId::parse(&application.client_id).expect(SEEDS_AND),
        authority: authority.clone(),
        generation: 0,
        credential: secret.or_else(|| certificate(application)).unwrap_or(ClientCredential::Public),
        replacement: None,
    }
}

/// The certificate of the scenario whose key is given to the demo.
fn certificate(application: &Application) -> Option<ClientCredential> {
    let (pem, key) = application.certificates.iter().find_map(|own| Some((&own.pem, own.key.as_ref()?)))?;
    let read = certificate::read(pem, &PrivateKey::new(key.as_str())).expect(SEEDS_AND);
    Some(ClientCredential::Certificate(read))
}

fn connection(
    seed: &Seed,
    simulator: &mut Simulator,
    authority: &Authority,
    now: DateTime<Utc>,
) -> Connection {
    let name = ConnectionName::parse(&seed.name).expect(SEEDS_AND);
    let mut connection = Connection::new(entropy::connection_id(), name, settings(seed, authority));
    connection.tokens = tokens(seed, simulator, authority, now);
    connection.trouble = seed.problem.map(|code| trouble(code, connection.tokens.is_some(), now));
    connection.attempt = seed.attempt_open.then(|| attempt(&connection.settings, now));
    connection.renewals = renewals(seed, connection.trouble.as_ref(), now);
    if let Some(tokens) = connection.tokens.as_ref().filter(|_| seed.handed_over) {
        connection.note_hand_over(hand_over(tokens, now));
    }
    connection
}

/// To App Connect's form, since the last renewal.
fn hand_over(tokens: &Tokens, now: DateTime<Utc>) -> HandOver {
    HandOver {
        at: tokens.renewed_at(),
        what: HandedOver::Form(Consumer::AppConnect),
        destination: Destination::Clipboard,
        set: tokens.refresh.as_ref().map(|refresh| refresh.lifetime.starts_at),
        refresh_token: tokens.refresh.as_ref().map(|refresh| Fingerprint::of(&refresh.current)),
        client_secret: Some(secret_entered_at(now)),
    }
}

/// Half a year of use behind it, so that the gauge shows how much of its life is over.
fn secret_entered_at(now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::days(165)
}

fn settings(seed: &Seed, authority: &Authority) -> Settings {
    let own = |scope: &Scope| !scope.is_openid() || scope.as_str() == "offline_access";
    Settings {
        client_id: ClientId::parse(&seed.app).expect(SEEDS_AND),
        authority: authority.clone(),
        tenant: Tenant::parse(&seed.tenant).expect(SEEDS_AND),
        sign_in_as: seed.sign_in_as.as_deref().and_then(Mailbox::parse),
        way_in: if seed.sign_in_as.is_some() { WayIn::default() } else { WayIn::ClientCredentials },
        redirect_uri: RedirectUri::parse(RedirectUri::DEFAULT).expect("the default is a redirect URI"),
        response_mode: ResponseMode::Query,
        renewal: crate::domain::RenewalRule::default(),
        scopes: match &seed.sign_in_as {
            Some(_) => seed.scopes.iter().filter_map(|scope| Scope::parse(scope)).filter(own).collect(),
            None => [Resource::Graph.default_scope(authority)].into_iter().collect(),
        },
    }
}

fn tokens(
    seed: &Seed,
    simulator: &mut Simulator,
    authority: &Authority,
    now: DateTime<Utc>,
) -> Option<Tokens> {
    let remaining = seed.access_remaining?.0;
    let signed_in_at = now - seed.signed_in_ago.map_or(TimeDelta::zero(), |span| span.0);
    let renewed_at = seed.last_renewal_ago.map_or(signed_in_at, |span| now - span.0);
    let expires_at = now + remaining;
    let scopes: Vec<&str> = seed.scopes.iter().map(String::as_str).collect();
    let life = expires_at - renewed_at;
    let Some(upn) = &seed.sign_in_as else {
        let lifetime = Lifetime { starts_at: renewed_at, expires_at, certainty: Certainty::Known };
        let access = simulator.issue_application_token(&seed.app, renewed_at, life);
        return Some(application_tokens(AccessToken::new(access), lifetime));
    };
    let mut grants = by_audience(&seed.scopes, authority).into_iter().map(|(audience, scopes)| {
        let names: Vec<&str> = scopes.iter().map(Scope::as_str).collect();
        let token = simulator.issue_access_token(&seed.app, upn, &names, renewed_at, life);
        let token = AccessToken::new(token);
        AccessGrant {
            audience,
            claims: claims::claims(&token),
            token,
            lifetime: Lifetime { starts_at: renewed_at, expires_at, certainty: Certainty::Known },
            granted_scope: Some(scopes),
        }
    });
    let mut access = PerAudience::new(grants.next()?);
    grants.for_each(|grant| access.put(grant));
    let refresh = seed.refresh_remaining.map(|span| RefreshGrant {
        current: RefreshToken::new(simulator.issue_refresh_token(
            &seed.app,
            upn,
            &scopes,
            signed_in_at,
            renewed_at,
        )),
        previous: None,
        unanswered_at: None,
        lifetime: refresh_lifetime(now + span.0, signed_in_at, renewed_at),
    });
    Some(Tokens {
        user: claims::signed_in_user(None, &access.primary().token),
        access,
        lacking: Vec::new(),
        refresh,
        signed_in_at,
        way_in: WayIn::default(),
    })
}

/// The permissions by the resource that they belong to, Graph first.
fn by_audience(scopes: &[String], authority: &Authority) -> Vec<(Audience, ScopeSet)> {
    let mut all: Vec<(Audience, ScopeSet)> = Vec::new();
    for scope in scopes.iter().filter_map(|scope| Scope::parse(scope)) {
        let Some(audience) = Audience::of_scope(&scope, authority) else { continue };
        match all.iter_mut().find(|(own, _)| *own == audience) {
            Some((_, set)) => drop(set.insert(scope)),
            None => all.push((audience, [scope].into_iter().collect())),
        }
    }
    all.sort_by_key(|(audience, _)| *audience != Audience::Graph);
    all
}

/// What client credentials bring: no refresh token, and nobody who signed in.
fn application_tokens(token: AccessToken, lifetime: Lifetime) -> Tokens {
    Tokens {
        user: SignedInUser::default(),
        signed_in_at: lifetime.starts_at,
        access: PerAudience::new(AccessGrant {
            audience: Audience::Graph,
            claims: claims::claims(&token),
            token,
            lifetime,
            granted_scope: None,
        }),
        lacking: Vec::new(),
        refresh: None,
        way_in: WayIn::ClientCredentials,
    }
}

/// The usual estimate where it fits; a shorter end is one that the tenant's policy has taught, counted from the sign-in.
fn refresh_lifetime(
    expires_at: DateTime<Utc>,
    signed_in_at: DateTime<Utc>,
    renewed_at: DateTime<Utc>,
) -> Lifetime {
    let estimate = Lifetime::estimated_refresh(renewed_at);
    if (estimate.expires_at - expires_at).abs() < TimeDelta::days(2) {
        estimate
    } else {
        Lifetime { starts_at: signed_in_at, expires_at, certainty: Certainty::Learned }
    }
}

fn trouble(code: u32, has_tokens: bool, now: DateTime<Utc>) -> Trouble {
    let known = aadsts::explain(code).expect(SEEDS_AND);
    Trouble {
        at: now - TimeDelta::minutes(2),
        kind: match code {
            90_055 => TroubleKind::TryLater {
                retry_at: now + TimeDelta::seconds(47),
                attempt: 2,
                wait: Wait::BackOff,
            },
            65_001 => TroubleKind::ConsentMissing,
            7_000_222 => TroubleKind::SetUpWrong,
            _ => TroubleKind::SignInNeeded,
        },
        who: known.who,
        what_happened: format!("{} (AADSTS{code})", known.what_happened),
        what_to_do: known.what_to_do.to_owned(),
        aadsts: Some(code),
        trace_id: has_tokens.then(entropy::request_guid),
        correlation_id: Some(entropy::request_guid()),
    }
}

fn attempt(settings: &Settings, now: DateTime<Utc>) -> Attempt {
    let (state, code_verifier) = (pkce::state(&entropy::bytes()), pkce::code_verifier(&entropy::bytes()));
    Attempt::Code(CodeAttempt {
        authorization_request: authorization_request(
            settings,
            &settings.redirect_uri,
            &state,
            &code_verifier,
            None,
        ),
        state,
        code_verifier,
        redirect_uri: settings.redirect_uri.clone(),
        started_at: now - TimeDelta::minutes(3),
        wrong_pastes: 0,
        failed_redemptions: 0,
    })
}

/// One renewal an hour, the last one when the set was renewed or the trouble arose.
fn renewals(seed: &Seed, trouble: Option<&Trouble>, now: DateTime<Utc>) -> Vec<Renewal> {
    let last =
        trouble.map_or_else(|| now - seed.last_renewal_ago.map_or(TimeDelta::zero(), |s| s.0), |t| t.at);
    let line = trouble
        .map_or_else(|| "the platform asks for a pause (HTTP 429)".to_owned(), |t| t.what_happened.clone());
    let marks: Vec<char> = seed.renewals.chars().collect();
    let count = i32::try_from(marks.len()).unwrap_or(0);
    (1..)
        .zip(marks)
        .map(|(place, mark)| Renewal {
            at: last - TimeDelta::minutes(63) * (count - place),
            kind: match seed.sign_in_as {
                Some(_) => RenewalKind::Refresh,
                None => RenewalKind::ClientCredentials,
            },
            outcome: match mark {
                '▲' => RenewalOutcome::WillRetry(line.clone()),
                '✕' => RenewalOutcome::Failed(line.clone()),
                _ => RenewalOutcome::Worked,
            },
        })
        .collect()
}
