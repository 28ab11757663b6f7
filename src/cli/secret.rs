//! `secret`: a new client secret takes the place of the old one, once it is proven.
//!
//! It renews one connection first, then the others, eight at a time. What is proven is noted at once, so that the command can
//! be ended at any moment and be gone on with.

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::app::Failure;
use crate::app::secret_replacement::{OldCopy, connections, old_copies, proof_in_words};
use crate::domain::app_registration::SecretEnded;
use crate::domain::{
    AppRegistration, ClientCredential, ClientId, ConnectionId, ConnectionName, Overview, Proof, ProofCount,
    ProofRow, ProofRun, ProofState, ReplacementError, SecretCredential, Unproven, Verdict,
};
use crate::runtime::exchange::{ExchangeError, NewSecret, NotSaved, prove_secret};
use crate::runtime::secret_replacement::{
    EndError, go_back_to_old_secret, take_new_secret, take_proven_secret,
};
use crate::runtime::services::Services;
use crate::sanitize::sanitize;

use super::context::{Context, LastWord, wait};
use super::exit::{CliError, Exit, say};
use super::secret_input::SecretOptions;
use super::{output, parse, words};

/// Replace the client secret of an app registration: proven on real renewals before the old one goes
///
/// The new secret is asked for on the terminal, or read from stdin or a file. One connection is renewed with it first, then
/// the others; each uses it from then on. The old one goes when all that can renew are proven. Until then both are kept, and
/// each connection uses the one that works for it.
#[derive(Debug, Args)]
#[group(skip)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command, each on or off")]
pub struct ReplaceSecret {
    /// The app registration, by its application (client) ID
    #[arg(value_name = "CLIENT-ID", value_parser = parse::client_id)]
    client_id: ClientId,
    #[command(flatten)]
    secret: SecretOptions,
    /// Last date of the new client secret, as the portal shows it
    #[arg(long, value_name = "DATE", value_parser = parse::date)]
    secret_expires: Option<NaiveDate>,
    /// The connection to be renewed first
    #[arg(long, value_name = "NAME", value_parser = parse::name)]
    first: Option<ConnectionName>,
    /// Go on with a replacement that was begun
    #[arg(long, conflicts_with_all = ["secret_stdin", "secret_file", "secret_expires", "abandon", "take"])]
    resume: bool,
    /// Go back to the old secret for all connections; the new one is forgotten
    #[arg(long, conflicts_with_all = ["secret_stdin", "secret_file", "secret_expires", "first", "take"])]
    abandon: bool,
    /// Take the new secret for all connections, proven or not; the old one is forgotten
    #[arg(long, conflicts_with_all = ["secret_stdin", "secret_file", "secret_expires", "first"])]
    take: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Token requests in the air.
const AT_ONCE: usize = 8;

/// How the proving ended.
struct Proved {
    run: ProofRun,
    /// What stood in the way of all, or of the output.
    failed: Option<CliError>,
    /// Another program has ended the replacement, or begun another.
    overtaken: Option<ReplacementError>,
    /// The first answer that came and is not saved; `failed` tells it.
    not_saved: Option<Box<NotSaved>>,
}

/// Where a replacement stands in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The new secret is the registration's, the old one is gone.
    Replaced,
    /// The same, by another program, while this one was proving.
    ReplacedByAnother,
    /// Both are kept.
    BothKept,
    /// The old secret is the registration's.
    OldKept,
}

impl End {
    fn is_replaced(self) -> bool {
        matches!(self, Self::Replaced | Self::ReplacedByAnother)
    }
}

impl ReplaceSecret {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let app =
            services.vault.app_registration(&self.client_id)?.ok_or_else(|| unknown(&self.client_id))?;
        let served = served(&services, &self.client_id)?;
        match () {
            () if self.abandon => self.go_back(&services, &app, served.len()),
            () if self.take => {
                take_new_secret(&services, &self.client_id).map_err(|error| not_ended(&error))?;
                self.tell_end(&services, None, End::Replaced)?;
                Ok(Exit::Ok)
            }
            () => self.prove(&services, &app, &served),
        }
    }

    fn go_back(&self, services: &Services, app: &AppRegistration, served: usize) -> Result<Exit, CliError> {
        go_back_to_old_secret(services, &self.client_id).map_err(|error| not_ended(&error))?;
        let proven = app.replacement.as_ref().map_or(0, |own| own.proven_for.len());
        say(&format!("{proven} of {} go back to the old secret", connections(served)));
        self.tell_end(services, None, End::OldKept)?;
        Ok(Exit::Ok)
    }

    fn prove(
        &self,
        services: &Services,
        app: &AppRegistration,
        served: &[Overview],
    ) -> Result<Exit, CliError> {
        check_credential(app, served)?;
        say(&format!("This secret serves {}.", connections(served.len())));
        let secret = self.new_secret(services, app)?;
        let is_proven =
            |id: &ConnectionId| app.replacement.as_ref().is_some_and(|own| own.proven_for.contains(id));
        let mut run = ProofRun::new(served, is_proven, services.clock.now());
        self.put_first(&mut run)?;
        let is_held = secret == NewSecret::Held;
        let candidate = match (&secret, &app.replacement) {
            (NewSecret::Given(given), _) => Some(given.clone()),
            (NewSecret::Held, held) => held.as_ref().map(|own| own.candidate.clone()),
        };
        let Proved { run, failed, overtaken: by_another, .. } =
            wait(services, prove_all(services, run, secret, self.json))
                .inspect_err(|_| self.tell_how_to_go_on(services))?;
        if let Some(error) = failed {
            self.tell_how_to_go_on(services);
            return Err(error);
        }
        let overtaken = |error| self.end_of_another(services, app, candidate.as_ref(), error);
        let end = match (by_another, run.verdict()) {
            (Some(error), _) => overtaken(error)?,
            (None, Some(Verdict::AllProven)) => {
                match take_proven_secret(services, &self.client_id, &run.proven()) {
                    Ok(()) => End::Replaced,
                    Err(EndError::Replacement(error)) => overtaken(error)?,
                    Err(error) => return Err(not_ended(&error)),
                }
            }
            (None, Some(Verdict::Partly) | None) => End::BothKept,
            // The record holds both, whoever uses the new one.
            (None, Some(Verdict::Wrong | Verdict::Untried)) if is_held => End::BothKept,
            (None, Some(Verdict::Wrong | Verdict::Untried)) => End::OldKept,
        };
        self.tell_end(services, Some(&run), end)?;
        Ok(exit(&run.count(), end))
    }

    /// What another program has made of the replacement meanwhile. If it took the same secret, nothing is left to do.
    fn end_of_another(
        &self,
        services: &Services,
        before: &AppRegistration,
        candidate: Option<&SecretCredential>,
        error: ReplacementError,
    ) -> Result<End, CliError> {
        let app = services.vault.app_registration(&self.client_id)?;
        match app {
            Some(app) if candidate.is_some_and(|candidate| app.has_taken(candidate)) => {
                Ok(End::ReplacedByAnother)
            }
            Some(app) if app.replacement.is_none() && app.credential == before.credential => {
                Err(CliError::new(
                    Exit::Refused,
                    "another program has gone back to the old secret meanwhile, for all connections",
                    format!("begin anew, if it is to be replaced: tokengauge secret {}", self.client_id),
                ))
            }
            _ => Err(not_ended(&error.into())),
        }
    }

    /// Given by the person, or held since it was begun.
    fn new_secret(&self, services: &Services, app: &AppRegistration) -> Result<NewSecret, CliError> {
        if self.resume {
            let held = app.replacement.as_ref().ok_or(ReplacementError::NoneUnderWay);
            return held.map(|_| NewSecret::Held).map_err(|error| not_ended(&error.into()));
        }
        if let Some(own) = app.replacement.as_ref().filter(|_| !self.secret.is_given()) {
            return Err(CliError::new(
                Exit::Refused,
                format!("a new secret is being proven already; {} use it", connections(own.proven_for.len())),
                "go on with --resume, take it for all with --take, or go back with --abandon",
            ));
        }
        SecretCredential::check_end(self.secret_expires, services.clock.now()).map_err(|error| {
            CliError::Told(Exit::Refused, Failure::of_error(&error, SecretEnded::WHAT_TO_DO))
        })?;
        let given = SecretCredential {
            value: self.secret.read()?,
            ends_on: self.secret_expires,
            entered_at: services.clock.now(),
        };
        app.may_prove(&given).map_err(|error| not_ended(&error.into()))?;
        // Given once more: what was begun with it is gone on with, and not begun anew should it be given up meanwhile.
        if app.replacement.is_some() {
            return Ok(NewSecret::Held);
        }
        if self.secret_expires.is_none() {
            say("no end date: give --secret-expires DATE, and tokengauge warns before it lapses");
        }
        Ok(NewSecret::Given(given))
    }

    fn put_first(&self, run: &mut ProofRun) -> Result<(), CliError> {
        let Some(name) = &self.first else { return Ok(()) };
        let id = run.rows().iter().find(|row| row.name.is_same(name)).map(|row| row.id.clone());
        let id = id.ok_or_else(|| {
            let what_happened = format!("{name} is no connection of {}", self.client_id);
            CliError::new(
                Exit::Usage,
                what_happened,
                "name one that tokengauge list shows with this client ID",
            )
        })?;
        run.begin_with(&id);
        Ok(())
    }

    /// What was proven before this ended early is kept.
    fn tell_how_to_go_on(&self, services: &Services) {
        let app = services.vault.app_registration(&self.client_id).ok().flatten();
        match app.and_then(|app| app.replacement) {
            Some(own) => say(&format!(
                "both secrets are kept, {} use the new one; go on: tokengauge secret {} --resume",
                connections(own.proven_for.len()),
                self.client_id
            )),
            None => say("nothing was changed: the old secret is kept"),
        }
    }

    fn tell_end(&self, services: &Services, run: Option<&ProofRun>, end: End) -> Result<(), CliError> {
        let served = served(services, &self.client_id)?;
        let copies = if end.is_replaced() { old_copies(&served) } else { Vec::new() };
        if self.json {
            return output::print_json(&self.json(run, end, &copies, &served));
        }
        for line in end_lines(end, run, self.client_id) {
            say(&line);
        }
        if !copies.is_empty() {
            output::print_line("Still with the old secret, to be handed over again:")?;
        }
        for copy in &copies {
            output::print_line(&copy_line(copy, &served))?;
        }
        Ok(())
    }

    fn json(&self, run: Option<&ProofRun>, end: End, copies: &[OldCopy], served: &[Overview]) -> Value {
        let rows = run.map(|run| run.rows().iter().map(|row| row_json(row, end)).collect::<Vec<_>>());
        let copies = copies.iter().map(|copy| {
            json!({
                "connection": name_of(copy, served),
                "keeper": sanitize(&copy.hand_over.keeper(), 300),
                "handed_over_at": copy.hand_over.at,
            })
        });
        json!({
            "client_id": self.client_id.to_string(),
            "result": match end {
                End::Replaced | End::ReplacedByAnother => "replaced",
                End::BothKept => "both-kept",
                End::OldKept => "old-kept",
            },
            "connections": rows,
            "hand_over_again": copies.collect::<Vec<_>>(),
        })
    }
}

/// The connections of the registration, as they may be shown.
fn served(services: &Services, client_id: &ClientId) -> Result<Vec<Overview>, CliError> {
    let all = services.contents()?.connections;
    Ok(all.into_iter().filter(|own| own.settings.client_id == *client_id).collect())
}

fn unknown(client_id: &ClientId) -> CliError {
    CliError::new(
        Exit::SetUpWrong,
        format!("no connection here uses the app registration {client_id}"),
        "tokengauge show NAME tells the client ID of a connection",
    )
}

/// A certificate is replaced together with its key, and a public client has nothing to replace.
fn check_credential(app: &AppRegistration, served: &[Overview]) -> Result<(), CliError> {
    let name = served.first().map_or("NAME", |own| own.name.as_str());
    match app.credential {
        ClientCredential::Secret(_) => Ok(()),
        ClientCredential::Certificate(_) => Err(CliError::new(
            Exit::SetUpWrong,
            "this app registration proves itself with a certificate, not with a secret",
            format!("replace it with: tokengauge edit {name} --certificate FILE --certificate-key FILE"),
        )),
        ClientCredential::Public => Err(CliError::new(
            Exit::SetUpWrong,
            "this app registration is a public client, which has no secret",
            format!("give it one with: tokengauge edit {name} --secret-stdin"),
        )),
    }
}

fn not_ended(error: &EndError) -> CliError {
    match error {
        EndError::Vault(error) => error.clone().into(),
        EndError::Replacement(_) => CliError::Told(Exit::Refused, error.failure()),
    }
}

impl LastWord for Proved {
    fn not_saved(&self) -> Option<&NotSaved> {
        self.not_saved.as_deref()
    }
}

/// One after the other until one is proven, then eight at a time; each is told as it ends.
async fn prove_all(services: &Services, mut run: ProofRun, secret: NewSecret, quiet: bool) -> Proved {
    let (mut failed, mut not_saved, mut overtaken) = (None, None, None);
    let mut in_the_air = JoinSet::new();
    let mut secret = secret;
    for row in run.rows() {
        failed = failed.or(tell_row(row, quiet).err());
    }
    loop {
        // What is under way comes to its end; nothing more is begun.
        let goes_on = failed.is_none() && overtaken.is_none() && !services.leaving.is_told();
        let room = if goes_on { AT_ONCE - in_the_air.len() } else { 0 };
        for id in run.begin_next(room, |_| true) {
            let (services, secret) = (services.clone(), secret.clone());
            in_the_air.spawn(async move {
                let proof = prove_secret(&services, &id, &secret).await;
                (id, proof)
            });
        }
        let Some(ended) = in_the_air.join_next().await else { break };
        let (id, proof) = match ended {
            Ok(ended) => ended,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let proof = match proof {
            Ok(proof) => proof,
            // What another program has ended says nothing of this connection.
            Err(ExchangeError::Replacement(error)) => {
                overtaken.get_or_insert(error);
                continue;
            }
            Err(error) => {
                let hindered = Proof::Unproven(Unproven::Hindered(error.failure().what_happened));
                match error {
                    // Where its sealed copy is must be told whatever else there is to tell.
                    ExchangeError::NotSaved(_) if not_saved.is_some() => failure_of(&error).tell(),
                    ExchangeError::NotSaved(own) => {
                        failed = Some(CliError::Told(Exit::LocalIo, own.failure()));
                        not_saved = Some(own);
                    }
                    error => {
                        failed.get_or_insert_with(|| failure_of(&error));
                    }
                }
                hindered
            }
        };
        if proof == Proof::Proven {
            // From now on the record holds it.
            secret = NewSecret::Held;
        }
        run.take(&id, proof);
        let row = run.rows().iter().find(|row| row.id == id);
        failed = failed.or(row.and_then(|row| tell_row(row, quiet).err()));
    }
    Proved { run, failed, overtaken, not_saved }
}

fn failure_of(error: &ExchangeError) -> CliError {
    let exit = match error {
        ExchangeError::Stopped => return CliError::Quiet(Exit::Terminated),
        ExchangeError::NotSaved(_) => Exit::LocalIo,
        ExchangeError::Vault(error) => Exit::of_vault(error),
        _ => Exit::SetUpWrong,
    };
    CliError::Told(exit, error.failure())
}

/// A line of the result for a row that has come to its end.
fn tell_row(row: &ProofRow, quiet: bool) -> Result<(), CliError> {
    match &row.state {
        ProofState::Ended(proof) if !quiet => output::print_line(&row_line(row, proof)),
        _ => Ok(()),
    }
}

fn row_line(row: &ProofRow, proof: &Proof) -> String {
    match proof_in_words(proof, &words::moment) {
        (word, why) if why.is_empty() => format!("{}: {word}", row.name),
        (word, why) => format!("{}: {word}, {}", row.name, sanitize(&why, 300)),
    }
}

fn row_json(row: &ProofRow, end: End) -> Value {
    let (word, why) = match &row.state {
        ProofState::Ended(proof) => proof_in_words(proof, &words::moment),
        ProofState::Waiting | ProofState::Renewing if end == End::ReplacedByAnother => {
            ("not tried", "another program has taken the new secret for all".to_owned())
        }
        ProofState::Waiting | ProofState::Renewing => ("waiting", String::new()),
    };
    json!({
        "name": row.name.as_str(),
        "state": word.replace(' ', "-"),
        "why": (!why.is_empty()).then(|| sanitize(&why, 300)),
    })
}

/// What it came to and what to do, for stderr.
fn end_lines(end: End, run: Option<&ProofRun>, client_id: ClientId) -> Vec<String> {
    let count = run.map(ProofRun::count).unwrap_or_default();
    let go_on = format!("tokengauge secret {client_id}");
    match end {
        End::Replaced if run.is_none() => {
            vec!["the new secret is taken for all connections; the old one is gone".to_owned()]
        }
        End::Replaced => vec![format!(
            "replaced: {} proven, {} take it unproven; the old secret is gone from here, remove it in the portal \
             once nobody uses it",
            connections(count.proven),
            count.untried + count.refused + count.hindered + count.open
        )],
        End::ReplacedByAnother => vec![format!(
            "replaced: another program has taken the new secret for all connections meanwhile, {} proven here; the old \
             secret is gone from here, remove it in the portal once nobody uses it",
            count.proven
        )],
        End::BothKept => vec![
            format!(
                "both secrets are kept: {} use the new one, {} keep the old one",
                connections(count.proven),
                count.refused + count.hindered + count.open + count.untried
            ),
            format!("try the rest again: {go_on} --resume; go back: --abandon; take it for all: --take"),
        ],
        End::OldKept if run.is_none() => vec!["the old secret is used again by all".to_owned()],
        End::OldKept if count.refused > 0 => vec![
            "error: the platform refuses the new secret; nothing was changed".to_owned(),
            "copy the Value column, shown once when the secret is made; or try another connection first: --first NAME"
                .to_owned(),
        ],
        End::OldKept => vec![
            "error: the new secret could not be tried on any connection; nothing was changed".to_owned(),
            "sign in with one and run this again, or take it unproven: tokengauge edit NAME --secret-stdin".to_owned(),
        ],
    }
}

fn copy_line(copy: &OldCopy, served: &[Overview]) -> String {
    let keeper = sanitize(&copy.hand_over.keeper(), 300);
    format!("  {keeper} has that of {}, since {}", name_of(copy, served), words::moment(copy.hand_over.at))
}

fn name_of<'a>(copy: &OldCopy, served: &'a [Overview]) -> &'a str {
    served.iter().find(|own| own.id == copy.connection).map_or("", |own| own.name.as_str())
}

fn exit(count: &ProofCount, end: End) -> Exit {
    match end {
        End::Replaced | End::ReplacedByAnother => Exit::Ok,
        _ if count.refused > 0 => Exit::SetUpWrong,
        _ if count.hindered + count.open > 0 => Exit::TryLater,
        _ => Exit::SignInNeeded,
    }
}
