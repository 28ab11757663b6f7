//! `list`: every connection, the most urgent first.

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use crate::app::secret_replacement::OpenReplacement;
use crate::app::{Connections, DamagedFile};
use crate::domain::app_registration::CredentialFacts;
use crate::domain::{Clock, Overview};

use super::context::Context;
use super::exit::{CliError, Exit, say, tell};
use super::{facts, output, words};

/// List the connections, lapsing first; no secrets
#[derive(Debug, Args)]
pub struct List {
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let now = services.clock.now();
        let contents = services.contents()?;
        let damaged = contents.damaged.clone();
        // The dashboard's own list, so that the order is the same.
        let mut connections = Connections::default();
        connections.load(contents, now);
        let rows = connections.rows(now);
        let open = open_replacements(&connections);
        if self.json {
            output::print_json(&json(&rows, &open, &damaged, now))?;
        } else if rows.is_empty() {
            say("no connections yet; add one with: tokengauge add NAME --client-id ID");
        } else {
            output::print(&table(&rows, now))?;
            for own in &open {
                say(&format!("a new secret is {}; {}", own.in_words(), own.command()));
            }
        }
        for file in &damaged {
            tell(&file.failure);
        }
        Ok(if damaged.is_empty() { Exit::Ok } else { Exit::Damaged })
    }
}

fn open_replacements(connections: &Connections) -> Vec<OpenReplacement> {
    connections.apps.iter().filter_map(|app| connections.open_replacement(&app.client_id)).collect()
}

fn table(rows: &[&Overview], now: DateTime<Utc>) -> String {
    let headings = ["NAME", "SIGNS IN AS", "STATE", "ACCESS", "REFRESH", "SECRET", "NEXT STEP"];
    let rows: Vec<Vec<String>> = rows.iter().map(|own| row(own, now)).collect();
    words::table(&headings, &rows)
}

fn row(own: &Overview, now: DateTime<Utc>) -> Vec<String> {
    let secret = match (&own.credential, own.lifetime(Clock::ClientCredential)) {
        (CredentialFacts::Secret { .. }, None) => "no date".to_owned(),
        (_, lifetime) => words::lifetime_short(lifetime, Clock::ClientCredential, now),
    };
    vec![
        own.name.to_string(),
        crate::sanitize::sanitize(own.holder().as_deref().unwrap_or("-"), 60),
        words::state(own, now).to_owned(),
        words::lifetime_short(own.lifetime(Clock::AccessToken), Clock::AccessToken, now),
        words::lifetime_short(own.lifetime(Clock::RefreshToken), Clock::RefreshToken, now),
        secret,
        words::next_step(own, now),
    ]
}

fn json(rows: &[&Overview], open: &[OpenReplacement], damaged: &[DamagedFile], now: DateTime<Utc>) -> Value {
    let damaged: Vec<Value> = damaged
        .iter()
        .map(|file| json!({ "file": file.file, "what_happened": file.failure.what_happened }))
        .collect();
    let connection = |own: &&Overview| {
        let open = open.iter().find(|open| open.client_id == own.settings.client_id);
        facts::with_registration(own, open, now)
    };
    json!({
        "connections": rows.iter().map(connection).collect::<Vec<_>>(),
        "damaged": damaged,
    })
}
