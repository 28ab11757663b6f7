//! What the log of `watch` tells: read off the messages on their way to the app, and off the state that they meet.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use crate::app::{
    Answer, App, Contents, DamagedFile, DoorFailure, Effect, Failure, FailureKind, Message, SaveNews, Tone,
    Warned,
};
use crate::domain::left_alone::left_alone;
use crate::domain::warning::News;
use crate::domain::{
    ConnectionId, ConnectionName, EventKind, Need, Overview, Renewal, RenewalOutcome, Trouble, TroubleKind,
};

use super::log::{Line, Priority};
use super::status::{moment, status};

/// What was told so far.
#[derive(Debug, Default)]
pub struct Journal {
    /// Until which token request each connection's were told, and since when one of ours is under way.
    told: HashMap<ConnectionId, Told>,
    /// What is in memory only, and why.
    unsaved: HashMap<ConnectionId, String>,
    /// Files that cannot be read.
    damaged: BTreeSet<String>,
    /// What stands in the way of reading the records.
    unreadable: Option<String>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, Default)]
struct Told {
    /// The newest token request.
    until: Option<DateTime<Utc>>,
    /// When ours began.
    begun: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    /// No record was read so far.
    #[default]
    Starting,
    Watching,
    /// What does not come to its end any more is no fault.
    Stopping,
}

/// When and where a line is written.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Now.
    pub now: DateTime<Utc>,
    /// The offset of local time.
    pub offset: FixedOffset,
}

/// How another program holds a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holding {
    /// It is at work with it.
    Shortly,
    /// So long that a person has to see to it.
    ForLong,
}

/// Who asked for the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    Ourselves,
    AnotherProgram,
}

impl Journal {
    /// From now on nothing new is begun.
    pub fn stop(&mut self) {
        self.phase = Phase::Stopping;
    }

    /// What is to be told of effects that are about to be performed.
    pub fn begun(&mut self, effects: &[Effect], app: &App, at: Moment) -> Vec<Line> {
        let mut lines = Vec::new();
        for effect in effects {
            match effect {
                Effect::Exchange { connection, .. } => {
                    self.told.entry(connection.clone()).or_default().begun = Some(at.now);
                    let name = app.connections.get(connection).map(|own| own.name.to_string());
                    lines.push(Line::new(Priority::Debug, format!("{}: renewing", name.unwrap_or_default())));
                }
                Effect::LoadVault { .. } => lines.push(Line::new(Priority::Debug, "reading the records")),
                _ => {}
            }
        }
        lines
    }

    /// What is to be told of a message that the app, as it is now, will hear.
    pub fn read(&mut self, message: &Message, app: &App, at: Moment) -> Vec<Line> {
        match message {
            Message::Answer { answer: Answer::Contents(Ok(contents)), .. } => {
                self.read_contents(contents, app, at)
            }
            Message::Answer { answer: Answer::Contents(Err(failure)), .. } => self.read_door_failure(failure),
            Message::Answer { answer: Answer::Connection(Ok(overview)), .. } => {
                self.read_renewals(overview, at)
            }
            Message::Answer { request, answer: Answer::Connection(Err(failure)) } => {
                let own = app.asked_for(*request);
                let is_held_up = own.is_some_and(|own| app.is_held_up(own, at.now));
                let holding = if is_held_up { Holding::ForLong } else { Holding::Shortly };
                vec![self.not_asked(failure, own.map(|own| &own.name), holding)]
            }
            Message::Answer { answer: Answer::Warned(warned), .. } => warned_lines(warned),
            Message::Answer { answer: Answer::HookFailed(failure), .. } => {
                vec![Line::new(Priority::Error, in_one_line(failure))]
            }
            Message::Saving(news) => self.read_save_news(news, app).into_iter().collect(),
            Message::ClockSet { by } => vec![clock_set(*by)],
            // Sent once.
            Message::ActivityNotKept(failure) => vec![Line::new(Priority::Error, in_one_line(failure))],
            _ => Vec::new(),
        }
    }

    fn read_contents(&mut self, contents: &Contents, app: &App, at: Moment) -> Vec<Line> {
        self.unreadable = None;
        let mut lines = match self.phase {
            Phase::Starting => {
                self.phase = Phase::Watching;
                self.first_contents(contents, at)
            }
            Phase::Watching | Phase::Stopping => self.changes(contents, app, at),
        };
        lines.extend(self.read_damaged(&contents.damaged));
        lines
    }

    fn first_contents(&mut self, contents: &Contents, at: Moment) -> Vec<Line> {
        for own in &contents.connections {
            self.told.entry(own.id.clone()).or_default().until = own.renewals.last().map(|last| last.at);
        }
        let waiting = contents.connections.iter().filter(|own| own.need(at.now) == Need::NeedsYou);
        let told = left_alone(&waiting.map(|own| &own.name).collect::<Vec<_>>());
        told.into_iter().map(|told| Line::new(Priority::Warning, told)).collect()
    }

    /// What another program did, as far as it differs from what the app knows.
    fn changes(&mut self, contents: &Contents, app: &App, at: Moment) -> Vec<Line> {
        let mut lines = Vec::new();
        for own in &contents.connections {
            let Some(before) = app.connections.get(&own.id) else {
                lines.push(Line::new(Priority::Info, format!("{}: added by another program", own.name)));
                self.told.entry(own.id.clone()).or_default().until = own.renewals.last().map(|last| last.at);
                continue;
            };
            if before.name != own.name {
                let text = format!("{}: renamed by another program, {} before", own.name, before.name);
                lines.push(Line::new(Priority::Info, text));
            }
            if before.settings != own.settings {
                let text = format!("{}: settings changed by another program", own.name);
                lines.push(Line::new(Priority::Info, text));
            }
            // What ours brought is told when it is answered.
            if !app.is_renewing(&own.id) {
                lines.extend(self.read_renewals(own, at));
            }
        }
        let stays: HashSet<&ConnectionId> = contents.connections.iter().map(|own| &own.id).collect();
        for gone in app.connections.all().iter().filter(|own| !stays.contains(&own.id)) {
            lines.push(Line::new(Priority::Info, format!("{}: removed by another program", gone.name)));
            self.told.remove(&gone.id);
        }
        lines
    }

    fn read_damaged(&mut self, damaged: &[DamagedFile]) -> Vec<Line> {
        let now: BTreeSet<String> = damaged.iter().map(|own| own.file.clone()).collect();
        let new = damaged.iter().filter(|own| !self.damaged.contains(&own.file));
        let mut lines: Vec<Line> = new
            .map(|own| Line::new(Priority::Error, format!("{}: {}", own.file, in_one_line(&own.failure))))
            .collect();
        let mended = self.damaged.difference(&now);
        lines.extend(mended.map(|file| Line::new(Priority::Notice, format!("{file}: no longer in the way"))));
        self.damaged = now;
        lines
    }

    /// Told once, however often it is tried.
    fn read_door_failure(&mut self, failure: &DoorFailure) -> Vec<Line> {
        let told = match failure {
            DoorFailure::Other(failure) => in_one_line(failure),
            DoorFailure::Locked | DoorFailure::WrongPassphrase => "the vault was locked".to_owned(),
        };
        if self.unreadable.as_ref() == Some(&told) {
            return Vec::new();
        }
        let line = Line::new(Priority::Error, format!("the records could not be read: {told}"));
        self.unreadable = Some(told);
        vec![line]
    }

    /// The token requests that were not told yet, one for each resource it may be, and how they ended.
    fn read_renewals(&mut self, own: &Overview, at: Moment) -> Vec<Line> {
        let told = self.told.entry(own.id.clone()).or_default();
        let begun = told.begun.take();
        let new = untold(&own.renewals, told.until);
        let Some((last, earlier)) = new.split_last() else { return Vec::new() };
        told.until = Some(last.at);
        let asker = |renewal: &Renewal| match begun {
            Some(begun) if begun <= renewal.at => Asker::Ourselves,
            _ => Asker::AnotherProgram,
        };
        let earlier = earlier.iter().map(|one| earlier_renewal(own, one, asker(one)));
        earlier.chain([renewal(own, last, asker(last), at)]).collect()
    }

    /// Nothing was asked for, or nothing stored.
    fn not_asked(&self, failure: &Failure, name: Option<&ConnectionName>, holding: Holding) -> Line {
        let priority = match (self.phase, failure.kind, holding) {
            (Phase::Stopping, ..) => Priority::Debug,
            (_, FailureKind::Contention, Holding::Shortly) => Priority::Info,
            (_, FailureKind::Contention, Holding::ForLong) => Priority::Warning,
            (_, FailureKind::Fault, _) => Priority::Error,
        };
        match name {
            Some(name) if failure.kind == FailureKind::Contention => {
                let what_happened = failure.what_happened.trim_end_matches('.');
                Line::new(
                    priority,
                    match holding {
                        Holding::Shortly => {
                            format!("{name}: not renewed yet, tried again soon: {what_happened}")
                        }
                        Holding::ForLong => {
                            format!("{name}: still not renewed: {what_happened}; let that finish, or end it")
                        }
                    },
                )
            }
            Some(name) => {
                let told = in_one_line(&failure.clone().in_commands(name));
                Line::new(priority, format!("{name}: not renewed: {told}"))
            }
            None => Line::new(priority, in_one_line(failure)),
        }
    }

    fn read_save_news(&mut self, news: &SaveNews, app: &App) -> Option<Line> {
        let name = |id: &ConnectionId| {
            app.connections.get(id).map_or_else(|| "a connection".to_owned(), |own| own.name.to_string())
        };
        match news {
            SaveNews::NotSaved { connection, failure } => {
                let told = in_one_line(failure);
                let before = self.unsaved.insert(connection.clone(), told.clone());
                (before.as_ref() != Some(&told)).then(|| {
                    let name = name(connection);
                    let text = format!("{name}: NOT SAVED, in memory only, tried again every 5 s: {told}");
                    Line::new(Priority::Error, text)
                })
            }
            SaveNews::Kept { connection, failure } => {
                self.unsaved.remove(connection);
                Some(Line::new(Priority::Error, format!("{}: {}", name(connection), in_one_line(failure))))
            }
            SaveNews::Saved { connection } => {
                self.unsaved.remove(connection);
                Some(Line::new(Priority::Notice, format!("{}: saved now", name(connection))))
            }
            SaveNews::TakenIn { tone, told } => {
                let priority = if *tone == Tone::Bad { Priority::Error } else { Priority::Notice };
                Some(Line::new(priority, told.clone()))
            }
        }
    }
}

/// The line for the service manager, and the first of the log.
pub fn standing(app: &App, at: Moment) -> String {
    status(app, at.now, at.offset)
}

/// What came after the one that was told last. Its moment may be later than theirs, where it was stamped by a clock that was
/// wrong; where it is remembered no more, the newest stands for all.
fn untold(renewals: &[Renewal], until: Option<DateTime<Utc>>) -> &[Renewal] {
    match until.map(|until| renewals.iter().rposition(|own| own.at == until)) {
        None => renewals,
        Some(Some(told)) => &renewals[told + 1..],
        Some(None) => &renewals[renewals.len().saturating_sub(1)..],
    }
}

/// One that is not the newest: how it ended is all that is known of it.
fn earlier_renewal(own: &Overview, one: &Renewal, asker: Asker) -> Line {
    let by = if asker == Asker::Ourselves { "" } else { " by another program" };
    let done = EventKind::of_renewal(one).word().replace('-', " ");
    let told = one.outcome.line().map_or_else(String::new, |line| format!(": {line}"));
    let priority = match one.outcome {
        RenewalOutcome::Worked | RenewalOutcome::WorkedOddly(_) => Priority::Info,
        RenewalOutcome::WillRetry(_) => Priority::Warning,
        RenewalOutcome::Failed(_) => Priority::Error,
    };
    Line::new(priority, format!("{}: {done}{by}{told}", own.name))
}

fn renewal(own: &Overview, last: &Renewal, asker: Asker, at: Moment) -> Line {
    let by = if asker == Asker::Ourselves { "" } else { " by another program" };
    let name = &own.name;
    let refused = own.trouble.as_ref().or_else(|| own.refusal().filter(|trouble| trouble.at == last.at));
    let Some(trouble) = refused else {
        let done = EventKind::of_renewal(last).word().replace('-', " ");
        let until = own.access_lifetime().map_or_else(String::new, |access| {
            format!(", access token until {}", moment(access.expires_at, at.now, at.offset))
        });
        let remark = last.outcome.remark().map_or_else(String::new, |remark| format!("; {remark}"));
        return Line::new(Priority::Info, format!("{name}: {done}{by}{until}{remark}"));
    };
    match trouble.kind {
        TroubleKind::TryLater { retry_at, .. } => {
            let again = moment_to_the_second(retry_at, at);
            let text = format!("{name}: not renewed{by}, tried again {again}: {}", trouble.what_happened);
            Line::new(Priority::Warning, text)
        }
        _ => Line::new(Priority::Error, format!("{name}: needs a person: {}", advice(trouble, name))),
    }
}

fn moment_to_the_second(moment: DateTime<Utc>, at: Moment) -> String {
    format!("at {}", moment.with_timezone(&at.offset).format("%H:%M:%S"))
}

fn advice(trouble: &Trouble, name: &ConnectionName) -> String {
    in_one_line(&Failure::new(&trouble.what_happened, &trouble.what_to_do).in_commands(name))
}

/// Both lines of a failure in one.
pub fn in_one_line(failure: &Failure) -> String {
    format!("{}; {}", failure.what_happened.trim_end_matches('.'), failure.what_to_do)
}

/// Of what was not told before, by whichever program.
fn warning(news: &News, at: DateTime<Utc>) -> Line {
    let told = news.message(at);
    match news {
        News::Raised(warning) => {
            let told = in_one_line(&Failure::new(told, warning.what_to_do()));
            Line::new(Priority::Warning, format!("warning: {told}"))
        }
        News::Recovered(_) => Line::new(Priority::Notice, format!("recovered: {told}")),
    }
}

fn clock_set(by: TimeDelta) -> Line {
    let way = if by > TimeDelta::zero() { "forward" } else { "back" };
    let by =
        humantime::format_duration(std::time::Duration::from_secs(by.abs().num_seconds().unsigned_abs()));
    Line::new(
        Priority::Notice,
        format!("this machine's clock was set {way} by {by}; watch goes on by the new clock"),
    )
}

/// A line for each thing that nobody had heard of.
fn warned_lines(warned: &Warned) -> Vec<Line> {
    let not_noted = warned.not_noted.as_ref().map(|own| Line::new(Priority::Error, in_one_line(own)));
    warned.news.iter().map(|news| warning(news, warned.at)).chain(not_noted).collect()
}

#[cfg(test)]
mod tests {
    use crate::domain::RenewalKind;
    use crate::runtime::services::failure;
    use crate::vault::VaultError;

    use super::*;

    fn renewals(moments: &[i64]) -> Vec<Renewal> {
        let one = |at: &i64| Renewal {
            at: moment_at(*at),
            kind: RenewalKind::Refresh,
            outcome: RenewalOutcome::Worked,
        };
        moments.iter().map(one).collect()
    }

    fn moment_at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn every_request_since_the_last_one_that_was_told_is_told() {
        let all = renewals(&[10, 20, 30]);
        assert_eq!(untold(&all, None), all);
        assert_eq!(untold(&all, Some(moment_at(10))), &all[1..]);
        assert_eq!(untold(&all, Some(moment_at(30))), []);
        assert_eq!(untold(&all, Some(moment_at(5))), &all[2..], "it is remembered no more");
        assert_eq!(untold(&[], Some(moment_at(5))), []);
    }

    #[test]
    fn what_follows_a_moment_of_the_future_is_told() {
        let all = renewals(&[10, 90_000, 20]);
        assert_eq!(untold(&all, Some(moment_at(90_000))), &all[2..]);
    }

    fn app() -> App {
        App::new(
            crate::app::Environment {
                authorities: Vec::new(),
                browser: crate::app::Browser::Elsewhere,
                themes: Vec::new(),
                utc_offset: FixedOffset::east_opt(0).unwrap(),
                vault_directory: String::new(),
                export_directory: String::new(),
                key_file: String::new(),
                has_passphrase: false,
            },
            crate::app::Door::FirstRun(crate::app::FirstRun::new()),
            String::new(),
            moment_at(0),
        )
    }

    #[test]
    fn an_activity_that_cannot_be_kept_is_told() {
        let at = Moment { now: moment_at(0), offset: FixedOffset::east_opt(0).unwrap() };
        let message = Message::ActivityNotKept(Failure::new("No place.", "Make one."));
        let lines = Journal::default().read(&message, &app(), at);
        assert_eq!(lines, [Line::new(Priority::Error, "No place; Make one.")]);
    }

    #[test]
    fn a_record_that_another_program_holds_is_no_error() {
        let name = ConnectionName::parse("contoso").unwrap();
        let busy = failure(&VaultError::Busy { what: "contoso".to_owned(), pid: Some(7) });
        let told = "contoso: not renewed yet, tried again soon: contoso is in use by process 7";
        let journal = Journal::default();
        let line = journal.not_asked(&busy, Some(&name), Holding::Shortly);
        assert_eq!(line, Line::new(Priority::Info, told));
        let gone = failure(&VaultError::NoSuchConnection("contoso".to_owned()));
        assert_eq!(journal.not_asked(&gone, Some(&name), Holding::Shortly).priority, Priority::Error);
    }

    #[test]
    fn a_record_that_another_program_does_not_let_go_is_warned_of() {
        let name = ConnectionName::parse("contoso").unwrap();
        let busy = failure(&VaultError::Busy { what: "contoso".to_owned(), pid: Some(7) });
        let told = "contoso: still not renewed: contoso is in use by process 7; let that finish, or end it";
        let line = Journal::default().not_asked(&busy, Some(&name), Holding::ForLong);
        assert_eq!(line, Line::new(Priority::Warning, told));
    }
}
