//! HTTP/2, which Microsoft's endpoints speak.

use std::convert::Infallible;

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokengauge::runtime::http::SendStage;
use tokio_rustls::TlsAcceptor;

use crate::certificates::{Ca, file};
use crate::server::{Arrived, Server};
use crate::wire::{LOGIN, SECRET, post, trusting};

/// Answers with a head of this length.
async fn server(ca: &Ca, length: usize) -> Server {
    let acceptor = TlsAcceptor::from(ca.sign(&[LOGIN]).config(&["h2"]));
    Server::tcp(move |stream, arrived| {
        let acceptor = acceptor.clone();
        async move {
            let stream = TokioIo::new(acceptor.accept(stream).await.unwrap());
            let service = service_fn(move |request| answer(request, arrived.clone(), length));
            let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await;
        }
    })
    .await
}

async fn answer(
    request: Request<Incoming>,
    arrived: Arrived,
    length: usize,
) -> Result<Response<Full<Bytes>>, Infallible> {
    arrived.add(&request.into_body().collect().await.unwrap().to_bytes());
    let response = Response::builder().header("x-long", "x".repeat(length));
    Ok(response.body(Full::new("{}".into())).unwrap())
}

#[tokio::test]
async fn a_form_is_posted_by_http2() {
    let ca = Ca::new("Contoso Root");
    let (_directory, roots) = file("roots.pem", ca.pem());
    let server = server(&ca, 1).await;
    let answer = post(trusting(roots), &format!("https://{LOGIN}:{}", server.port)).await.unwrap();
    assert_eq!(answer.body, b"{}");
    assert_eq!(server.arrived.text().matches(SECRET).count(), 1);
}

#[tokio::test]
async fn a_head_without_measure_is_not_taken() {
    let ca = Ca::new("Contoso Root");
    let (_directory, roots) = file("roots.pem", ca.pem());
    let server = server(&ca, 100 * 1024).await;
    let error = post(trusting(roots), &format!("https://{LOGIN}:{}", server.port)).await.unwrap_err();
    assert_ne!(error.stage, SendStage::NotSent, "{error:?}");
    assert_eq!(server.arrived.text().matches(SECRET).count(), 1, "it is asked once");
}
