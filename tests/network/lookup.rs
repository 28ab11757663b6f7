//! Name lookup: bounded, told with the host.

use std::io;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokengauge::runtime::http::Network;
use tokengauge::runtime::http::lookup::Lookup;

use crate::certificates::{Ca, file};
use crate::server::Server;
use crate::wire::{LOGIN, answer, network, not_sent, post, reply, trusting};

fn looking_up(lookup: Lookup) -> (tempfile::TempDir, Network) {
    let (directory, roots) = file("roots.pem", Ca::new("Contoso Root").pem());
    (directory, Network { lookup, ..trusting(roots) })
}

#[tokio::test]
async fn a_name_without_address_is_told() {
    for lookup in [
        Lookup::with(|_| Err(io::Error::other("failed to lookup address information"))),
        Lookup::with(|_| Ok(Vec::new())),
    ] {
        let (_directory, network) = looking_up(lookup);
        let (told, _) = not_sent(network, &format!("https://{LOGIN}")).await;
        assert_eq!(told, format!("name lookup failed for {LOGIN}"));
    }
}

#[tokio::test]
async fn a_name_server_that_does_not_answer_is_awaited_no_longer_than_the_limit() {
    let (answer, never) = mpsc::channel::<()>();
    let never = Mutex::new(never);
    let (_directory, mut network) = looking_up(Lookup::with(move |_| {
        let _ = never.lock().unwrap().recv();
        Ok(Vec::new())
    }));
    network.limits.lookup = Duration::from_millis(200);
    let (told, advice) = not_sent(network, &format!("https://{LOGIN}")).await;
    assert_eq!(told, format!("name lookup failed for {LOGIN}: no name server answered"));
    assert!(advice.contains("/etc/resolv.conf"), "{advice}");
    drop(answer);
}

#[tokio::test]
async fn localhost_is_this_machine_whatever_a_name_server_says() {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let own = Arc::clone(&asked);
    let lookup = Lookup::with(move |host| {
        own.lock().unwrap().push(host.to_owned());
        Ok(vec!["192.0.2.1".parse().unwrap()])
    });
    let server = Server::plain(|stream| reply(stream, answer("", "{}"))).await;
    assert!(
        post(Network { lookup, ..network() }, &format!("http://localhost:{}", server.port)).await.is_ok()
    );
    assert!(asked.lock().unwrap().is_empty());
}
