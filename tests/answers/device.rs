//! The cases of the sign-in by device code, met by the real transaction: what becomes of the sign-in that is open, of the
//! rhythm of its questions, and of the tokens that are held.

use chrono::TimeDelta;
use tokengauge::domain::secret::DeviceCode;
use tokengauge::domain::{Attempt, DeviceAttempt, DevicePoll};
use tokengauge::runtime::exchange::{begin_device_sign_in, poll_device};
use url::Url;

use crate::bench::{Bench, OLD};
use crate::case::{Case, Grant, Outcome, cases};
use crate::server::Server;
use crate::transaction::{Tried, exit_code, is_outcome, planted_in, trouble};

const USER_CODE: &str = "ABCDEFGH";
const INTERVAL: TimeDelta = TimeDelta::seconds(7);

impl Bench {
    /// Opens a sign-in whose next question may be asked at once.
    fn open_device_sign_in(&self) {
        let asked_at = self.services.clock.now() - INTERVAL;
        self.change(|connection| {
            connection.attempt = Some(Attempt::Device(DeviceAttempt {
                device_code: DeviceCode::new("FAKE-device-code-of-the-bench"),
                user_code: USER_CODE.to_owned(),
                verification_uri: Url::parse("https://microsoft.com/devicelogin").unwrap(),
                started_at: asked_at,
                expires_at: asked_at + TimeDelta::minutes(15),
                poll: DevicePoll::begin(asked_at, INTERVAL),
                unanswered: None,
                lost_since: None,
            }));
        });
    }

    fn device_attempt(&self) -> Option<DeviceAttempt> {
        self.record().device_attempt().cloned()
    }
}

async fn try_case(bench: &Bench, case: &Case) -> Tried {
    if case.grant == Grant::DeviceAuthorization {
        return begin_device_sign_in(&bench.services, &bench.id).await;
    }
    bench.open_device_sign_in();
    poll_device(&bench.services, &bench.id, USER_CODE).await
}

/// What a try came to: a sign-in that is open still waits.
fn is_as_expected(tried: &Tried, open: Option<&DeviceAttempt>, outcome: Outcome) -> bool {
    match outcome {
        Outcome::Pending => open.is_some_and(|own| own.poll.interval <= INTERVAL) && trouble(tried).is_none(),
        Outcome::SlowDown => open.is_some_and(|own| own.poll.interval > INTERVAL) && trouble(tried).is_none(),
        // No further question could be answered: a person signs in anew.
        Outcome::DeviceEnded => open.is_none() && is_outcome(trouble(tried), Outcome::SigninNeeded),
        other => open.is_none() && is_outcome(trouble(tried), other),
    }
}

/// Everything that differs from what the case expects.
async fn differences(case: &Case) -> Vec<String> {
    let server = Server::of(case).await;
    let bench = Bench::at(server.authority());
    let held = bench.held_access();
    let tried = try_case(&bench, case).await;
    let open = bench.device_attempt();
    let expect = &case.expect;
    let mut wrong = Vec::new();
    if !is_as_expected(&tried, open.as_ref(), expect.outcome) {
        wrong.push(format!("outcome {:?}, open {open:?}, told {:?}", expect.outcome, trouble(&tried)));
    }
    if exit_code(&tried) != expect.exit_code.unwrap_or(0) {
        wrong.push(format!("exit {:?}, is {}", expect.exit_code, exit_code(&tried)));
    }
    if bench.stored().as_deref() != Some(OLD) || bench.held_access() != held {
        wrong.push("that what is held stays".to_owned());
    }
    if server.bodies().len() != 1 {
        wrong.push(format!("one request, not {}", server.bodies().len()));
    }
    if let Some(open) = &open {
        wrong.extend(differences_of_rhythm(case, open));
    }
    wrong.extend(planted_in(&format!("{tried:?} {}", bench.visible())));
    wrong.into_iter().map(|what| format!("{}: expected {what}", case.id)).collect()
}

fn differences_of_rhythm(case: &Case, open: &DeviceAttempt) -> Vec<String> {
    let expect = &case.expect;
    let interval = match case.grant {
        Grant::DeviceAuthorization => expect.interval_s.map(TimeDelta::seconds),
        _ => Some(INTERVAL + TimeDelta::seconds(expect.interval_add_s.unwrap_or(0))),
    };
    let mut wrong = Vec::new();
    if interval.is_some_and(|interval| interval != open.poll.interval) {
        wrong.push(format!("interval {interval:?}, is {:?}", open.poll.interval));
    }
    if open.poll.next_at - open.started_at < open.poll.interval {
        wrong.push("a pause before the next question".to_owned());
    }
    if open.expires_at - open.started_at > TimeDelta::minutes(30) {
        wrong.push("half an hour at most".to_owned());
    }
    wrong
}

#[tokio::test]
async fn every_case_of_the_device_code_ends_as_the_rules_say() {
    let mut wrong = Vec::new();
    let cases = cases();
    let of_device: Vec<&Case> = cases
        .iter()
        .filter(|case| matches!(case.grant, Grant::DeviceCode | Grant::DeviceAuthorization))
        .collect();
    for case in &of_device {
        wrong.extend(differences(case).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(of_device.len(), 9);
}
