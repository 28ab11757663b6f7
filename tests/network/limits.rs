//! Limits on time and size of an answer.

use std::time::Duration;

use tokengauge::runtime::http::{Network, SendError, SendStage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::{Recorded, Server};
use crate::wire::{answer, network, post, reply};

const MIB: usize = 1024 * 1024;

/// How a post to a server that behaves so fails.
async fn fails(server: &Server, network: Network) -> SendError {
    post(network, &format!("http://127.0.0.1:{}", server.port)).await.unwrap_err()
}

#[tokio::test]
async fn a_body_of_one_mebibyte_is_read_and_no_more() {
    for (length, is_read) in [(MIB, true), (MIB + 1, false)] {
        let server = Server::plain(move |stream| reply(stream, answer("", &"x".repeat(length)))).await;
        let answer = post(network(), &format!("http://127.0.0.1:{}", server.port)).await;
        assert_eq!(answer.is_ok(), is_read, "{length}");
        if let Err(error) = answer {
            assert_eq!(error.stage, SendStage::Unreadable);
            assert!(error.what_happened.contains("1 MiB"), "{error:?}");
        }
    }
}

/// Sends chunks until the client has had enough.
async fn chunks_without_end(mut stream: Recorded) {
    stream.request().await;
    let mut sending = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let chunk = format!("10000\r\n{}\r\n", "A".repeat(0x10000));
    while sending.is_ok() {
        sending = stream.write_all(chunk.as_bytes()).await;
    }
    stream.arrived().add(b"the client hung up");
}

#[tokio::test]
async fn a_body_without_end_is_hung_up_on() {
    let server = Server::plain(chunks_without_end).await;
    let error = fails(&server, network()).await;
    assert_eq!(error.stage, SendStage::Unreadable);
    while !server.arrived.text().contains("the client hung up") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_compressed_answer_is_not_unpacked() {
    for coding in ["gzip", "br", "identity, gzip"] {
        let head = format!("content-encoding: {coding}\r\n");
        let server = Server::plain(move |stream| reply(stream, answer(&head, "\u{1f}bomb"))).await;
        let error = fails(&server, network()).await;
        assert_eq!(error.stage, SendStage::Unreadable, "{coding}");
        assert!(error.what_happened.contains("compressed"), "{error:?}");
    }
    let server = Server::plain(|stream| reply(stream, answer("content-encoding: Identity\r\n", "{}"))).await;
    assert!(post(network(), &format!("http://127.0.0.1:{}", server.port)).await.is_ok());
    assert!(server.arrived.text().to_lowercase().contains("accept-encoding: identity\r\n"));
}

#[tokio::test]
async fn a_head_of_64_kib_is_read_and_no_more() {
    for (length, is_read) in [(60 * 1024, true), (65 * 1024, false), (5 * MIB, false)] {
        let head = format!("x-long: {}\r\n", "x".repeat(length));
        let server = Server::plain(move |stream| reply(stream, answer(&head, "{}"))).await;
        let answer = post(network(), &format!("http://127.0.0.1:{}", server.port)).await;
        assert_eq!(answer.is_ok(), is_read, "{length}: {answer:?}");
        if let Err(error) = answer {
            assert_eq!(error.stage, SendStage::Unreadable, "{error:?}");
            assert!(error.what_happened.contains("64 KiB"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let head = "a: b\r\n".repeat(5000);
    let server = Server::plain(move |stream| reply(stream, answer(&head, "{}"))).await;
    let error = fails(&server, network()).await;
    assert_eq!(error.stage, SendStage::Unreadable, "{error:?}");
}

/// Ends what never ends of itself soon.
fn hasty() -> Network {
    let mut network = network();
    network.limits.exchange = Duration::from_millis(300);
    network
}

/// Sends this, then nothing, until the client has gone.
async fn stall(mut stream: Recorded, sent: &'static [u8]) {
    stream.request().await;
    let _ = stream.write_all(sent).await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn an_answer_that_stalls_ends_at_the_deadline() {
    for sent in [b"".as_slice(), b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"] {
        let server = Server::plain(move |stream| stall(stream, sent)).await;
        let error = fails(&server, hasty()).await;
        assert_eq!(error.stage, SendStage::Unanswered);
        assert_eq!(error.what_happened, "127.0.0.1 did not finish its answer within 300ms");
        assert_eq!(server.connections(), 1);
    }
}

/// One byte after the other, each as soon as the one before has left.
async fn drip(mut stream: Recorded) {
    stream.request().await;
    let mut sending = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n").await;
    while sending.is_ok() {
        tokio::task::yield_now().await;
        sending = stream.write_all(b"x").await;
    }
}

#[tokio::test]
async fn an_answer_that_drips_ends_at_the_deadline() {
    let server = Server::plain(drip).await;
    let error = fails(&server, hasty()).await;
    assert_eq!(error.stage, SendStage::Unanswered);
    assert_eq!(error.what_happened, "127.0.0.1 did not finish its answer within 300ms");
    assert_eq!(server.connections(), 1, "it is asked once");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let server = Server::plain(|stream| {
        reply(stream, "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"access_token\":".into())
    })
    .await;
    let error = fails(&server, network()).await;
    assert_eq!(error.stage, SendStage::Unanswered);
    assert!(error.what_happened.contains("broke off"), "{error:?}");
}
