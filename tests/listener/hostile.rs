//! Whatever else comes in: refused, bounded, and the right answer is still waited for.

use std::time::Duration;

use tokengauge::domain::ResponseMode;
use tokengauge::runtime::listener::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::fixtures::*;

#[tokio::test]
async fn answers_that_are_not_awaited_are_refused() {
    let mut running = Running::start(ResponseMode::Query);
    for query in [
        String::new(),
        format!("code={CODE}"),
        format!("code={CODE}&state="),
        format!("code={CODE}&state=another"),
        format!("code={CODE}&state={STATE}x"),
        format!("code={CODE}&state={}", &STATE[1..]),
        format!("code={CODE}&state={STATE}&state={STATE}"),
        format!("code={CODE}&state=another&state={STATE}"),
        format!("code={CODE}&code={CODE}&state={STATE}"),
        format!("code={CODE}&error=x&state={STATE}"),
        format!("state={STATE}"),
    ] {
        assert_eq!(running.get(&format!("/?{query}")).await.status, 400, "{query}");
    }
    running.still_waits().await;
}

#[tokio::test]
async fn other_methods_are_refused() {
    let mut running = Running::start(ResponseMode::Query);
    let target = format!("/?{}", good());
    for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "PATCH", "BREW"] {
        let reply = running.request(method, &target, "", "").await;
        assert_eq!((reply.status, reply.header("allow")), (405, "GET"), "{method}");
    }
    assert_eq!(running.post("/", &good()).await.status, 405);
    running.still_waits().await;

    let form = Running::start(ResponseMode::FormPost);
    for method in ["GET", "HEAD", "OPTIONS"] {
        let reply = form.request(method, &target, "", "").await;
        assert_eq!((reply.status, reply.header("allow")), (405, "POST"), "{method}");
    }
    let head = Running::start(ResponseMode::Fragment).request("HEAD", "/", "", "").await;
    assert_eq!((head.status, head.header("allow")), (405, "GET, POST"));
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let mut running = Running::start(ResponseMode::Query);
    for path in ["/favicon.ico", "/index.html", "//", "/./", "/go", "/go/", "/.well-known/x", "/%2e%2e/"] {
        assert_eq!(running.get(&format!("{path}?{}", good())).await.status, 404, "{path}");
    }
    running.still_waits().await;
}

#[tokio::test]
async fn only_our_own_names_are_answered_to() {
    let mut running = Running::start(ResponseMode::Query);
    let port = running.port;
    let target = format!("/?{}", good());
    let hosts = [
        "rebound.example".to_owned(),
        format!("rebound.example:{port}"),
        "localhost".to_owned(),
        format!("localhost:{}", port ^ 1),
        format!("localhost.:{port}"),
        format!("xlocalhost:{port}"),
        format!("localhost:0{port}"),
        format!("127.0.0.2:{port}"),
        format!("0.0.0.0:{port}"),
        format!("user@localhost:{port}"),
        String::new(),
    ];
    for host in &hosts {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(running.send(request.as_bytes()).await.status, 400, "{host}");
    }
    for request in [
        format!("GET {target} HTTP/1.1\r\n\r\n"),
        format!("GET {target} HTTP/1.0\r\n\r\n"),
        format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\nHost: localhost:{port}\r\n\r\n"),
        format!("GET http://localhost:{port}{target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"),
    ] {
        assert_eq!(running.send(request.as_bytes()).await.status, 400, "{request}");
    }
    assert!(running.heard.try_recv().is_err());
    for host in ["127.0.0.1", "[::1]", "LocalHost"] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
        assert_eq!(running.send(request.as_bytes()).await.status, 200, "{host}");
    }
    running.answer().await;
}

#[tokio::test]
async fn forms_must_be_forms_of_a_size() {
    let mut running = Running::start(ResponseMode::FormPost);
    let json = running.request("POST", "/", "Content-Type: application/json\r\n", "{}").await;
    assert_eq!(json.status, 415);
    assert_eq!(running.request("POST", "/", "", &good()).await.status, 415);
    let long = format!("{}&pad={}", good(), "x".repeat(65 * 1024));
    assert_eq!(running.post("/", &long).await.status, 413);
    // The same without telling its length first.
    let chunked = format!(
        "POST / HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        running.port,
        long.len()
    );
    assert_eq!(running.send(chunked.as_bytes()).await.status, 413);
    assert_eq!(running.post("/", "code=%ff&state=%ff").await.status, 400);
    assert!(running.heard.try_recv().is_err());
    let charset = "Content-Type: Application/X-WWW-Form-Urlencoded; charset=UTF-8\r\n";
    assert_eq!(running.request("POST", "/", charset, &good()).await.status, 200);
    assert_eq!(running.answer().await, good());
}

#[tokio::test]
async fn a_request_line_of_100_kilobytes_is_refused() {
    let mut running = Running::start(ResponseMode::Query);
    let line = format!(
        "GET /?{}&pad={} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
        good(),
        "x".repeat(100_000),
        running.port
    );
    assert_eq!(running.send(line.as_bytes()).await.status, 431);
    let header = format!("X-Pad: {}\r\n", "x".repeat(100_000));
    assert_eq!(running.request("GET", "/", &header, "").await.status, 431);
    running.still_waits().await;
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let mut running = Running::start(ResponseMode::Query);
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"\r\n\r\n\r\n x\r\n\r\n",
    ] {
        // A TLS greeting has no line end, so its sender has to hang up.
        let mut stream = running.connect().await;
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let reply = read(&mut stream).await;
        assert!(matches!(reply.status, 0 | 400), "{bytes:?}: {reply:?}");
    }
    let request = format!("GET / HTTP/2.0\r\nHost: localhost:{}\r\n\r\n", running.port);
    assert!(matches!(running.send(request.as_bytes()).await.status, 0 | 400 | 505));
    running.still_waits().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_is_hung_up_on_after_five_seconds() {
    for begun in ["", "GET /", "GET / HTTP/1.1\r\nHost: localhost"] {
        let mut running = Running::start(ResponseMode::Query);
        let mut stream = running.connect().await;
        stream.write_all(begun.as_bytes()).await.unwrap();
        let before = tokio::time::Instant::now();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        let waited = before.elapsed();
        assert!((5..=11).contains(&waited.as_secs()), "{begun:?}: {waited:?}");
        running.still_waits().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_ends_after_ten_seconds() {
    let running = Running::start(ResponseMode::FormPost);
    let mut stream = running.connect().await;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 1000\r\n\r\ncode=",
        running.port
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let before = tokio::time::Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(before.elapsed() <= Duration::from_secs(11) && rest.is_empty());
}

#[tokio::test]
async fn two_hundred_connections_do_not_shut_the_browser_out() {
    let mut running = Running::start(ResponseMode::Query);
    let before = resident_kib();
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut stream = running.connect().await;
        stream.write_all(b"GET /?code=").await.unwrap();
        held.push(stream);
    }
    running.still_waits().await;
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 4 * 1024, "{grown} KiB more");
    // The oldest gave way to the newest.
    let mut rest = Vec::new();
    let _ = held[0].read_to_end(&mut rest).await;
    assert!(rest.is_empty());
}

#[tokio::test]
async fn an_answer_is_not_lost_when_its_connection_has_to_give_way() {
    let limits = Limits { connections: 1, ..limits() };
    let mut running = Running::with(ResponseMode::Query, limits, |_| {});
    let mut stream = running.connect().await;
    let request = format!("GET /?{} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", good(), running.port);
    stream.write_all(request.as_bytes()).await.unwrap();
    let _pressing = running.connect().await;
    // Either it was taken before it had to give way, or the browser is told nothing and asks again.
    match read(&mut stream).await.status {
        200 => assert!(running.answer().await.contains(CODE)),
        _ => running.still_waits().await,
    }
}

/// Resident memory of this process, in KiB.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
