//! Which addresses are listened on, and that they are let go.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener as StdListener};
use std::time::Duration;

use tokengauge::domain::{RedirectUri, ResponseMode};
use tokengauge::runtime::listener::{Limits, ListenError, Listener};
use tokio::net::TcpStream;

use super::fixtures::*;

/// Addresses on which this process's port is listened on, as the kernel's tables have them.
fn listened_on(port: u16) -> Vec<String> {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let mut found: Vec<String> = lines
        .filter_map(|line| {
            let mut columns = line.split_whitespace().skip(1);
            let (local, _, state) = (columns.next()?, columns.next()?, columns.next()?);
            let (address, own) = local.split_once(':')?;
            (state == "0A" && u16::from_str_radix(own, 16) == Ok(port)).then(|| address.to_owned())
        })
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn both_loopback_addresses_and_no_other_are_listened_on() {
    let running = Running::start(ResponseMode::Query);
    assert_eq!(listened_on(running.port), ["00000000000000000000000001000000", "0100007F"]);
    TcpStream::connect((Ipv6Addr::LOCALHOST, running.port)).await.unwrap();
    TcpStream::connect((Ipv4Addr::LOCALHOST, running.port)).await.unwrap();
}

#[tokio::test]
async fn it_closes_within_a_second_after_the_answer() {
    let running = Running::start(ResponseMode::Query);
    let begun = std::time::Instant::now();
    assert_eq!(running.get(&format!("/?{}", good())).await.status, 200);
    running.task.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(listened_on(running.port), [""; 0]);
}

#[tokio::test]
async fn it_closes_at_once_when_it_is_cancelled() {
    let running = Running::start(ResponseMode::Query);
    let _held = running.connect().await;
    running.task.abort();
    assert!(running.task.await.unwrap_err().is_cancelled());
    assert_eq!(listened_on(running.port), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn it_closes_when_the_sign_in_is_over() {
    let limits = Limits::of_life(Duration::from_secs(60));
    let mut running = Running::with(ResponseMode::Query, limits, |_| {});
    let begun = tokio::time::Instant::now();
    assert!(running.heard.recv().await.is_none());
    assert_eq!(begun.elapsed().as_secs(), 60);
    assert_eq!(listened_on(running.port), [""; 0]);
}

#[tokio::test]
async fn a_port_that_somebody_else_has_is_not_shared() {
    let free = |port| (listened_on(port), ListenError::Taken(port));
    for other in 0..4 {
        let port = free_port();
        let _held = match other {
            0 => StdListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap(),
            1 => StdListener::bind((Ipv6Addr::LOCALHOST, port)).unwrap(),
            2 => StdListener::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap(),
            _ => StdListener::bind((Ipv6Addr::UNSPECIFIED, port)).unwrap(),
        };
        let (before, taken) = free(port);
        let error = Listener::bind(expected(port, ResponseMode::Query), limits()).err();
        assert_eq!(error, Some(taken), "{other}");
        assert_eq!(listened_on(port), before, "nothing of ours stays open");
    }
}

#[tokio::test]
async fn what_cannot_be_listened_for_is_told() {
    let bind = |uri: &str| {
        let mut expected = expected(8400, ResponseMode::Query);
        expected.redirect_uri = RedirectUri::parse(uri).unwrap();
        Listener::bind(expected, limits()).err().unwrap()
    };
    assert_eq!(bind("http://localhost/"), ListenError::NoPort);
    for uri in ["https://localhost:8400/", "https://login.example/nativeclient"] {
        assert_eq!(bind(uri), ListenError::NotLoopback(uri.to_owned()));
    }
    assert!(bind("https://localhost:8400/").failure().what_to_do.contains("http://localhost"));
}
