//! Our own client against the simulated tenant, both as pure values: what one writes the other reads.

use chrono::{DateTime, TimeDelta, Utc};
use http::Request;
use hyper::body::Bytes;
use tokengauge::domain::secret::{PrivateKey, Secret};
use tokengauge::domain::{
    AppRegistration, Authority, ClientCredential, ClientId, RedirectUri, ResponseMode, ScopeSet, Settings,
    Tenant, WayIn,
};
use tokengauge::oauth::client_authentication::{AssertionContext, ClientAuthentication};
use tokengauge::oauth::device_poll::{self, DeviceEnd, PollAnswer};
use tokengauge::oauth::token_answer::{self, HttpAnswer, TokenAnswer};
use tokengauge::oauth::token_request::{self, TokenRequest};
use tokengauge::oauth::{certificate, device_authorization};
use tokengauge::simulator::browser::{self, Answer};
use tokengauge::simulator::{Scenario, Simulator};

use super::driver::{OPS, at};

const ORIGIN: &str = "http://127.0.0.1:49152";

struct Meeting {
    simulator: Simulator,
    settings: Settings,
    credential: ClientCredential,
    now: DateTime<Utc>,
}

impl Meeting {
    fn over(scenario: &str, way_in: WayIn, scopes: &str) -> Self {
        let mut simulator = Simulator::new(Scenario::embedded(scenario).unwrap(), 1);
        simulator.reached_at(ORIGIN);
        let application = &simulator.scenario().applications[0];
        let credential = match application.certificates.first() {
            None => ClientCredential::Public,
            Some(held) => {
                let key = PrivateKey::new(held.key.clone().unwrap());
                ClientCredential::Certificate(certificate::read(&held.pem, &key).unwrap())
            }
        };
        let settings = Settings {
            client_id: ClientId::parse(&application.client_id).unwrap(),
            authority: Authority::custom(ORIGIN, None).unwrap(),
            tenant: Tenant::parse("contoso.example").unwrap(),
            sign_in_as: None,
            way_in,
            redirect_uri: RedirectUri::parse("http://localhost:8400/").unwrap(),
            response_mode: ResponseMode::Query,
            renewal: tokengauge::domain::RenewalRule::default(),
            scopes: ScopeSet::parse_lenient(scopes),
        };
        Self { simulator, settings, credential, now: at("2026-11-22T05:41:56Z") }
    }

    fn by_device_code(scenario: &str) -> Self {
        Self::over(scenario, WayIn::DeviceCode, "User.Read Mail.ReadWrite")
    }

    fn send(&mut self, request: &TokenRequest) -> HttpAnswer {
        let body = Bytes::from(request.body.expose().to_owned());
        let request = Request::post(request.url.as_str()).body(body).unwrap();
        let response = self.simulator.handle(&request, self.now);
        HttpAnswer {
            status: response.status().as_u16(),
            body: response.body().to_vec(),
            ..HttpAnswer::default()
        }
    }

    fn proof(&self, jti: &str) -> ClientAuthentication {
        let endpoint = token_request::endpoint(&self.settings);
        let context = AssertionContext { endpoint: &endpoint, now: self.now, jti };
        let app = AppRegistration {
            client_id: self.settings.client_id,
            authority: self.settings.authority.clone(),
            generation: 1,
            credential: self.credential.clone(),
            replacement: None,
        };
        ClientAuthentication::of(self.settings.way_in, &app, context).unwrap()
    }

    /// The device answer, and a poll that is sent when the test says so.
    fn device(&mut self) -> device_authorization::DeviceAuthorization {
        let request = device_authorization::request(&self.settings, &self.proof("unused"));
        device_authorization::read(&self.send(&request)).unwrap()
    }

    fn poll(&mut self, device: &device_authorization::DeviceAuthorization) -> PollAnswer {
        let request = token_request::poll(&self.settings, &self.proof("unused"), &device.device_code);
        device_poll::read(&self.send(&request))
    }

    fn answer(&mut self, device: &device_authorization::DeviceAuthorization, answer: Answer) {
        let (simulator, now) = (&mut self.simulator, self.now);
        let send = |request: Request<Bytes>| simulator.handle(&request, now);
        browser::enter_code(device.verification_uri.as_str(), &device.user_code, OPS, answer, send).unwrap();
    }
}

#[test]
fn our_assertion_is_accepted_and_a_second_needs_its_own_jti() {
    let mut meeting = Meeting::over(
        "app-only-certificate",
        WayIn::ClientCredentials,
        "https://graph.microsoft.com/.default",
    );
    let mut ask = |jti: &str| {
        let request = token_request::client_credentials(&meeting.settings, &meeting.proof(jti));
        token_answer::read(&meeting.send(&request))
    };
    let TokenAnswer::Granted(granted) = ask("jti-1") else { panic!("the assertion was refused") };
    assert!(granted.refresh_token.is_none());
    assert!(matches!(ask("jti-2"), TokenAnswer::Granted(_)));
    assert!(matches!(ask("jti-2"), TokenAnswer::Unusable { .. }));
}

#[test]
fn our_device_sign_in_polls_until_the_person_has_answered() {
    let mut meeting = Meeting::by_device_code("device-code");
    let device = meeting.device();
    assert_eq!((device.interval, device.expires_in), (TimeDelta::seconds(5), TimeDelta::minutes(15)));
    assert_eq!(meeting.poll(&device), PollAnswer::Pending);
    assert_eq!(meeting.poll(&device), PollAnswer::SlowDown(None));
    meeting.answer(&device, Answer::Accept);
    meeting.now += TimeDelta::seconds(10);
    let PollAnswer::Answered(TokenAnswer::Granted(granted)) = meeting.poll(&device) else {
        panic!("no tokens came")
    };
    assert!(granted.refresh_token.is_some());
}

#[test]
fn our_device_sign_in_ends_when_it_is_declined_or_late_or_unknown() {
    let end = |prepare: fn(&mut Meeting, &mut device_authorization::DeviceAuthorization)| {
        let mut meeting = Meeting::by_device_code("device-code");
        let mut device = meeting.device();
        prepare(&mut meeting, &mut device);
        match meeting.poll(&device) {
            PollAnswer::Ended(end, _) => end,
            other => panic!("the sign-in should be over: {other:?}"),
        }
    };
    assert_eq!(end(|meeting, device| meeting.answer(device, Answer::Decline)), DeviceEnd::Declined);
    assert_eq!(end(|meeting, _| meeting.now += TimeDelta::minutes(15)), DeviceEnd::Expired);
    assert_eq!(
        end(|_, device| device.device_code = tokengauge::domain::secret::DeviceCode::new("FAQABinvented")),
        DeviceEnd::UnknownCode
    );
}

#[test]
fn a_hostile_device_answer_shows_nobody_a_code() {
    let mut meeting = Meeting::by_device_code("hostile-texts");
    let request = device_authorization::request(&meeting.settings, &meeting.proof("unused"));
    assert!(device_authorization::read(&meeting.send(&request)).is_err());
}
