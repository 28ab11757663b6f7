//! The sign-in by device code: its requests on the wire, what each answer leaves in the record, and the whole way.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crossterm::event::KeyCode;
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::json;
use tokengauge::app::Panel;
use tokengauge::domain::secret::Secret;
use tokengauge::domain::{Authority, DeviceAttempt, Overview, TroubleKind, WayIn};
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::demo::DemoTenant;
use tokengauge::runtime::exchange::{
    Asked, ExchangeError, Waited, begin_device_sign_in, poll_device, wait_for_device,
};

use crate::dashboard::{Dashboard, named};
use crate::desk::{CLIENT_ID, Desk, SECRET, mailbox, text};
use crate::wire::{Wire, answer, json as ok};

type Response = http::Response<Full<Bytes>>;

const USER_CODE: &str = "F7KQ2XWPN";

fn authorization() -> Response {
    ok(&json!({
        "device_code": "TG-device-code", "user_code": USER_CODE,
        "verification_uri": "https://microsoft.com/devicelogin", "expires_in": 900, "interval": 5,
        "message": "TG-message \u{1b}[2J",
    }))
}

fn refused(error: &str, code: u32) -> Response {
    let body = json!({"error": error, "error_codes": [code], "error_description": format!("AADSTS{code}: TG-words")});
    answer(400, &[("content-type", "application/json")], body.to_string())
}

fn tokens() -> Response {
    ok(&json!({
        "token_type": "Bearer", "access_token": "TG-access", "expires_in": 3600, "refresh_token": "TG-refresh",
    }))
}

/// Tokens that say who signed in.
fn tokens_of(upn: &str) -> Response {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let id_token =
        format!("{}.{}.c2ln", part(json!({"alg": "none"})), part(json!({"preferred_username": upn})));
    ok(
        &json!({"token_type": "Bearer", "access_token": "TG-access", "expires_in": 3600, "id_token": id_token}),
    )
}

/// At a Microsoft cloud, as far as the rules of a public client go.
fn cloud(wire: &Wire) -> Authority {
    Authority { cloud: "global".into(), ..wire.authority() }
}

fn field(form: &[(String, String)], name: &str) -> Option<String> {
    form.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
}

impl Desk {
    async fn get_code(&self) -> Result<Overview, ExchangeError> {
        begin_device_sign_in(&self.services, &self.id).await
    }

    /// As if the pause before the next question had passed.
    async fn ask(&self) -> Result<Overview, ExchangeError> {
        let now = self.services.clock.now();
        self.change_code(|attempt| attempt.poll.next_at = now);
        poll_device(&self.services, &self.id, USER_CODE).await
    }

    fn change_code(&self, edit: impl FnOnce(&mut DeviceAttempt)) {
        self.change(|own| match &mut own.attempt {
            Some(tokengauge::domain::Attempt::Device(attempt)) => edit(attempt),
            other => panic!("no code is open: {other:?}"),
        });
    }

    fn code(&self) -> DeviceAttempt {
        self.record().device_attempt().unwrap().clone()
    }
}

/// A desk with an open code, whose questions are answered so.
async fn with_code(answers: impl IntoIterator<Item = Response>) -> (Wire, Desk) {
    let wire = Wire::start(std::iter::once(authorization()).chain(answers)).await;
    let desk = Desk::at(cloud(&wire));
    desk.get_code().await.unwrap();
    (wire, desk)
}

#[tokio::test]
async fn the_code_is_asked_for_at_the_device_endpoint_and_kept_in_the_record() {
    let (wire, desk) = with_code([]).await;
    let arrived = &wire.arrived()[0];
    assert_eq!(arrived.path, "/contoso.example/oauth2/v2.0/devicecode");
    let form = arrived.form();
    assert_eq!(field(&form, "client_id").as_deref(), Some(CLIENT_ID));
    assert!(field(&form, "scope").unwrap().split(' ').any(|scope| scope == "offline_access"));
    let code = desk.code();
    assert_eq!((code.device_code.expose(), code.user_code.as_str()), ("TG-device-code", USER_CODE));
    assert_eq!((code.expires_at - code.started_at).num_seconds(), 900);
    assert!(code.poll.next_at >= code.started_at + chrono::TimeDelta::seconds(5));
    assert_eq!(desk.record().settings.way_in, WayIn::DeviceCode);
    assert!(!format!("{:?}", desk.overview()).contains("TG-"), "no device code, no message of the server");
}

#[tokio::test]
async fn in_a_cloud_nothing_of_it_carries_the_secret_renewals_included() {
    let (wire, desk) = with_code([tokens()]).await;
    desk.ask().await.unwrap();
    assert_eq!(desk.tokens().way_in, WayIn::DeviceCode);
    // Another way in that is chosen meanwhile makes no other tokens of them.
    desk.change(|own| own.settings.way_in = WayIn::default());
    desk.refresh().await.unwrap();
    let arrived = wire.arrived();
    let grants: Vec<_> =
        arrived.iter().map(|own| field(&own.form(), "grant_type").unwrap_or_default()).collect();
    assert_eq!(grants, ["", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]);
    assert!(
        arrived
            .iter()
            .all(|own| !own.body.contains("client_secret") && own.header("authorization").is_empty())
    );
    assert_eq!(field(&arrived[1].form(), "device_code").as_deref(), Some("TG-device-code"));
}

#[tokio::test]
async fn elsewhere_a_confidential_client_proves_itself_each_time() {
    let wire = Wire::start([authorization(), tokens()]).await;
    let desk = Desk::at(wire.authority());
    desk.get_code().await.unwrap();
    desk.ask().await.unwrap();
    desk.refresh().await.unwrap();
    for arrived in wire.arrived() {
        assert_eq!(field(&arrived.form(), "client_secret").as_deref(), Some(SECRET), "{}", arrived.path);
    }
}

#[tokio::test]
async fn tokens_got_with_a_browser_are_renewed_with_the_secret_whatever_is_chosen_later() {
    let wire = Wire::start([tokens(), authorization(), tokens()]).await;
    let desk = Desk::at(cloud(&wire));
    desk.begin();
    desk.redeem(&tokengauge::domain::secret::AuthorizationCode::new("code")).await.unwrap();
    desk.get_code().await.unwrap();
    desk.refresh().await.unwrap();
    let last = wire.arrived().pop().unwrap().form();
    assert_eq!(field(&last, "client_secret").as_deref(), Some(SECRET));
}

#[tokio::test]
async fn a_mere_not_yet_changes_nothing_but_the_moment_of_the_next_question() {
    let (_wire, desk) = with_code([refused("authorization_pending", 70016)]).await;
    let before = desk.record();
    desk.ask().await.unwrap();
    let mut after = desk.record();
    let next_at = after.device_attempt().unwrap().poll.next_at;
    let wait = (next_at - desk.services.clock.now()).num_seconds();
    assert!((3..=5).contains(&wait), "{wait}");
    if let Some(tokengauge::domain::Attempt::Device(attempt)) = &mut after.attempt {
        attempt.poll.next_at = before.device_attempt().unwrap().poll.next_at;
    }
    after.generation = before.generation;
    assert_eq!(after, before);
}

#[tokio::test]
async fn two_processes_that_wait_ask_no_more_often_than_one() {
    let (wire, desk) = with_code([refused("authorization_pending", 70016)]).await;
    desk.ask().await.unwrap();
    let other = desk.reopened();
    let overview = poll_device(&other, &desk.id, USER_CODE).await.unwrap();
    assert!(overview.attempt.is_some());
    assert_eq!(wire.arrived().len(), 2, "the other one has asked a moment ago");
}

#[tokio::test]
async fn slow_down_with_a_pause_is_obeyed_in_both() {
    let headers = [("content-type", "application/json"), ("retry-after", "60")];
    let (_wire, desk) = with_code([answer(429, &headers, r#"{"error":"slow_down"}"#)]).await;
    desk.ask().await.unwrap();
    let poll = desk.code().poll;
    assert_eq!(poll.interval.num_seconds(), 10);
    let wait = (poll.next_at - desk.services.clock.now()).num_seconds();
    assert!((55..=60).contains(&wait), "{wait}");
}

#[tokio::test]
async fn slow_down_is_kept_for_whoever_goes_on() {
    let (wire, desk) = with_code([refused("slow_down", 0), refused("slow_down", 0)]).await;
    desk.ask().await.unwrap();
    desk.ask().await.unwrap();
    assert_eq!(desk.code().poll.interval.num_seconds(), 15);
    let overview = poll_device(&desk.services, &desk.id, USER_CODE).await.unwrap();
    assert_eq!(wire.arrived().len(), 3, "too early: nothing is sent");
    assert!(overview.attempt.is_some());
}

#[tokio::test]
async fn what_passes_leaves_the_code_open_and_doubles_the_pause() {
    for (odd, pause) in [
        (answer(503, &[], ""), 10),
        (answer(429, &[("retry-after", "60")], ""), 60),
        (answer(502, &[("content-type", "text/html")], "<html>TG-proxy</html>"), 10),
        (answer(200, &[("content-type", "application/json")], "{"), 10),
    ] {
        let (_wire, desk) = with_code([odd, refused("authorization_pending", 70016)]).await;
        let overview = desk.ask().await.unwrap();
        assert_eq!(overview.trouble, None, "no trouble of the connection");
        let code = desk.code();
        assert_eq!(code.poll.interval.num_seconds(), 10);
        let wait = (code.poll.next_at - desk.services.clock.now()).num_seconds();
        assert!((pause - 5..=pause).contains(&wait), "{wait}");
        let line = code.unanswered.unwrap();
        assert!(!line.contains("TG-") && !line.is_empty(), "{line}");
        desk.ask().await.unwrap();
        assert_eq!(desk.code().unanswered, None, "the next answer clears it");
    }
}

#[tokio::test]
async fn a_network_that_is_gone_leaves_the_code_open() {
    let (wire, desk) = with_code([]).await;
    drop(wire);
    let overview = desk.ask().await.unwrap();
    let attempt = overview.open_device_attempt(desk.services.clock.now()).unwrap();
    assert_eq!(attempt.poll.interval.num_seconds(), 10);
    assert!(attempt.unanswered.is_some());
    assert_eq!(desk.record().trouble, None);
}

#[tokio::test]
async fn an_end_after_a_lost_answer_says_that_one_was_lost() {
    // The beginning of a success that broke off: the tokens were in it, and the code is spent.
    let cut = || answer(200, &[("content-type", "application/json")], r#"{"access_token":"TG-"#);
    for (end, is_told) in [
        (refused("bad_verification_code", 70019), true),
        (refused("invalid_grant", 54005), true),
        (refused("expired_token", 70020), true),
        (refused("authorization_declined", 70018), false),
        (refused("invalid_grant", 53003), false),
    ] {
        let (_wire, desk) = with_code([cut(), answer(503, &[], ""), end]).await;
        desk.ask().await.unwrap();
        assert!(desk.code().lost_since.is_some());
        desk.ask().await.unwrap();
        assert!(desk.code().lost_since.is_some(), "a pause does not bring it back");
        let trouble = desk.ask().await.unwrap().trouble.unwrap();
        assert_eq!(trouble.what_happened.contains("was lost on its way"), is_told, "{trouble:?}");
        assert_eq!(trouble.what_to_do.contains("what was lost"), is_told, "{trouble:?}");
        assert_eq!(trouble.kind, TroubleKind::SignInNeeded);
    }
}

#[tokio::test]
async fn a_not_yet_after_a_lost_answer_says_that_it_held_no_tokens() {
    let pending = refused("authorization_pending", 70016);
    let unknown = refused("bad_verification_code", 70019);
    let cut = answer(200, &[("content-type", "application/json")], "{");
    let (_wire, desk) = with_code([cut, pending, unknown]).await;
    desk.ask().await.unwrap();
    desk.ask().await.unwrap();
    assert_eq!(desk.code().lost_since, None);
    let trouble = desk.ask().await.unwrap().trouble.unwrap();
    assert!(!trouble.what_happened.contains("lost"), "{trouble:?}");
}

#[tokio::test]
async fn a_question_that_was_never_sent_has_lost_no_answer() {
    let (wire, desk) = with_code([]).await;
    drop(wire);
    desk.ask().await.unwrap();
    assert_eq!(desk.code().lost_since, None);
}

#[tokio::test]
async fn every_end_is_told_and_takes_the_code_away() {
    for (error, code, words) in [
        ("authorization_declined", 70018, "declined"),
        ("access_denied", 0, "declined"),
        ("expired_token", 70020, "in time"),
        ("bad_verification_code", 70019, "does not know this code"),
        ("invalid_grant", 53003, "53003"),
    ] {
        let (_wire, desk) = with_code([refused(error, code)]).await;
        let trouble = desk.ask().await.unwrap().trouble.unwrap();
        assert!(trouble.what_happened.contains(words), "{error}: {trouble:?}");
        assert_eq!((trouble.kind, desk.record().attempt), (TroubleKind::SignInNeeded, None), "{error}");
        assert!(!format!("{trouble:?}").contains("TG-"), "{trouble:?}");
    }
}

#[tokio::test]
async fn an_error_that_no_rule_names_is_told_and_not_asked_about_again() {
    let odd = answer(400, &[("content-type", "application/json")], r#"{"error":"policy_violation"}"#);
    let (wire, desk) = with_code([odd]).await;
    let trouble = desk.ask().await.unwrap().trouble.unwrap();
    assert!(trouble.what_happened.contains("policy_violation"), "{trouble:?}");
    assert_eq!((trouble.kind, desk.record().attempt), (TroubleKind::SignInNeeded, None));
    assert_eq!(wire.arrived().len(), 2);
}

#[tokio::test]
async fn a_success_without_an_access_token_ends_it_and_keeps_nothing_of_it() {
    let odd = ok(&json!({"token_type": "Bearer", "refresh_token": "TG-refresh"}));
    let (_wire, desk) = with_code([odd]).await;
    let trouble = desk.ask().await.unwrap().trouble.unwrap();
    assert!(trouble.what_happened.contains("refresh token in it was not kept"), "{trouble:?}");
    assert_eq!((desk.record().attempt, desk.record().tokens), (None, None));
}

#[tokio::test]
async fn a_refusal_beside_tokens_that_renew_takes_nothing_away() {
    let wire = Wire::start([tokens(), authorization(), refused("invalid_grant", 53003)]).await;
    let desk = Desk::at(cloud(&wire));
    desk.begin();
    desk.redeem(&tokengauge::domain::secret::AuthorizationCode::new("code")).await.unwrap();
    let held = desk.tokens();
    desk.get_code().await.unwrap();
    let error = desk.ask().await.unwrap_err();
    assert!(
        matches!(&error, ExchangeError::SignInRefused(trouble) if trouble.aadsts == Some(53003)),
        "{error:?}"
    );
    assert_eq!((desk.tokens(), desk.record().trouble, desk.record().attempt), (held, None, None));
}

#[tokio::test]
async fn whoever_signs_in_is_compared_with_whom_the_connection_expects() {
    let stranger = tokens_of("ada@contoso.example");
    let wire = Wire::start([authorization(), stranger]).await;
    let desk = Desk::with(cloud(&wire), |new| new.settings.sign_in_as = Some(mailbox("ops@contoso.example")));
    desk.get_code().await.unwrap();
    let error = desk.ask().await.unwrap_err();
    assert!(matches!(error, ExchangeError::WrongUser { .. }), "{error:?}");
    assert_eq!((desk.record().tokens, desk.record().attempt), (None, None));
}

#[tokio::test]
async fn no_code_changes_nothing_where_the_reason_passes_or_is_odd() {
    let hostile = ok(&json!({
        "device_code": "FAKE", "user_code": "A\u{1b}[2JB", "verification_uri": "http://evil.example/",
    }));
    for odd in [answer(503, &[], ""), hostile] {
        let wire = Wire::start([odd]).await;
        let desk = Desk::at(cloud(&wire));
        desk.begin();
        let before = desk.record();
        let error = desk.get_code().await.unwrap_err();
        assert!(matches!(error, ExchangeError::SignInRefused(_)), "{error:?}");
        assert!(!format!("{error:?}").contains('\u{1b}'));
        assert_eq!(desk.record(), before, "an open sign-in with a browser stays");
    }
}

#[tokio::test]
async fn a_registration_that_is_unknown_there_is_told_as_set_up_wrong() {
    let wire = Wire::start([refused("unauthorized_client", 700_016)]).await;
    let desk = Desk::at(cloud(&wire));
    let trouble = desk.get_code().await.unwrap().trouble.unwrap();
    assert_eq!(trouble.kind, TroubleKind::SetUpWrong);
    assert_eq!((desk.record().attempt, desk.record().settings.way_in), (None, WayIn::default()));
}

#[tokio::test]
async fn another_code_than_the_one_meant_is_left_alone() {
    let (wire, desk) = with_code([tokens()]).await;
    let overview = poll_device(&desk.services, &desk.id, "ANOTHER").await.unwrap();
    assert!(overview.attempt.is_some());
    assert_eq!(wire.arrived().len(), 1, "nothing is sent");
}

#[tokio::test]
async fn who_gives_a_sign_in_up_ends_no_other() {
    let (_wire, desk) = with_code([]).await;
    let give_up = |mark: &str| {
        let edit = tokengauge::app::Edit::AbandonAttempt { mark: mark.into() };
        tokengauge::runtime::records::change(&desk.services, &desk.id, &edit).unwrap().attempt
    };
    assert!(give_up("ANOTHER").is_some());
    assert_eq!(give_up(USER_CODE), None);
}

#[tokio::test]
async fn waiting_asks_twenty_one_times_for_twenty_times_pending() {
    let pending = (0..20).map(|_| refused("authorization_pending", 70016));
    let wire = Wire::start(std::iter::once(authorization()).chain(pending).chain([tokens()])).await;
    let mut desk = Desk::at(cloud(&wire));
    desk.services.clock = Clock::running_at(50);
    let begun = desk.get_code().await.unwrap();
    let mut open = 0;
    let waited =
        wait_for_device(&desk.services, begun, std::future::pending::<()>(), |_| open += 1).await.unwrap();
    let Waited::Over(overview) = waited else { panic!("nobody stopped it") };
    assert!(overview.tokens.is_some());
    assert_eq!((open, wire.arrived().len()), (20, 1 + 21));
    assert_eq!(text(&desk.tokens().refresh.unwrap().current), "TG-refresh");
}

#[tokio::test]
async fn what_hinders_this_machine_for_a_while_does_not_end_the_waiting() {
    let wire = Wire::start([authorization(), tokens()]).await;
    let mut desk = Desk::at(cloud(&wire));
    desk.services.clock = Clock::running_at(50);
    let begun = desk.get_code().await.unwrap();
    // What stands where the record is to be written first, as a full disk would.
    let in_the_way = desk.vault_dir().join("connections/.contoso.tmp");
    std::fs::create_dir(&in_the_way).unwrap();
    let mut hindered = 0;
    let told = |asked: Asked<'_>| {
        let Asked::Hindered(failure) = asked else { panic!("nothing was asked: {asked:?}") };
        assert!(!failure.what_happened.is_empty());
        hindered += 1;
        if hindered == 2 {
            std::fs::remove_dir(&in_the_way).unwrap();
        }
    };
    let waited = wait_for_device(&desk.services, begun, std::future::pending::<()>(), told).await.unwrap();
    let Waited::Over(overview) = waited else { panic!("nobody stopped it") };
    assert!(overview.tokens.is_some());
    assert_eq!((hindered, wire.arrived().len()), (2, 2), "nothing was sent meanwhile");
}

#[tokio::test]
async fn what_hinders_this_machine_to_the_end_is_told_as_what_it_is() {
    let wire = Wire::start([authorization()]).await;
    let mut desk = Desk::at(cloud(&wire));
    desk.services.clock = Clock::running_at(50);
    desk.get_code().await.unwrap();
    desk.change_code(|attempt| attempt.expires_at = attempt.poll.next_at + chrono::TimeDelta::seconds(60));
    let begun = desk.overview();
    std::fs::create_dir(desk.vault_dir().join("connections/.contoso.tmp")).unwrap();
    let waited = wait_for_device(&desk.services, begun, std::future::pending::<()>(), |_| {}).await;
    assert!(matches!(waited, Err(ExchangeError::Vault(_))), "{waited:?}");
}

#[tokio::test]
async fn waiting_ends_when_it_is_stopped_and_leaves_the_code_open() {
    let (wire, desk) = with_code([]).await;
    let begun = desk.overview();
    let waited = wait_for_device(&desk.services, begun, std::future::ready("stop"), |_| {}).await.unwrap();
    assert!(matches!(waited, Waited::Stopped("stop")));
    assert_eq!((wire.arrived().len(), desk.code().user_code.as_str()), (1, USER_CODE));
}

/// The dashboard on the simulated tenant, which slows down whoever asks too often.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_way_on_the_dashboard() {
    let clock = Clock::running_at(60);
    let tenant = DemoTenant::start("device-code", clock).unwrap();
    let mut dashboard = Dashboard::on_demo(&tenant, clock);
    dashboard.until("the list", |app| !app.connections.all().is_empty()).await;
    let name = "ops-at-contoso.example";
    dashboard.choose(name);
    dashboard.keys("a");
    dashboard
        .until("the address", |app| matches!(&app.panel, Some(Panel::SignIn(panel)) if panel.sent.is_some()))
        .await;
    dashboard.keys("d");
    dashboard.key(KeyCode::Enter);
    let id = dashboard.connection(name).id.clone();
    dashboard.until("a question", |app| app.device_polls().last(&id).is_some()).await;
    let shown = dashboard.connection(name).attempt.as_ref().unwrap().device().unwrap().clone();
    let screen = dashboard.screen((80, 24));
    assert!(screen.contains("/devicelogin") && screen.contains("only if you yourself started"), "{screen}");
    assert_eq!(shown.poll.interval.num_seconds(), 5, "never asked too often");
    dashboard.keys("o");
    dashboard.until("tokens", |app| named(app, name).is_some_and(|own| own.tokens.is_some())).await;
    assert_eq!(dashboard.app.panel, None);
    assert_eq!(dashboard.connection(name).settings.way_in, WayIn::DeviceCode);
    dashboard.finish().await;
}
