//! The checkup of the way: which hop failed, what to do, and one request a host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokengauge::domain::checkup::{Check, Finding, Verdict};
use tokengauge::domain::{Authority, Overview, Tenant, Trouble, TroubleKind, WhoActs};
use tokengauge::runtime::checkup::{Checkup, checkup};
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::http::lookup::Lookup;
use tokengauge::runtime::http::{Limits, Network, TokenClient};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::certificates::{Ca, file};
use crate::desk::{Desk, signed_in};
use crate::server::Server;
use crate::wire::{LOGIN, answer, network, reply, through, trusting, write};

use Verdict::{Failed, Ok as Fine, Skipped, Warning};

const DOCUMENT: &str = r#"{"issuer":"https://login.example/{tenantid}/v2.0"}"#;
/// One that no machine has.
const NOW: &str = "Date: Tue, 01 Jan 2030 00:00:00 GMT\r\n";

/// A connection of which login service and Graph are this server.
async fn overview(authority: &str) -> (Desk, Overview) {
    let (_platform, desk) = signed_in("").await;
    let authority = Authority::custom(authority, None).unwrap();
    desk.change(|connection| connection.settings.authority = authority);
    let overview = desk.overview();
    (desk, overview)
}

async fn checked(network: Network, authority: &str) -> (Checkup, Overview) {
    let (_desk, own) = overview(authority).await;
    let checkup = checkup(&TokenClient::new(network, Clock::system()), &[&own]).await;
    (checkup, own)
}

fn finding(findings: &[Finding], check: Check) -> &Finding {
    findings.iter().find(|own| own.check == check).unwrap()
}

/// The findings of the only host.
fn of_host(checkup: &Checkup) -> &[Finding] {
    assert_eq!(checkup.hosts.len(), 1, "{checkup:?}");
    checkup.hosts.values().next().unwrap()
}

fn verdicts(findings: &[Finding]) -> Vec<(Check, Verdict)> {
    findings.iter().map(|own| (own.check, own.verdict)).collect()
}

fn way(verdicts: [Verdict; 5]) -> Vec<(Check, Verdict)> {
    [Check::NameLookup, Check::Proxy, Check::Connection, Check::Tls, Check::Clock]
        .into_iter()
        .zip(verdicts)
        .collect()
}

#[tokio::test]
async fn a_host_that_answers_is_asked_once_and_its_clock_compared() {
    let ca = Ca::new("Contoso Root");
    let server = Server::tls(&ca.sign(&[LOGIN]), |stream| reply(stream, answer(NOW, DOCUMENT))).await;
    let (_directory, roots) = file("roots.pem", ca.pem());
    let (found, own) = checked(trusting(roots), &format!("https://{LOGIN}:{}", server.port)).await;
    assert_eq!(verdicts(of_host(&found)), way([Fine, Fine, Fine, Fine, Warning]));
    let clock = finding(of_host(&found), Check::Clock);
    assert!(clock.told.contains("min behind"), "{clock:?}");
    assert!(clock.what_to_do.as_ref().unwrap().contains("NTP"));
    assert_eq!(server.connections(), 1);
    let text = server.arrived.text();
    assert_eq!(text.matches("GET /").count(), 1, "{text}");
    assert!(text.contains("/v2.0/.well-known/openid-configuration") && !text.contains("uthorization: "));
    assert_eq!(finding(&found.connections[&own.id], Check::Tenant).verdict, Fine);
}

#[tokio::test]
async fn a_certificate_of_another_authority_fails_tls_and_names_the_issuer() {
    let server = Server::tls(&Ca::new("Inspecting Proxy").sign(&[LOGIN]), |stream| {
        reply(stream, answer("", DOCUMENT))
    })
    .await;
    let (_directory, roots) = file("roots.pem", Ca::new("Contoso Root").pem());
    let (found, own) = checked(trusting(roots), &format!("https://{LOGIN}:{}", server.port)).await;
    assert_eq!(verdicts(of_host(&found)), way([Fine, Fine, Fine, Failed, Skipped]));
    let tls = finding(of_host(&found), Check::Tls);
    assert!(tls.told.contains("Inspecting Proxy"), "{tls:?}");
    assert!(tls.what_to_do.as_ref().unwrap().contains("ca_file"));
    assert_eq!(finding(&found.connections[&own.id], Check::Tenant).verdict, Skipped, "nothing is guessed");
}

#[tokio::test]
async fn a_closed_port_fails_the_connection() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let (found, _) = checked(network(), &format!("http://127.0.0.1:{port}")).await;
    assert_eq!(verdicts(of_host(&found)), way([Fine, Fine, Failed, Skipped, Skipped]));
}

#[tokio::test]
async fn a_name_without_an_address_fails_the_lookup() {
    let (_directory, roots) = file("roots.pem", Ca::new("Contoso Root").pem());
    let lookup = Lookup::with(|_| Err(std::io::ErrorKind::NotFound.into()));
    let (found, _) = checked(Network { lookup, ..trusting(roots) }, "https://login.invalid").await;
    assert_eq!(verdicts(of_host(&found)), way([Failed, Skipped, Skipped, Skipped, Skipped]));
}

#[tokio::test]
async fn a_proxy_that_leads_there_is_named_without_its_password() {
    let ca = Ca::new("Contoso Root");
    let server = Server::tls(&ca.sign(&[LOGIN]), |stream| reply(stream, answer("", DOCUMENT))).await;
    let port = server.port;
    let proxy = Server::plain(move |mut stream| async move {
        stream.head().await;
        let mut target = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        write(&mut stream, b"HTTP/1.1 200 OK\r\n\r\n").await;
        let _ = copy_bidirectional(&mut stream, &mut target).await;
    })
    .await;
    let (_directory, roots) = file("roots.pem", ca.pem());
    let address = format!("http://ops:TGPASSWORD@127.0.0.1:{}", proxy.port);
    let (found, _) = checked(through(&address, trusting(roots)), &format!("https://{LOGIN}:{port}")).await;
    assert_eq!(verdicts(of_host(&found)), way([Skipped, Fine, Fine, Fine, Skipped]));
    let told = &finding(of_host(&found), Check::Proxy).told;
    assert_eq!(told, &format!("127.0.0.1:{}, named by HTTPS_PROXY", proxy.port));
    assert!(!format!("{found:?}").contains("TGPASSWORD"));
}

#[tokio::test]
async fn a_proxy_that_is_away_or_wrongly_named_fails_the_proxy() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let (_directory, roots) = file("roots.pem", Ca::new("Contoso Root").pem());
    let proxy = format!("127.0.0.1:{port}");
    let (found, _) = checked(through(&proxy, trusting(roots)), &format!("https://{LOGIN}")).await;
    assert_eq!(verdicts(of_host(&found)), way([Skipped, Failed, Skipped, Skipped, Skipped]));
    let (found, _) = checked(through("socks4://x", network()), &format!("https://{LOGIN}")).await;
    assert_eq!(verdicts(of_host(&found)), way([Skipped, Failed, Skipped, Skipped, Skipped]));
    assert!(finding(of_host(&found), Check::Proxy).told.contains("HTTPS_PROXY"));
}

#[tokio::test]
async fn what_is_no_document_is_no_verdict_on_the_tenant() {
    for (status, verdict) in
        [("404 Not Found", Skipped), ("503 Service Unavailable", Warning), ("200 OK", Warning)]
    {
        let server = Server::plain(move |stream| {
            reply(stream, format!("HTTP/1.1 {status}\r\ncontent-length: 6\r\n\r\n<html>"))
        })
        .await;
        let (found, own) = checked(network(), &format!("http://127.0.0.1:{}", server.port)).await;
        assert_eq!(finding(&found.connections[&own.id], Check::Tenant).verdict, verdict, "{status}");
    }
}

#[tokio::test]
async fn hosts_are_asked_once_however_many_connections_need_them() {
    let server = Server::plain(|stream| reply(stream, answer("", DOCUMENT))).await;
    let (_desk, own) = overview(&format!("http://127.0.0.1:{}", server.port)).await;
    let others: Vec<Overview> = (0..20).map(|_| own.clone()).collect();
    let found =
        checkup(&TokenClient::new(network(), Clock::system()), &others.iter().collect::<Vec<_>>()).await;
    assert_eq!((server.connections(), found.hosts.len()), (1, 1));
}

#[tokio::test]
async fn a_host_that_is_away_is_not_asked_for_every_tenant() {
    let server = Server::plain(|stream| async move { drop(stream) }).await;
    let (_desk, own) = overview(&format!("http://127.0.0.1:{}", server.port)).await;
    let tenants = (0..20).map(|n| {
        let mut other = own.clone();
        other.settings.tenant = Tenant::parse(&format!("t{n}.example")).unwrap();
        other
    });
    let all: Vec<Overview> = tenants.collect();
    let found = checkup(&TokenClient::new(network(), Clock::system()), &all.iter().collect::<Vec<_>>()).await;
    assert!(server.connections() < 4, "once, and what the client tries by itself");
    assert_eq!(verdicts(of_host(&found)), way([Fine, Fine, Failed, Skipped, Skipped]));
    let connection = finding(of_host(&found), Check::Connection);
    assert!(connection.told.contains("broke off"), "{connection:?}");
    assert_eq!(finding(&found.connections[&own.id], Check::Tenant).verdict, Skipped);
}

#[tokio::test]
async fn a_host_that_answers_only_at_first_is_left_alone() {
    let answered = Arc::new(AtomicBool::new(false));
    let server = Server::plain(move |stream| {
        let is_first = !answered.swap(true, Ordering::SeqCst);
        async move {
            if is_first {
                reply(stream, answer("Connection: close\r\n", DOCUMENT)).await;
            }
        }
    })
    .await;
    let (_desk, own) = overview(&format!("http://127.0.0.1:{}", server.port)).await;
    let tenants = (0..60).map(|n| {
        let mut other = own.clone();
        other.settings.tenant = Tenant::parse(&format!("t{n}.example")).unwrap();
        other
    });
    let all: Vec<Overview> = tenants.collect();
    let found = checkup(&TokenClient::new(network(), Clock::system()), &all.iter().collect::<Vec<_>>()).await;
    assert!(
        server.connections() < 30,
        "those in the air, and what the client tries: {}",
        server.connections()
    );
    assert_eq!(finding(of_host(&found), Check::Connection).verdict, Failed, "a lost answer is told");
}

#[tokio::test]
async fn a_secured_host_that_never_answers_fails_the_connection_alone() {
    let ca = Ca::new("Contoso Root");
    let server = Server::tls(&ca.sign(&[LOGIN]), |_stream| std::future::pending()).await;
    let (_directory, roots) = file("roots.pem", ca.pem());
    let limits = Limits { exchange: Duration::from_secs(3), ..Limits::default() };
    let slow = Network { limits, ..trusting(roots) };
    let (found, _) = checked(slow, &format!("https://{LOGIN}:{}", server.port)).await;
    assert_eq!(verdicts(of_host(&found)), way([Fine, Fine, Failed, Fine, Skipped]));
}

#[tokio::test]
async fn a_refusal_fails_the_check_that_it_is_about() {
    let (_desk, own) = overview("http://127.0.0.1:9").await;
    let cases = [
        (Some(7_000_215), "the client secret is wrong (AADSTS7000215)", [Failed, Skipped, Fine]),
        (None, "the client is not who it says (invalid_client)", [Failed, Skipped, Fine]),
        (Some(50_011), "the redirect URI is not registered (AADSTS50011)", [Fine, Failed, Fine]),
        (Some(70_011), "a scope is not valid (AADSTS70011)", [Fine, Skipped, Failed]),
        (
            Some(1),
            "the platform refused with invalid_resource; its number AADSTS1 is not known here",
            [Fine, Skipped, Failed],
        ),
        (
            None,
            "no such thing (invalid_request). The server's words: \"invalid_scope\"",
            [Warning, Skipped, Fine],
        ),
    ];
    for (aadsts, what_happened, expected) in cases {
        let mut own = own.clone();
        own.trouble = Some(Trouble {
            at: own.renewals.last().unwrap().at,
            kind: TroubleKind::SetUpWrong,
            who: WhoActs::AppOwner,
            what_happened: what_happened.to_owned(),
            what_to_do: "Mend it.".to_owned(),
            aadsts,
            trace_id: None,
            correlation_id: None,
        });
        let found = checkup(&TokenClient::new(network(), Clock::system()), &[&own]).await;
        let verdict = |check| finding(&found.connections[&own.id], check).verdict;
        let all = [Check::Client, Check::Redirect, Check::Permissions].map(verdict);
        assert_eq!(all, expected, "{what_happened}");
    }
}
