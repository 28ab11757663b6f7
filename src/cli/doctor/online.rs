//! `doctor --online`: the checks as tables and for programs.

use serde_json::{Value, json};

use crate::cli::exit::{CliError, Exit, say};
use crate::cli::words;
use crate::domain::Overview;
use crate::domain::checkup::{Check, Finding, Verdict};
use crate::domain::probe::{self, Probe};
use crate::runtime::checkup::{Checkup, hosts_of};
use crate::sanitize::sanitize;

/// The way to each host, once, whomever it concerns.
pub fn host_tables(checkup: &Checkup) -> String {
    let of_host = |(host, findings): (&String, &Vec<Finding>)| format!("{host}\n{}", table(findings));
    checkup.hosts.iter().map(of_host).collect()
}

/// Check, verdict and what was found, a line each, indented.
pub fn table(findings: &[Finding]) -> String {
    let row = |own: &Finding| {
        vec![own.check.word().to_owned(), own.verdict.word().to_owned(), sanitize(&own.told, 200)]
    };
    let rows: Vec<Vec<String>> = findings.iter().map(row).collect();
    let table = words::table(&["CHECK", "RESULT", ""], &rows);
    table.split_inclusive('\n').flat_map(|line| ["  ", line]).collect()
}

/// What to do about what is not well, on stderr.
pub fn advise(whose: &str, findings: &[Finding]) {
    for own in findings {
        if let Some(what_to_do) = &own.what_to_do {
            say(&format!("{whose}, {}: {}", own.check.word(), sanitize(what_to_do, 300)));
        }
    }
}

/// What the checks of a connection, those of its hosts among them, count for.
pub fn exit(checkup: &Checkup, own: &Overview) -> Exit {
    let of_hosts = hosts_of(own).into_iter().filter_map(|host| checkup.hosts.get(&host));
    let all = of_hosts.chain(checkup.connections.get(&own.id)).flatten();
    all.filter(|finding| finding.verdict == Verdict::Failed)
        .map(|own| exit_of(own.check))
        .max()
        .unwrap_or(Exit::Ok)
}

fn exit_of(check: Check) -> Exit {
    match check {
        Check::NameLookup | Check::Proxy | Check::Connection | Check::Tls | Check::Clock => Exit::TryLater,
        Check::Tenant | Check::Client | Check::Redirect | Check::Permissions | Check::Mailbox => {
            Exit::SetUpWrong
        }
    }
}

/// What a probe tells of the mailbox, as one of the checks.
pub fn mailbox(probe: &Result<Probe, CliError>) -> Finding {
    let check = Check::Mailbox;
    let (told, verdict) = match probe {
        Ok(probe) => (sanitize(&probe.sentence(), 300), probe.verdict()),
        Err(CliError::Told(_, failure)) => {
            return Finding::failed(check, &failure.what_happened, &failure.what_to_do);
        }
        Err(CliError::Quiet(_)) => return Finding::skipped(check, "not asked"),
    };
    match verdict {
        probe::Verdict::Works => Finding::ok(check, told),
        probe::Verdict::TryLater => Finding::warning(check, told, "it may pass: check again later"),
        probe::Verdict::SignIn | probe::Verdict::SetUpWrong => {
            Finding::failed(check, told, "see below what to do")
        }
    }
}

/// All checks of a connection, those of its hosts first.
pub fn json(checkup: &Checkup, own: &Overview, findings: &[Finding]) -> Value {
    let mut all = Vec::new();
    for host in hosts_of(own) {
        let findings = checkup.hosts.get(&host).into_iter().flatten();
        all.extend(findings.map(|finding| finding_json(finding, Some(&host))));
    }
    all.extend(findings.iter().map(|finding| finding_json(finding, None)));
    Value::Array(all)
}

fn finding_json(finding: &Finding, host: Option<&str>) -> Value {
    let mut told = json!({
        "check": finding.check.word(),
        "result": finding.verdict.word(),
        "told": sanitize(&finding.told, 400),
        "what_to_do": finding.what_to_do.as_deref().map(|text| sanitize(text, 400)),
    });
    if let Some(host) = host {
        told["host"] = json!(host);
    }
    told
}
