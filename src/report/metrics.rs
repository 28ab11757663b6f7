//! The Prometheus text format (version 0.0.4), as a scrape or the node exporter's textfile folder takes it.
//!
//! Moments are seconds since 1970, as its guidelines want: `tokengauge_refresh_token_expiry_timestamp_seconds - time()` is
//! what is left.

use chrono::{DateTime, Utc};
use prometheus::core::Collector;
use prometheus::{Encoder, GaugeVec, Opts, Registry, TextEncoder};

use crate::domain::lapse::{Lapsing, first_lapses};
use crate::domain::need::NextStep;
use crate::domain::{Need, Overview};

/// The text, with a line end at the end. `damaged` records could not be read.
pub fn metrics(connections: &[Overview], damaged: usize, now: DateTime<Utc>) -> String {
    let registry = Registry::new();
    for own in gauges(connections, damaged, now) {
        registry.register(own).expect("names differ");
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text).expect("memory takes what is written");
    String::from_utf8(text).expect("labels are text")
}

fn gauges(connections: &[Overview], damaged: usize, now: DateTime<Utc>) -> Vec<Box<dyn Collector>> {
    let all: Vec<GaugeVec> = vec![
        access_tokens(connections),
        refresh_tokens(connections),
        credentials(connections),
        last_renewals(connections),
        last_outcomes(connections),
        of_each(
            connections,
            "sign_in_needed",
            "1 if a person has to sign in, or an administrator to consent",
            |own| needs_sign_in(own, now),
        ),
        of_each(connections, "needs_you", "1 if nothing works until a person acts", |own| {
            own.need(now) == Need::NeedsYou
        }),
        damaged_records(damaged),
    ];
    all.into_iter().map(|own| Box::new(own) as Box<dyn Collector>).collect()
}

fn gauge(name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    GaugeVec::new(Opts::new(format!("tokengauge_{name}"), help), labels).expect("names and labels are plain")
}

fn seconds(moment: DateTime<Utc>) -> f64 {
    moment.timestamp() as f64
}

fn access_tokens(connections: &[Overview]) -> GaugeVec {
    let labels = ["connection", "resource"];
    let all = gauge("access_token_expiry_timestamp_seconds", "When the access token ends", &labels);
    for own in connections {
        for access in own.tokens.iter().flat_map(|tokens| tokens.access.iter()) {
            let labels = [own.name.as_str(), access.audience.as_str()];
            all.with_label_values(&labels).set(seconds(access.lifetime.expires_at));
        }
    }
    all
}

fn refresh_tokens(connections: &[Overview]) -> GaugeVec {
    let labels = ["connection", "certainty"];
    let help = "When the refresh token ends unless it is used before";
    let all = gauge("refresh_token_expiry_timestamp_seconds", help, &labels);
    for (own, lifetime) in connections.iter().filter_map(|own| Some((own, own.refresh_lifetime()?))) {
        let labels = [own.name.as_str(), lifetime.certainty.label()];
        all.with_label_values(&labels).set(seconds(lifetime.expires_at));
    }
    all
}

fn credentials(connections: &[Overview]) -> GaugeVec {
    let labels = ["client_id", "kind"];
    let help = "When the client secret or certificate of an app registration ends";
    let all = gauge("client_credential_expiry_timestamp_seconds", help, &labels);
    for lapse in first_lapses(connections) {
        if let Lapsing::ClientCredential { client_id, noun } = lapse.what {
            let labels = [client_id.to_string(), noun.replace(' ', "_")];
            all.with_label_values(&labels).set(seconds(lapse.at));
        }
    }
    all
}

fn last_renewals(connections: &[Overview]) -> GaugeVec {
    let help = "When tokens were last asked for, by a renewal or a sign-in";
    let all = gauge("last_renewal_timestamp_seconds", help, &["connection"]);
    for (own, last) in connections.iter().filter_map(|own| Some((own, own.renewals.last()?))) {
        all.with_label_values(&[own.name.as_str()]).set(seconds(last.at));
    }
    all
}

fn last_outcomes(connections: &[Overview]) -> GaugeVec {
    let all = gauge("last_renewal_success", "1 if that brought tokens", &["connection"]);
    for (own, last) in connections.iter().filter_map(|own| Some((own, own.renewals.last()?))) {
        all.with_label_values(&[own.name.as_str()]).set(truth(last.outcome.worked()));
    }
    all
}

fn of_each(connections: &[Overview], name: &str, help: &str, holds: impl Fn(&Overview) -> bool) -> GaugeVec {
    let all = gauge(name, help, &["connection"]);
    for own in connections {
        all.with_label_values(&[own.name.as_str()]).set(truth(holds(own)));
    }
    all
}

fn damaged_records(damaged: usize) -> GaugeVec {
    let all = gauge("damaged_records", "Records of the vault that cannot be read", &[]);
    all.with_label_values::<&str>(&[]).set(damaged as f64);
    all
}

fn needs_sign_in(own: &Overview, now: DateTime<Utc>) -> bool {
    match own.next_step(now) {
        NextStep::SignIn
        | NextStep::SignInAgain
        | NextStep::PasteAddress
        | NextStep::EnterCode
        | NextStep::AskConsent
        | NextStep::AskAdministrator => true,
        NextStep::GetToken
        | NextStep::MendSettings
        | NextStep::MendDisk
        | NextStep::AcceptRestored
        | NextStep::ReplaceSecret
        | NextStep::RenewBefore(_)
        | NextStep::SignInBefore(_)
        | NextStep::HandOverAgain
        | NextStep::RenewOnRequest { .. }
        | NextStep::RenewsAt(_)
        | NextStep::RetriesAt(_)
        | NextStep::EndsAt(_) => false,
    }
}

fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}
