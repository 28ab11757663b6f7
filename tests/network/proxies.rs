//! The way through a proxy: secrets only inside the tunnel, its password in no text, its faults told with its name.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use tokengauge::runtime::http::Network;
use tokengauge::runtime::http::lookup::Lookup;
use tokengauge::runtime::http::proxy::ProxyRules;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::certificates::{Ca, file};
use crate::server::{Recorded, Server};
use crate::wire::{LOGIN, SECRET, answer, network, not_sent, post, reply, through, trusting, write};

/// What a proxy does with CONNECT: it opens the way, whatever host is asked for, to a port of loopback.
async fn tunnel(mut stream: Recorded, port: u16) {
    let head = stream.head().await;
    assert!(head.starts_with("CONNECT "), "{head}");
    let mut target = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    write(&mut stream, b"HTTP/1.1 200 Connection established\r\n\r\n").await;
    let _ = copy_bidirectional(&mut stream, &mut target).await;
}

#[tokio::test]
async fn secrets_travel_only_inside_the_tunnel() {
    let ca = Ca::new("Contoso Root");
    let (_directory, roots) = file("roots.pem", ca.pem());
    let server = Server::tls(&ca.sign(&[LOGIN]), |stream| reply(stream, answer("", "{}"))).await;
    let port = server.port;
    let proxy = Server::plain(move |stream| tunnel(stream, port)).await;
    let address = format!("http://ops:TGPASSWORD@127.0.0.1:{}", proxy.port);
    let answer = post(through(&address, trusting(roots)), &format!("https://{LOGIN}")).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(server.arrived.text().contains(SECRET));
    assert!(
        !server.arrived.text().to_lowercase().contains("proxy-"),
        "the login of the proxy is for the proxy"
    );
    let seen = proxy.arrived.text();
    assert!(seen.starts_with(&format!("CONNECT {LOGIN}:443 HTTP/1.1\r\n")), "{seen}");
    let login = BASE64_STANDARD.encode("ops:TGPASSWORD");
    assert!(
        seen.to_lowercase().contains("\r\nproxy-authorization: basic ") && seen.contains(&login),
        "{seen}"
    );
    assert!(!seen.contains(SECRET) && !seen.contains("refresh_token"), "{seen}");
}

#[tokio::test]
async fn a_proxy_may_be_reached_by_tls() {
    let ca = Ca::new("Contoso Root");
    let (_directory, roots) = file("roots.pem", ca.pem());
    let server = Server::tls(&ca.sign(&[LOGIN]), |stream| reply(stream, answer("", "{}"))).await;
    let port = server.port;
    let proxy = Server::tls(&ca.sign(&["proxy.example"]), move |stream| tunnel(stream, port)).await;
    let address = format!("https://proxy.example:{}", proxy.port);
    assert!(post(through(&address, trusting(roots)), &format!("https://{LOGIN}")).await.is_ok());
    assert!(proxy.arrived.text().starts_with("CONNECT ") && !proxy.arrived.text().contains(SECRET));
}

#[tokio::test]
async fn the_certificate_is_checked_behind_a_proxy_too() {
    let (known, other) = (Ca::new("Contoso Root"), Ca::new("Inspecting Proxy"));
    let (_directory, roots) = file("roots.pem", known.pem());
    let server = Server::tls(&other.sign(&[LOGIN]), |stream| reply(stream, answer("", "{}"))).await;
    let port = server.port;
    let proxy = Server::plain(move |stream| tunnel(stream, port)).await;
    let address = format!("127.0.0.1:{}", proxy.port);
    let (told, _) = not_sent(through(&address, trusting(roots)), &format!("https://{LOGIN}")).await;
    assert!(told.contains("Inspecting Proxy") && told.contains(LOGIN), "{told}");
    assert_eq!(server.arrived.text(), "");
}

/// What is told of a proxy that answers CONNECT so.
async fn told_of(answer: &'static [u8]) -> (String, String) {
    let proxy = Server::plain(move |mut stream| async move {
        stream.head().await;
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
    })
    .await;
    let (_directory, roots) = file("roots.pem", Ca::new("Contoso Root").pem());
    let address = format!("http://ops:TGPASSWORD@127.0.0.1:{}", proxy.port);
    let (told, advice) = not_sent(through(&address, trusting(roots)), &format!("https://{LOGIN}")).await;
    assert!(!format!("{told}{advice}").contains("TGPASSWORD"));
    assert!(told.contains(&format!("the proxy 127.0.0.1:{}", proxy.port)), "{told}");
    assert!(!proxy.arrived.text().contains(SECRET));
    (told.replace(&format!("127.0.0.1:{}", proxy.port), "P"), advice)
}

#[tokio::test]
async fn a_proxy_that_does_not_open_the_way_is_named() {
    let (told, advice) = told_of(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    assert_eq!(told, "the proxy P wants a login, or another one");
    assert_eq!(advice, "Write it into HTTPS_PROXY, as http://user:password@host:port.");
    for answer in [
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n".as_slice(),
        b"HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\n\r\n<html>blocked</html>",
        b"HTTP/1.1 302 Found\r\nlocation: http://login.example/\r\n\r\n",
        b"<html>portal</html>",
    ] {
        assert_eq!(told_of(answer).await.0, format!("the proxy P opened no way to {LOGIN}"));
    }
    assert_eq!(told_of(b"").await.0, "the proxy P hung up");
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named() {
    let (_directory, roots) = file("roots.pem", Ca::new("Contoso Root").pem());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let network = || through(&format!("proxy.example:{port}"), trusting(roots.clone()));
    let origin = format!("https://{LOGIN}");

    let mut slow = network();
    slow.limits.connect = std::time::Duration::from_millis(300);
    let (told, _) = not_sent(slow, &origin).await;
    assert_eq!(told, format!("the proxy proxy.example:{port} did not answer within 300ms"));

    drop(listener);
    let (told, _) = not_sent(network(), &origin).await;
    assert_eq!(told, format!("the proxy proxy.example:{port} refused the connection"));

    let lookup = Lookup::with(|_| Ok(Vec::new()));
    let (told, advice) = not_sent(Network { lookup, ..network() }, &origin).await;
    assert!(advice.contains("the proxy right (HTTPS_PROXY)"), "{advice}");
    assert_eq!(told, format!("name lookup failed for the proxy proxy.example:{port}"));
}

/// A SOCKS5 proxy (RFC 1928) that offers one method and gives one answer; it keeps what it was asked for.
async fn socks(mut stream: Recorded, method: u8, status: u8, port: u16) {
    let mut greeting = [0; 2];
    stream.read_exact(&mut greeting).await.unwrap();
    stream.read_exact(&mut vec![0; usize::from(greeting[1])]).await.unwrap();
    write(&mut stream, &[5, method]).await;
    if method != 0 {
        return;
    }
    let mut asked = [0; 5];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(asked[..4], [5, 1, 0, 3], "by name");
    stream.read_exact(&mut vec![0; usize::from(asked[4]) + 2]).await.unwrap();
    write(&mut stream, &[5, status, 0, 1, 0, 0, 0, 0, 0, 0]).await;
    if status == 0 {
        let mut target = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let _ = copy_bidirectional(&mut stream, &mut target).await;
    }
}

#[tokio::test]
async fn a_socks_proxy_sees_the_name_and_no_secret() {
    let ca = Ca::new("Contoso Root");
    let (_directory, roots) = file("roots.pem", ca.pem());
    let server = Server::tls(&ca.sign(&[LOGIN]), |stream| reply(stream, answer("", "{}"))).await;
    let port = server.port;
    let proxy = Server::plain(move |stream| socks(stream, 0, 0, port)).await;
    let nowhere = Lookup::with(|_| Ok(Vec::new()));
    let network = Network { lookup: nowhere, ..trusting(roots) };
    let network = through(&format!("socks5h://127.0.0.1:{}", proxy.port), network);
    assert!(post(network, &format!("https://{LOGIN}")).await.is_ok());
    assert!(proxy.arrived.text().contains(LOGIN) && !proxy.arrived.text().contains(SECRET));
}

#[tokio::test]
async fn the_faults_of_a_socks_proxy_are_told_with_its_name() {
    let (_directory, roots) = file("roots.pem", Ca::new("Contoso Root").pem());
    let told = async |port: u16| {
        let network = through(&format!("socks5h://127.0.0.1:{port}"), trusting(roots.clone()));
        let (told, _) = not_sent(network, &format!("https://{LOGIN}")).await;
        told.replace(&format!("127.0.0.1:{port}"), "P")
    };
    let proxy = Server::plain(|stream| socks(stream, 0, 2, 0)).await;
    assert_eq!(told(proxy.port).await, format!("the proxy P opened no way to {LOGIN}"));
    let proxy = Server::plain(|stream| socks(stream, 0xff, 0, 0)).await;
    assert_eq!(told(proxy.port).await, "the proxy P wants a login, or another one");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_eq!(told(port).await, "no connection to the proxy P");
}

#[tokio::test]
async fn this_machine_is_never_reached_through_a_proxy() {
    let proxy = Server::plain(|mut stream| async move { drop(stream.read(&mut [0; 1]).await) }).await;
    let ca = Ca::new("Contoso Root");
    let (_directory, roots) = file("roots.pem", ca.pem());
    let secured = Server::tls(&ca.sign(&["localhost"]), |stream| reply(stream, answer("", "{}"))).await;
    let address = format!("127.0.0.1:{}", proxy.port);
    let network_of_it = through(&address, trusting(roots));
    assert!(post(network_of_it, &format!("https://localhost:{}", secured.port)).await.is_ok());
    let server = Server::plain(|stream| reply(stream, answer("", "{}"))).await;
    for host in ["127.0.0.1", "localhost"] {
        assert!(post(through(&address, network()), &format!("http://{host}:{}", server.port)).await.is_ok());
    }
    assert_eq!((proxy.connections(), server.connections()), (0, 2));
}

#[tokio::test]
async fn exceptions_are_reached_directly() {
    let ca = Ca::new("Contoso Root");
    let (_directory, roots) = file("roots.pem", ca.pem());
    let server = Server::tls(&ca.sign(&[LOGIN]), |stream| reply(stream, answer("", "{}"))).await;
    let proxies = ProxyRules::read(|name| match name {
        "ALL_PROXY" => Some("127.0.0.1:9".into()),
        "NO_PROXY" => Some("intranet.example, contoso.example".into()),
        _ => None,
    });
    let network = Network { proxies, ..trusting(roots) };
    assert!(post(network, &format!("https://{LOGIN}:{}", server.port)).await.is_ok());
}

#[tokio::test]
async fn a_variable_that_names_no_proxy_is_told() {
    let (told, _) =
        not_sent(through("http://ops:TG#PASSWORD@proxy:8080", network()), "https://login.example").await;
    assert_eq!(told, "HTTPS_PROXY does not hold the address of a proxy");
}
