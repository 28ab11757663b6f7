//! The answer as a monitoring plugin gives it: one line, performance data behind a bar, more lines, exit code 0 to 3.

use std::fmt;

use crate::app::DamagedFile;
use crate::cli::exit::{CliError, Exit};
use crate::cli::words;
use crate::domain::lapse::lapses;
use crate::domain::outlook::Verdict;
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
    let count = |wanted: Service| services().filter(|own| *own == wanted).count();
    let held: Vec<Overview> = examined.iter().filter_map(|(_, own)| own.ok().cloned()).collect();
    let first = lapses(&held).first().map(|lapse| (lapse.at - span.now).num_seconds().max(0));
    let (critical, warning) = (count(Service::Critical), count(Service::Warning));
    let (within, all) = (words::left(span.within), examined.len());
    // Of all ends, within the time or not: a warning begins below the time, as the range behind it says.
    let threshold = span.within.num_seconds();
    let first = first.map_or_else(String::new, |seconds| format!(" first_lapse={seconds}s;{threshold}:"));
    let unread = if damaged.is_empty() { String::new() } else { format!(", damaged: {}", damaged.len()) };
    let mut text = format!(
        "TOKENGAUGE {overall} - needs you: {critical}, lapses within {within}: {warning}, connections: {all}{unread} | \
         connections={all} needs_you={critical};;0 lapses={warning};0{first}"
    );
    text.push('\n');
    for (name, own) in examined.iter().filter(|(_, own)| service(*own, span) != Service::Ok) {
        let line = match own {
            Ok(own) => span.sentence(own),
            Err(error) => format!("{name}: {}", what_happened(error)),
        };
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
