//! What a browser brings, in the three response modes; and the pages that it is given.

use tokengauge::domain::{RedirectUri, ResponseMode};

use super::fixtures::*;

#[tokio::test]
async fn an_answer_in_the_query_is_told_as_the_address_it_came_on() {
    let mut running = Running::start(ResponseMode::Query);
    let reply = running.get(&format!("/?{}", good())).await;
    assert_eq!(reply.status, 200);
    assert_eq!(running.answer().await, format!("http://localhost:{}/?{}", running.port, good()));
}

#[tokio::test]
async fn a_posted_answer_is_told_as_its_body() {
    let mut running = Running::start(ResponseMode::FormPost);
    assert_eq!(running.post("/", &good()).await.status, 200);
    assert_eq!(running.answer().await, good());
}

#[tokio::test]
async fn an_answer_in_the_fragment_is_sent_back_by_a_page() {
    let mut running = Running::start(ResponseMode::Fragment);
    let page = running.get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("location.hash") && !page.body.contains("http"), "{}", page.body);
    assert!(page.header("content-security-policy").contains("form-action 'self'"));
    assert!(running.heard.try_recv().is_err());
    assert_eq!(running.post("/", &good()).await.status, 200);
    assert_eq!(running.answer().await, format!("http://localhost:{}/#{}", running.port, good()));
}

#[tokio::test]
async fn a_refusal_of_the_platform_is_an_answer_too() {
    for mode in [ResponseMode::Query, ResponseMode::Fragment] {
        let mut running = Running::start(mode);
        let refusal = format!("error=access_denied&error_description=AADSTS65004&state={STATE}");
        assert_eq!(running.get(&format!("/?{refusal}")).await.status, 200);
        assert!(running.answer().await.ends_with(&refusal));
    }
}

#[tokio::test]
async fn the_path_is_that_of_the_redirect_uri() {
    let mut running = Running::with(ResponseMode::Query, limits(), |expected| {
        let port = expected.redirect_uri.url().port().unwrap();
        expected.redirect_uri = RedirectUri::parse(&format!("http://127.0.0.1:{port}/oauth/cb")).unwrap();
    });
    assert_eq!(running.get(&format!("/?{}", good())).await.status, 404);
    assert_eq!(running.get(&format!("/oauth/cb/?{}", good())).await.status, 404);
    assert_eq!(running.get(&format!("/oauth/cb?{}", good())).await.status, 200);
    assert_eq!(running.answer().await, format!("http://127.0.0.1:{}/oauth/cb?{}", running.port, good()));
}

#[tokio::test]
async fn the_same_answer_twice_is_told_once() {
    let mut running = Running::start(ResponseMode::Query);
    let target = format!("/?{}", good());
    let (first, second) = tokio::join!(running.get(&target), running.get(&target));
    assert_eq!((first.status, second.status), (200, 200));
    assert_ne!(first.body, second.body, "the second page says that it has arrived already");
    running.answer().await;
    running.task.await.unwrap();
    assert!(running.heard.recv().await.is_none(), "nothing more is told");
}

#[tokio::test]
async fn a_query_that_is_no_answer_does_not_hide_the_fragment() {
    let running = Running::start(ResponseMode::Fragment);
    let plain = running.get("/").await;
    let with_query = running.get("/?customer=northwind").await;
    assert_eq!((with_query.status, with_query.body), (200, plain.body), "the page that sends it back");
}

#[tokio::test]
async fn every_page_is_neutral_and_loads_nothing() {
    let running = Running::start(ResponseMode::Query);
    let wrong = format!("/?code={CODE}&state=another&error_description=%3Cscript%3E");
    let right = format!("/?{}", good());
    for target in [wrong.as_str(), "/favicon.ico", "/go/abcdefgh", right.as_str(), right.as_str()] {
        let reply = running.get(target).await;
        for told in
            [CODE, STATE, "another", "&lt;script", "<script", "session_state", "http:", "https:", "src="]
        {
            assert!(!reply.body.contains(told), "{target} tells {told}");
        }
        assert!(
            reply.body.contains("Close this tab and go back to the terminal"),
            "{target}: {}",
            reply.body
        );
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(reply.header("connection"), "close");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
        assert!(!policy.contains("script-src") && policy.contains("form-action 'none'"), "{policy}");
    }
}
