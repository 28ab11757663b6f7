//! Probes by the real transaction: what Graph and its impostors answer.

use tokengauge::domain::Mailbox;
use tokengauge::domain::probe::{Check, Meaning, Outcome, Probe, Verdict};
use tokengauge::runtime::probe::{ProbeError, probe};
use tokengauge::runtime::stop::Haste;

use crate::desk::{Desk, signed_in};
use crate::wire::{Wire, answer, json};

async fn probed(desk: &Desk) -> Result<Probe, ProbeError> {
    probe(&desk.services, &desk.id, None, |_| {}).await
}

fn granted() -> serde_json::Value {
    serde_json::json!({
        "token_type": "Bearer",
        "access_token": "TG-access-0",
        "expires_in": 3600,
        "refresh_token": "TG-refresh-0",
        "scope": "User.Read Mail.ReadWrite Mail.Send",
    })
}

/// Signs in at a server that answers Graph's questions so, the last answer to all that follow.
async fn asked_of(graph: Vec<http::Response<http_body_util::Full<hyper::body::Bytes>>>) -> (Probe, Wire) {
    let wire = Wire::start([json(&granted())].into_iter().chain(graph)).await;
    let desk = Desk::at(wire.authority());
    desk.begin();
    desk.redeem(&tokengauge::domain::secret::AuthorizationCode::new("code")).await.unwrap();
    let probe = probed(&desk).await.unwrap();
    assert!(!format!("{probe:?}").contains("TG-"), "{probe:?}");
    (probe, wire)
}

#[tokio::test]
async fn what_is_granted_is_asked_and_the_rest_is_told() {
    let (_platform, desk) = signed_in("").await;
    let probe = probed(&desk).await.unwrap();
    assert!(matches!(probe.outcome(Check::Inbox), Some(Outcome::Answered(_))), "{probe:?}");
    assert!(matches!(probe.outcome(Check::Contacts), Some(Outcome::NotAsked(_))), "{probe:?}");
    assert_eq!(probe.verdict(), Verdict::Works);
    assert!(
        probe.sentence().starts_with("signed in as ops@contoso.example, mailbox answers, all "),
        "{}",
        probe.sentence()
    );
}

#[tokio::test]
async fn another_person_than_expected_is_told() {
    let (_platform, desk) = signed_in("").await;
    desk.change(|own| own.settings.sign_in_as = Mailbox::parse("ada@contoso.example"));
    let probe = probed(&desk).await.unwrap();
    assert!(
        probe.sentence().contains("as ops@contoso.example, not as ada@contoso.example"),
        "{}",
        probe.sentence()
    );
    assert_eq!(probe.verdict(), Verdict::SignIn);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_renewed_once_and_asked_with_again() {
    let fault =
        "[[faults]]\nendpoint = 'graph'\ncount = 1\nstatus = 401\nerror = 'InvalidAuthenticationToken'";
    let (platform, desk) = signed_in(fault).await;
    let before = platform.token_requests();
    assert_eq!(probed(&desk).await.unwrap().verdict(), Verdict::Works);
    assert_eq!(platform.token_requests(), before + 1);
    let (platform, desk) = signed_in(&fault.replace("count = 1\n", "")).await;
    let before = platform.token_requests();
    let probe = probed(&desk).await.unwrap();
    assert_eq!((probe.verdict(), platform.token_requests()), (Verdict::SignIn, before + 1));
}

#[tokio::test]
async fn a_dead_credential_is_not_spent_on_a_token_that_is_not_taken() {
    let fault = "[[faults]]\nendpoint = 'graph'\nstatus = 401\nerror = 'InvalidAuthenticationToken'\n\
                 [[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\ncode = 50173";
    let (platform, desk) = signed_in(fault).await;
    let _ = desk.refresh().await;
    let before = platform.token_requests();
    for _ in 0..3 {
        let _ = probed(&desk).await;
    }
    assert_eq!(platform.token_requests(), before);
}

#[tokio::test]
async fn a_pause_ends_the_probe() {
    let (probe, wire) = asked_of(vec![answer(429, &[("retry-after", "9")], "")]).await;
    assert_eq!(wire.arrived().len(), 2, "nothing is asked after that");
    let Some(Outcome::Refused(refused)) = probe.outcome(Check::Profile) else { panic!("{probe:?}") };
    assert_eq!(refused.meaning, Meaning::Pause(Some(chrono::TimeDelta::seconds(9))));
}

#[tokio::test]
async fn the_token_goes_to_graph_alone_and_in_its_header_alone() {
    let (_, wire) =
        asked_of(vec![json(&serde_json::json!({ "userPrincipalName": "ops@contoso.example" }))]).await;
    let arrived = wire.arrived();
    assert_eq!(arrived[1].header("authorization"), "Bearer TG-access-0");
    assert!(
        arrived[1].path.starts_with("/v1.0/me?") && !arrived[1].path.contains("TG-"),
        "{}",
        arrived[1].path
    );
    assert_eq!(arrived[1].header("accept-encoding"), "identity");
}

#[tokio::test]
async fn impostors_and_endless_answers_are_told_for_what_they_are() {
    let long = format!(r#"{{"userPrincipalName":"{}"}}"#, "x".repeat(1024 * 1024));
    for (odd, word) in [
        (answer(200, &[], long), "1 MiB"),
        (answer(200, &[("content-type", "text/html")], "<html>TG-proxy</html>"), "not Graph"),
        (answer(302, &[("location", "https://evil.example/TG-x")], ""), "leads"),
    ] {
        let (probe, wire) = asked_of(vec![odd]).await;
        let told = format!("{:?}", probe.checks()[0].1.lines(Check::Profile));
        assert!(told.contains(word), "{word}: {told}");
        assert_eq!(wire.arrived().len(), 2);
        assert_eq!(probe.verdict(), Verdict::TryLater);
    }
}

#[tokio::test]
async fn words_of_graph_are_printable() {
    let body = r#"{"error":{"code":"odd\u001b[31m","message":"\u001b]0;x\u0007\u202ewords"}}"#;
    let (probe, _wire) = asked_of(vec![answer(400, &[], body)]).await;
    for (check, outcome) in probe.checks() {
        let told = format!("{} {:?}", outcome.detail(), outcome.lines(*check).unwrap_or_default());
        assert!(!told.chars().any(|c| c.is_control() || c == '\u{202e}'), "{told:?}");
    }
}

#[tokio::test]
async fn a_question_that_hangs_is_given_up_on_leaving() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let wire = Wire::start([json(&granted())]).await;
    let authority = tokengauge::domain::Authority::custom(wire.url(), Some(&address)).unwrap();
    let desk = Desk::at(authority);
    desk.begin();
    desk.redeem(&tokengauge::domain::secret::AuthorizationCode::new("code")).await.unwrap();
    let asking = probe(&desk.services, &desk.id, None, |_| {});
    let leaving = async {
        // It is asked, and stays without an answer.
        let (socket, _) = listener.accept().await.unwrap();
        desk.services.leaving.tell(Haste::Leaving);
        socket
    };
    let (probe, _socket) = tokio::join!(asking, leaving);
    assert!(matches!(probe.unwrap().outcome(Check::Profile), Some(Outcome::NotReached { .. })));
}
