//! The answer as a monitoring plugin gives it: one line, performance data behind a bar, more lines, exit code 0 to 3.

use std::fmt;

use chrono::TimeDelta;

use crate::app::DamagedFile;
use crate::cli::exit::{CliError, Exit};
use crate::cli::words;
use crate::domain::lapse::lapses;
use crate::domain::outlook::{Outlook, Verdict};
use crate::domain::{ConnectionName, Overview};
use crate::sanitize::sanitize;

use super::outlook::Span;

/// The states of a service, and their exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Nothing lapses.
    Ok,
    /// Something ends within the time.
    Warning,
    /// Somebody has to act.
    Critical,
    /// It could not be found out.
    Unknown,
}

impl Service {
    /// Its exit code.
    pub fn exit(self) -> Exit {
        match self {
            Self::Ok => Exit::Ok,
            Self::Warning => Exit::Lapses,
            // By the rules of that program these two mean something else than elsewhere.
            Self::Critical => Exit::Usage,
            Self::Unknown => Exit::Locked,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        })
    }
}

/// A plugin's output and state.
pub struct Report {
    /// What is printed.
    pub text: String,
    /// What it ends with.
    pub service: Service,
}

/// The state of these connections; what could not be read is unknown, and hides nothing that is known of the others.
pub fn report(
    examined: &[(&ConnectionName, Result<&Overview, &CliError>)],
    damaged: &[DamagedFile],
    span: Span,
) -> Report {
    let services = || examined.iter().map(|(_, own)| service(*own, span));
    let worst = |a: Service, b: Service| if rank(a) >= rank(b) { a } else { b };
    let overall = services().chain(damaged.iter().map(|_| Service::Unknown)).fold(Service::Ok, worst);
    let figures = Figures::of(examined, damaged, span);
    let reason = first_unread(examined).filter(|_| overall == Service::Unknown);
    let reason = reason.map_or_else(String::new, |reason| format!("{reason}; "));
    let mut text =
        format!("TOKENGAUGE {overall} - {}{} | {}", plain(&reason), figures.in_words(), figures.data());
    text.push('\n');
    for (name, own) in examined.iter().filter(|(_, own)| service(*own, span) != Service::Ok) {
        let line = own.map_or_else(|error| unread(name, error), |own| span.sentence(own));
        text.push_str(&plain(&line));
        text.push('\n');
    }
    for file in damaged {
        let line = format!("{}: {}", sanitize(&file.file, 100), sanitize(&file.failure.what_happened, 300));
        text.push_str(&plain(&line));
        text.push('\n');
    }
    Report { text, service: overall }
}

/// How many of the connections that there are fare how; one may need somebody, and lapse besides.
struct Figures {
    connections: usize,
    needs_you: usize,
    lapses: usize,
    failing: usize,
    damaged: usize,
    /// Of all ends, within the time or not.
    first_lapse: Option<TimeDelta>,
    within: TimeDelta,
}

impl Figures {
    fn of(
        examined: &[(&ConnectionName, Result<&Overview, &CliError>)],
        damaged: &[DamagedFile],
        span: Span,
    ) -> Self {
        let held: Vec<Overview> = examined.iter().filter_map(|(_, own)| own.ok().cloned()).collect();
        let outlooks: Vec<Outlook> = held.iter().map(|own| span.outlook(own)).collect();
        let count = |holds: fn(&Outlook) -> bool| outlooks.iter().filter(|own| holds(own)).count();
        let is_here = |own: &Result<&Overview, &CliError>| {
            own.map_or_else(|error| error.exit() != Exit::Usage, |_| true)
        };
        Self {
            connections: examined.iter().filter(|(_, own)| is_here(own)).count(),
            needs_you: count(|own| matches!(own.verdict, Verdict::NeedsYou(_))),
            lapses: count(|own| !own.lapses.is_empty()),
            failing: count(|own| matches!(own.verdict, Verdict::Failing(_))),
            damaged: damaged.len(),
            first_lapse: lapses(&held).first().map(|lapse| lapse.at - span.now),
            within: span.within,
        }
    }

    fn in_words(&self) -> String {
        let some = |word: &str, count: usize| match count {
            0 => String::new(),
            count => format!(", {word}: {count}"),
        };
        let (needs_you, lapses, all) = (self.needs_you, self.lapses, self.connections);
        let (failing, damaged) = (some("failing", self.failing), some("damaged", self.damaged));
        let within = words::left(self.within);
        format!(
            "needs you: {needs_you}, lapses within {within}: {lapses}{failing}, connections: {all}{damaged}"
        )
    }

    /// Performance data, a warning range behind each figure. A first end that comes sooner than the time is one.
    fn data(&self) -> String {
        let (needs_you, lapses, failing, all) = (self.needs_you, self.lapses, self.failing, self.connections);
        let threshold = self.within.num_seconds();
        let first = self.first_lapse.map(|left| left.num_seconds().max(0));
        let first = first.map_or_else(String::new, |seconds| format!(" first_lapse={seconds}s;{threshold}:"));
        format!("connections={all} needs_you={needs_you};;0 lapses={lapses};0 failing={failing};0{first}")
    }
}

/// The first of which nothing is known, and why.
fn first_unread(examined: &[(&ConnectionName, Result<&Overview, &CliError>)]) -> Option<String> {
    examined.iter().find_map(|(name, own)| own.err().map(|error| unread(name, error)))
}

fn unread(name: &ConnectionName, error: &CliError) -> String {
    format!("{name}: {}", what_happened(error))
}

/// Nothing could be found out at all.
pub fn unknown(error: &CliError) -> Report {
    let text = format!("TOKENGAUGE {} - {}\n", Service::Unknown, plain(&what_happened(error)));
    Report { text, service: Service::Unknown }
}

/// What is known to be wrong counts more than what is not known.
fn rank(service: Service) -> u8 {
    match service {
        Service::Ok => 0,
        Service::Warning => 1,
        Service::Unknown => 2,
        Service::Critical => 3,
    }
}

fn service(own: Result<&Overview, &CliError>, span: Span) -> Service {
    match own.map(|own| span.outlook(own).verdict) {
        Ok(Verdict::Quiet) => Service::Ok,
        Ok(Verdict::Lapses | Verdict::Failing(_)) => Service::Warning,
        Ok(Verdict::NeedsYou(_)) => Service::Critical,
        Err(_) => Service::Unknown,
    }
}

fn what_happened(error: &CliError) -> String {
    match error {
        CliError::Told(_, failure) => sanitize(&failure.what_happened, 300),
        CliError::Quiet(_) => "stopped".to_owned(),
    }
}

/// A bar would begin the performance data.
fn plain(line: &str) -> String {
    line.replace('|', "/")
}
