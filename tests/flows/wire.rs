//! A server that keeps what it is sent and answers what it is told: for answers that no platform would give.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokengauge::domain::Authority;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Arrived {
    /// The form that was posted, in its order.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// An answer to be given.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Full::new(body.into())).unwrap()
}

/// A 200 with this JSON.
pub fn json(body: &serde_json::Value) -> Response<Full<Bytes>> {
    answer(200, &[("content-type", "application/json; charset=utf-8")], body.to_string())
}

/// The server. Its answers are given in order; the last one stays.
pub struct Wire {
    url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    serving: JoinHandle<()>,
}

impl Wire {
    pub async fn start(answers: impl IntoIterator<Item = Response<Full<Bytes>>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let arrived = Arc::<Mutex<Vec<Arrived>>>::default();
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&arrived), answers));
        Self { url, arrived, serving }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn authority(&self) -> Authority {
        Authority::custom(&self.url, None).unwrap()
    }

    /// What has arrived so far.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

type Answers = Arc<Mutex<VecDeque<Response<Full<Bytes>>>>>;

async fn serve(listener: TcpListener, arrived: Arc<Mutex<Vec<Arrived>>>, answers: Answers) {
    while let Ok((stream, _)) = listener.accept().await {
        let (arrived, answers) = (Arc::clone(&arrived), Arc::clone(&answers));
        let service = service_fn(move |request: Request<Incoming>| {
            let (arrived, answers) = (Arc::clone(&arrived), Arc::clone(&answers));
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await?.to_bytes();
                arrived.lock().unwrap().push(Arrived {
                    method: head.method,
                    path: head.uri.to_string(),
                    headers: head.headers,
                    body: String::from_utf8(body.to_vec()).unwrap(),
                });
                Ok::<_, hyper::Error>(next(&answers))
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn next(answers: &Answers) -> Response<Full<Bytes>> {
    let mut answers = answers.lock().unwrap();
    let last = answers.len() <= 1;
    let first = if last { answers.front().cloned() } else { answers.pop_front() };
    first.expect("at least one answer is given")
}
