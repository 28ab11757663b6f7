//! The checkup: what stands between this machine and each mailbox. No token is sent and none is spent.
//!
//! Each host is asked once, all of them side by side: a login service for its first tenant's document, Graph for its
//! door. Every other tenant is one more document. `host` makes of an answer what it tells of the way, `setup` looks at
//! what the record tells by itself.

mod host;
mod setup;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use futures_util::stream;
use url::Url;

use crate::domain::checkup::{Check, Finding};
use crate::domain::{ConnectionId, Overview};
use crate::oauth::discovery::{self, Discovery, NoDocument};
use crate::oauth::token_answer::HttpAnswer;

use super::http::{SendError, TokenClient};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkup {
    /// Of each host, by its name with its port.
    pub hosts: BTreeMap<String, Vec<Finding>>,
    /// Of each connection.
    pub connections: BTreeMap<ConnectionId, Vec<Finding>>,
}

/// At most so many requests in the air.
const AT_ONCE: usize = 8;

type Answers = BTreeMap<Url, Result<HttpAnswer, SendError>>;

/// What each host was asked for when it gave no answer for the first time.
type Lost = RefCell<BTreeMap<String, Url>>;

/// Looks at the way to these connections.
pub async fn checkup(http: &TokenClient, connections: &[&Overview]) -> Checkup {
    let documents: BTreeSet<Url> = connections.iter().map(|own| document(own)).collect();
    let mut first: BTreeMap<String, Url> = BTreeMap::new();
    // Where Graph is behind the host of a login service a document tells as much.
    for url in documents.iter().cloned().chain(connections.iter().map(|own| door(own))) {
        first.entry(host_of(&url)).or_insert(url);
    }
    // A host that does not answer keeps nobody waiting for all of its tenants.
    let lost = RefCell::new(BTreeMap::new());
    let mut answers = ask(http, first.values().cloned(), &lost).await;
    let left: Vec<Url> = documents.into_iter().filter(|url| !answers.contains_key(url)).collect();
    answers.extend(ask(http, left, &lost).await);
    let lost = lost.into_inner();
    let of_host = |(host, url): (String, Url)| {
        let url = lost.get(&host).unwrap_or(&url);
        let findings = host::findings(url, http.proxy_for(url), &answers[url]);
        (host, findings)
    };
    let hosts = first.into_iter().map(of_host).collect();
    let connections = connections.iter().map(|own| (own.id.clone(), of_connection(own, &answers))).collect();
    Checkup { hosts, connections }
}

/// Asks for each of these, some at once. A host that has lost an answer is asked nothing more.
async fn ask(http: &TokenClient, addresses: impl IntoIterator<Item = Url>, lost: &Lost) -> Answers {
    let ask = |url: Url| async move {
        let host = host_of(&url);
        if lost.borrow().contains_key(&host) {
            return None;
        }
        let answer = http.get(&url).await;
        if answer.is_err() {
            lost.borrow_mut().entry(host).or_insert_with(|| url.clone());
        }
        Some((url, answer))
    };
    stream::iter(addresses).map(ask).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
}

/// The hosts that a connection needs, login service first, as [`Checkup::hosts`] names them.
pub fn hosts_of(own: &Overview) -> Vec<String> {
    let mut hosts = vec![host_of(&document(own)), host_of(&door(own))];
    hosts.dedup();
    hosts
}

fn of_connection(own: &Overview, answers: &Answers) -> Vec<Finding> {
    let mut findings = vec![tenant(own, answers.get(&document(own)))];
    findings.extend(setup::findings(own));
    findings
}

fn document(own: &Overview) -> Url {
    own.settings.authority.discovery_document(&own.settings.tenant)
}

/// An address of Graph that answers without a token: with 401.
fn door(own: &Overview) -> Url {
    let mut url = own.settings.authority.graph.clone();
    url.set_path("/v1.0/me");
    url
}

fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn tenant(own: &Overview, answer: Option<&Result<HttpAnswer, SendError>>) -> Finding {
    let tenant = &own.settings.tenant;
    match answer {
        Some(Ok(answer)) => match discovery::read(answer) {
            Ok(document) => described(own, &document),
            Err(why) => undescribed(own, &why),
        },
        Some(Err(_)) | None => {
            Finding::skipped(Check::Tenant, format!("not checked: {tenant} was not reached"))
        }
    }
}

fn described(own: &Overview, document: &Discovery) -> Finding {
    let (tenant, authority) = (&own.settings.tenant, &own.settings.authority);
    let edit = format!("check tenant and cloud: tokengauge edit {}", own.name);
    if let Some(id) = document.tenant_id.as_deref().filter(|id| own.is_of_another_tenant_than(id)) {
        return Finding::failed(
            Check::Tenant,
            format!("{tenant} is another tenant ({id}) than its tokens"),
            edit,
        );
    }
    if let Some(host) = document.token_host.as_deref().filter(|host| *host != authority.host()) {
        let host = crate::sanitize::sanitize(host, 100);
        return Finding::warning(Check::Tenant, format!("{tenant} gets its tokens at {host}"), edit);
    }
    let graph = authority.graph.host_str().unwrap_or_default();
    let is_ours = !authority.is_strict() && authority.cloud != "simulated";
    if let Some(host) = document.graph_host.as_deref().filter(|host| is_ours && *host != graph) {
        return Finding::warning(
            Check::Tenant,
            format!("{tenant} is served by {host}, not by {graph}"),
            edit,
        );
    }
    let id = document.tenant_id.as_ref().map_or_else(String::new, |id| format!(", {id}"));
    let region = document.region.as_ref().map_or_else(String::new, |region| format!(", region {region}"));
    Finding::ok(Check::Tenant, format!("{tenant} is known{id}{region}"))
}

fn undescribed(own: &Overview, why: &NoDocument) -> Finding {
    let (tenant, host) = (&own.settings.tenant, own.settings.authority.host());
    match why {
        NoDocument::NoTenant(code) => {
            let code = code.map_or_else(String::new, |code| format!(" (AADSTS{code})"));
            Finding::failed(
                Check::Tenant,
                format!("{host} knows no tenant {tenant}{code}"),
                format!("check tenant and cloud: tokengauge edit {}", own.name),
            )
        }
        NoDocument::Absent => {
            Finding::skipped(Check::Tenant, format!("not checked: {host} publishes nothing of its tenants"))
        }
        NoDocument::Busy(status) => Finding::warning(
            Check::Tenant,
            format!("{host} did not tell (HTTP {status})"),
            "it may pass: check again later",
        ),
        NoDocument::Unreadable(status) => Finding::warning(
            Check::Tenant,
            format!("{host} answered with something else than a document (HTTP {status})"),
            "check the authority, and whether a login page or a proxy stands in between",
        ),
    }
}
