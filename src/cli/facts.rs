//! A connection as JSON for programs: all that `show` knows, no secret in it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::app::secret_replacement::OpenReplacement;
use crate::domain::app_registration::CredentialFacts;
use crate::domain::overview::TokenFacts;
use crate::domain::renewal::{RenewalKind, RenewalOutcome};
use crate::domain::{
    AccessFacts, Clock, Destination, Freshness, HandedOver, HeldCopy, Lacking, Lifetime, Outdated, Overview,
    Renewal, Scope, ScopeSet, Trouble, TroubleKind,
};

use super::words;

/// A moment in RFC 3339, UTC, to the second.
pub fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The whole of it.
pub fn connection(overview: &Overview, now: DateTime<Utc>) -> Value {
    let settings = &overview.settings;
    let (step, step_at) = words::next_step_word(overview.next_step(now));
    let held = overview.held_copies(now);
    json!({
        "name": overview.name.as_str(),
        "id": overview.id.as_str(),
        "state": words::need(overview.need(now)),
        "next_step": { "step": step, "at": step_at.map(moment) },
        "client_id": settings.client_id.to_string(),
        "cloud": settings.authority.cloud,
        "authority": settings.authority.login.as_str().trim_end_matches('/'),
        "tenant": settings.tenant.as_str(),
        "mailbox": overview.mailbox(),
        "sign_in_as": settings.sign_in_as.as_ref().map(crate::domain::Mailbox::as_str),
        "way_in": settings.way_in.as_str(),
        "redirect_uri": settings.redirect_uri.as_str(),
        "response_mode": settings.response_mode.as_str(),
        "scope": scopes(&settings.scopes),
        "renews": settings.renewal.policy.as_str(),
        "renew_before_seconds": settings.renewal.before.map(|before| before.span().num_seconds()),
        "credential": credential(overview, now),
        "signed_in_at": overview.tokens.as_ref().map(|tokens| moment(tokens.signed_in_at)),
        "access_token": overview.primary_access().map(|own| access(own, now)),
        "access_tokens": overview.tokens.iter().flat_map(|tokens| tokens.access.iter())
            .map(|own| access(own, now)).collect::<Vec<_>>(),
        "lacking": overview.lacks().map(lacking).collect::<Vec<_>>(),
        "refresh_token": overview.tokens.as_ref().and_then(|tokens| refresh(tokens, now)),
        "trouble": overview.trouble.as_ref().map(trouble),
        "sign_in_open_until": overview.open_attempt(now).map(|attempt| moment(attempt.ends_at())),
        "last_renewal": overview.renewals.last().map(renewal),
        "last_hand_over": held.first().map(copy),
        "hand_overs": held.iter().map(copy).collect::<Vec<_>>(),
    })
}

/// The same, with what is known of all connections of its app registration.
pub fn with_registration(overview: &Overview, open: Option<&OpenReplacement>, now: DateTime<Utc>) -> Value {
    let replacement = open.map(|own| json!({ "proven": own.proven, "connections": own.serves }));
    with(connection(overview, now), json!({ "secret_replacement": replacement }))
}

/// What somebody else holds. `again` tells why it is to be handed over again.
fn copy(copy: &HeldCopy<'_>) -> Value {
    let given = copy.hand_over;
    let (to, path) = match &given.destination {
        Destination::Clipboard => ("clipboard", None),
        Destination::Stdout => ("stdout", None),
        Destination::File(path) => ("file", Some(path.as_str())),
    };
    let format = match &given.what {
        HandedOver::Export(format) => Some(format.as_str()),
        HandedOver::Form(_) | HandedOver::Value(_) => None,
    };
    let again = match copy.freshness {
        Freshness::Current | Freshness::Older => None,
        Freshness::Outdated(Outdated::SecretReplaced) => Some("secret-replaced"),
        Freshness::Outdated(Outdated::SignedInAgain) => Some("signed-in-again"),
        Freshness::Outdated(Outdated::MayBeRevoked) => Some("may-be-revoked"),
        Freshness::Outdated(Outdated::Lapsing(_)) => Some("lapsing"),
    };
    json!({
        "at": moment(given.at),
        "to": given.keeper(),
        "destination": to,
        "path": path,
        "format": format,
        "token_of": given.refresh_token.is_some().then(|| moment(copy.token_of())),
        "refresh_token": given.refresh_token.as_ref().map(ToString::to_string),
        "current": copy.freshness == Freshness::Current,
        "again": again,
    })
}

fn scopes(set: &ScopeSet) -> Vec<&str> {
    set.iter().map(Scope::as_str).collect()
}

fn life(lifetime: Lifetime, clock: Clock, now: DateTime<Utc>) -> Value {
    json!({
        "expires_at": moment(lifetime.expires_at),
        "remaining_seconds": lifetime.remaining(now).num_seconds(),
        "stage": lifetime.stage(clock, now).word(),
        "certainty": lifetime.certainty.label(),
    })
}

fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

fn access(access: &AccessFacts, now: DateTime<Utc>) -> Value {
    let facts = json!({
        "resource": access.audience.as_str(),
        "characters": access.characters,
        "granted_scope": access.granted_scope.as_ref().map(scopes),
        "audience": access.claims.aud,
        "roles": access.claims.roles.as_ref().map(scopes),
    });
    with(life(access.lifetime, Clock::AccessToken, now), facts)
}

/// A resource that is asked for, and has no token or none that renews.
fn lacking(lacking: &Lacking) -> Value {
    json!({ "resource": lacking.audience.as_str(), "trouble": lacking.refusal().map(trouble) })
}

fn refresh(tokens: &TokenFacts, now: DateTime<Utc>) -> Option<Value> {
    let refresh = tokens.refresh.as_ref()?;
    let facts = json!({ "characters": refresh.characters, "fingerprint": refresh.fingerprint.to_string() });
    Some(with(life(refresh.lifetime, Clock::RefreshToken, now), facts))
}

fn credential(overview: &Overview, now: DateTime<Utc>) -> Value {
    match &overview.credential {
        CredentialFacts::Public => json!({ "kind": "public" }),
        CredentialFacts::Missing => json!({ "kind": "missing" }),
        CredentialFacts::Certificate { thumbprint, subject, lifetime } => {
            let facts =
                json!({ "kind": "certificate", "thumbprint": thumbprint.to_string(), "subject": subject });
            with(facts, life(*lifetime, Clock::ClientCredential, now))
        }
        CredentialFacts::Secret { characters, lifetime, entered_at } => {
            let facts =
                json!({ "kind": "secret", "characters": characters, "entered_at": moment(*entered_at) });
            match lifetime {
                Some(lifetime) => with(facts, life(*lifetime, Clock::ClientCredential, now)),
                None => facts,
            }
        }
    }
}

fn trouble(trouble: &Trouble) -> Value {
    let (kind, retry_at) = match trouble.kind {
        TroubleKind::SignInNeeded => ("sign-in-needed", None),
        TroubleKind::ConsentMissing => ("consent-missing", None),
        TroubleKind::SetUpWrong => ("set-up-wrong", None),
        TroubleKind::Restored => ("restored", None),
        TroubleKind::TryLater { retry_at, .. } => ("try-later", Some(moment(retry_at))),
    };
    json!({
        "at": moment(trouble.at),
        "kind": kind,
        "retry_at": retry_at,
        "who_acts": words::who_acts_word(trouble.who),
        "what_happened": trouble.what_happened,
        "what_to_do": trouble.what_to_do,
        "aadsts": trouble.aadsts,
        "trace_id": trouble.trace_id,
        "correlation_id": trouble.correlation_id,
    })
}

fn renewal(renewal: &Renewal) -> Value {
    json!({
        "at": moment(renewal.at),
        "kind": match renewal.kind {
            RenewalKind::SignIn => "sign-in",
            RenewalKind::Refresh => "refresh",
            RenewalKind::ClientCredentials => "client-credentials",
        },
        "outcome": match renewal.outcome {
            RenewalOutcome::Worked | RenewalOutcome::WorkedOddly(_) => "worked",
            RenewalOutcome::WillRetry(_) => "will-retry",
            RenewalOutcome::Failed(_) => "failed",
        },
        "what_happened": renewal.outcome.line(),
    })
}
