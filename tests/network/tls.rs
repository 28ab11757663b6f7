//! Whose certificate is trusted, and how a refused one is told. Not a byte of the form reaches who is not trusted.

use std::path::{Path, PathBuf};

use tokengauge::config::ConfigFile;
use tokengauge::runtime::http::Network;
use tokengauge::runtime::http::trust::Trust;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::certificates::{Ca, Identity, file, years};
use crate::server::Server;
use crate::wire::{LOGIN, SECRET, answer, network, not_sent, post, reply, trusting};

async fn server(identity: &Identity) -> Server {
    Server::tls(identity, |stream| reply(stream, answer("", "{}"))).await
}

/// What is told of a server with this certificate by a client that trusts this authority.
async fn refused(ca: &Ca, identity: &Identity) -> (String, String) {
    let server = server(identity).await;
    let (_directory, roots) = file("roots.pem", ca.pem());
    let told = not_sent(trusting(roots), &format!("https://{LOGIN}:{}", server.port)).await;
    assert_eq!((server.connections(), server.arrived.text().as_str()), (1, ""), "nothing of the form came");
    told
}

#[tokio::test]
async fn a_certificate_of_a_known_authority_is_accepted() {
    let ca = Ca::new("Contoso Root");
    let server = server(&ca.sign(&[LOGIN])).await;
    let (_directory, roots) = file("roots.pem", ca.pem());
    let answer = post(trusting(roots), &format!("https://{LOGIN}:{}", server.port)).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
    assert!(server.arrived.text().contains(SECRET));
}

#[tokio::test]
async fn a_server_that_offers_http_2_is_asked_by_http_1_1() {
    let ca = Ca::new("Contoso Root");
    let server = server(&ca.sign(&[LOGIN])).await;
    let (_directory, roots) = file("roots.pem", ca.pem());
    post(trusting(roots), &format!("https://{LOGIN}:{}", server.port)).await.unwrap();
    let asked = server.arrived.text();
    assert!(asked.lines().next().unwrap().ends_with(" HTTP/1.1"), "{asked}");
}

#[tokio::test]
async fn an_unknown_authority_is_told_by_its_name() {
    let (told, advice) = refused(&Ca::new("Contoso Root"), &Ca::new("Inspecting Proxy").sign(&[LOGIN])).await;
    let expected = "is signed by a CA that this machine does not know, Inspecting Proxy";
    assert_eq!(told, format!("the certificate of {LOGIN} {expected}"));
    assert!(advice.contains("ca_file") && advice.contains("SSL_CERT_FILE"), "{advice}");
}

#[tokio::test]
async fn a_self_signed_certificate_is_told_as_such() {
    let (told, _) = refused(&Ca::new("Contoso Root"), &Identity::signed_by_itself(LOGIN)).await;
    assert_eq!(told, format!("the certificate of {LOGIN} is signed by itself"));
}

#[tokio::test]
async fn a_self_signed_certificate_that_is_named_is_trusted() {
    let own = Identity::signed_by_itself(LOGIN);
    let server = server(&own).await;
    let (_directory, roots) = file("own.pem", own.pem());
    assert!(post(trusting(roots), &format!("https://{LOGIN}:{}", server.port)).await.is_ok());
}

#[tokio::test]
async fn the_certificate_of_an_authority_is_no_servers() {
    let ca = Ca::new(LOGIN);
    let (told, advice) = refused(&ca, &ca.as_server()).await;
    assert_eq!(told, format!("{LOGIN} shows the certificate of a CA as its own"));
    assert!(advice.contains("CA:FALSE"), "{advice}");
}

#[tokio::test]
async fn dates_out_of_range_point_to_the_clock() {
    let ca = Ca::new("Contoso Root");
    let (told, advice) = refused(&ca, &ca.sign_with(&[LOGIN], years(2001, 2002))).await;
    assert_eq!(told, format!("the certificate of {LOGIN} expired on 2002-01-01"));
    assert!(advice.contains("machine's clock"), "{advice}");
    let (told, advice) = refused(&ca, &ca.sign_with(&[LOGIN], years(2301, 2302))).await;
    assert_eq!(told, format!("the certificate of {LOGIN} is valid only from 2301-01-01"));
    assert!(advice.contains("Set this machine's clock: it says 20"), "{advice}");
}

#[tokio::test]
async fn a_certificate_of_another_host_is_told_with_its_names() {
    let ca = Ca::new("Contoso Root");
    let (told, _) = refused(&ca, &ca.sign(&["portal.example", "wifi.example"])).await;
    assert_eq!(told, format!("the certificate is not that of {LOGIN} but of portal.example, wifi.example"));
}

#[tokio::test]
async fn an_issuer_cannot_write_to_the_terminal() {
    let (told, _) =
        refused(&Ca::new("Contoso Root"), &Ca::new("a\u{1b}]0;b\u{7}\u{202e}").sign(&[LOGIN])).await;
    assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{told:?}");
}

/// A server that answers a ClientHello with these bytes.
async fn greets_with(bytes: &'static [u8]) -> (String, String) {
    let server = Server::plain(move |mut stream| async move {
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(bytes).await;
        // Until the client has gone.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let (_directory, roots) = file("roots.pem", Ca::new("Contoso Root").pem());
    let told = not_sent(trusting(roots), &format!("https://{LOGIN}:{}", server.port)).await;
    assert!(!server.arrived.text().contains(SECRET));
    told
}

#[tokio::test]
async fn an_old_tls_is_told_as_such() {
    // The alert protocol_version, as a server sends it that knows TLS 1.1 at most (RFC 5246 §7.2.2).
    let (told, _) = greets_with(&[0x15, 3, 2, 0, 2, 2, 70]).await;
    assert_eq!(told, format!("{LOGIN} offers only an old TLS; this program needs 1.2 or 1.3"));
}

#[tokio::test]
async fn a_server_without_tls_is_told_as_such() {
    let (told, _) = greets_with(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(told, format!("{LOGIN} does not speak TLS there"));
}

#[tokio::test]
async fn a_server_that_refuses_the_handshake_is_told_as_such() {
    let (told, _) = greets_with(&[0x15, 3, 3, 0, 2, 2, 40]).await;
    assert_eq!(told, format!("{LOGIN} and this program found no common TLS"));
}

/// Whether a server of this authority is reached with roots from there.
async fn is_reached(ca: &Ca, trust: Trust) -> bool {
    let server = server(&ca.sign(&[LOGIN])).await;
    post(Network { trust, ..network() }, &format!("https://{LOGIN}:{}", server.port)).await.is_ok()
}

#[tokio::test]
async fn a_named_file_takes_the_place_of_the_machines_file() {
    let (machine, own) = (Ca::new("Machine"), Ca::new("Own"));
    let (_one, machine_file) = file("machine.pem", machine.pem());
    let (_two, own_file) = file("own.pem", own.pem());
    let trust = Trust { named_file: Some(own_file), files: vec![machine_file.clone()], ..Trust::default() };
    assert!(is_reached(&own, trust.clone()).await);
    assert!(!is_reached(&machine, trust.clone()).await);
    // Its directories stay, as with OpenSSL.
    let directories = vec![machine_file.parent().unwrap().to_owned()];
    assert!(is_reached(&machine, Trust { directories: directories.clone(), ..trust.clone() }).await);
    let elsewhere = Some(vec![PathBuf::from("/")]);
    assert!(!is_reached(&machine, Trust { directories, named_directories: elsewhere, ..trust }).await);
}

#[tokio::test]
async fn the_variables_of_openssl_are_read() {
    let (one, two) = (Ca::new("One"), Ca::new("Two"));
    let (_one, file_of_one) = file("one.pem", one.pem());
    let (directory, _) = file("two.pem", two.pem());
    std::fs::write(directory.path().join("README"), "no certificate").unwrap();
    let directories = std::env::join_paths([directory.path()]).unwrap();
    let trust = Trust::read(
        |name| match name {
            "SSL_CERT_FILE" => Some(file_of_one.clone().into()),
            "SSL_CERT_DIR" => Some(directories.clone()),
            _ => None,
        },
        None,
    );
    assert!(is_reached(&one, trust.clone()).await);
    assert!(is_reached(&two, trust).await);
}

fn config(directory: &Path, ca_file: &str) -> ConfigFile {
    let path = directory.join("config.toml");
    std::fs::write(&path, format!("ca_file = '{ca_file}'\n")).unwrap();
    ConfigFile::Named(path)
}

#[tokio::test]
async fn the_configured_file_comes_on_top_as_pem_or_der() {
    let (machine, own) = (Ca::new("Machine"), Ca::new("Own"));
    let (directory, machine_file) = file("machine.pem", machine.pem());
    std::fs::write(directory.path().join("own.cer"), own.der()).unwrap();
    std::fs::write(directory.path().join("own.pem"), own.pem()).unwrap();
    for name in ["own.pem", "own.cer"] {
        let config = Some(config(directory.path(), name));
        let trust = Trust { config, files: vec![machine_file.clone()], ..Trust::default() };
        assert!(is_reached(&own, trust.clone()).await, "{name}");
        assert!(is_reached(&machine, trust).await, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_names_no_authority_is_told_with_its_path() {
    let (directory, empty) = file("empty.pem", "");
    let no_file = directory.path().join("no.pem");
    let trust = Trust { named_file: Some(empty.clone()), ..Trust::default() };
    let told = |trust: Trust| not_sent(Network { trust, ..network() }, "https://login.contoso.example");
    let (what, advice) = told(trust).await;
    assert_eq!(what, format!("{} holds no certificate", empty.display()));
    assert!(advice.contains("SSL_CERT_FILE"), "{advice}");
    let (what, _) = told(Trust { named_file: Some(no_file.clone()), ..Trust::default() }).await;
    assert!(what.contains(no_file.to_str().unwrap()) && what.contains("No such file"), "{what}");
    let (what, _) = told(Trust { named_directories: Some(vec![no_file.clone()]), ..Trust::default() }).await;
    assert!(what.contains(no_file.to_str().unwrap()), "{what}");
    let (what, _) = told(Trust { named_file: Some("/dev/zero".into()), ..Trust::default() }).await;
    assert_eq!(what, "the certificates in /dev/zero cannot be read: it is no file");
    let config = config(directory.path(), "empty.pem");
    let (what, advice) = told(Trust { config: Some(config), ..Trust::default() }).await;
    assert_eq!(what, format!("{} holds no certificate", empty.display()));
    assert!(advice.contains("ca_file"), "{advice}");
    let (what, advice) = told(Trust::default()).await;
    assert_eq!(what, "this machine has no CA certificates");
    assert!(advice.contains("ca-certificates"), "{advice}");
}

#[tokio::test]
async fn a_file_that_was_mended_is_read_again() {
    let ca = Ca::new("Own");
    let (_directory, roots) = file("roots.pem", "");
    let server = server(&ca.sign(&[LOGIN])).await;
    let client = tokengauge::runtime::http::TokenClient::new(
        Network { trust: Trust { named_file: Some(roots.clone()), ..Trust::default() }, ..network() },
        tokengauge::runtime::clock::Clock::system(),
    );
    let origin = format!("https://{LOGIN}:{}", server.port);
    assert!(crate::wire::post_by(&client, &origin).await.is_err());
    std::fs::write(&roots, ca.pem()).unwrap();
    assert!(crate::wire::post_by(&client, &origin).await.is_ok());
}

#[tokio::test]
async fn plain_http_on_this_machine_needs_no_certificates() {
    let server = Server::plain(|stream| reply(stream, answer("", "{}"))).await;
    let answer = post(network(), &format!("http://127.0.0.1:{}", server.port)).await.unwrap();
    assert_eq!(answer.status, 200);
}
