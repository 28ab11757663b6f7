//! Device authorization: a code for the person, a code for the device, and the page where both meet (RFC 8628).

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::error::{PlatformError, Trace};
use super::mint::Mint;
use super::parameters::Parameters;
use super::registration::{ClientKind, Credentials, Tenancy, unknown_application};
use super::reply::own_page;
use super::scope::Scopes;
use super::token::{Flow, SignIn, TokenRequest};
use super::visit::{Choice, Visit, parameters};
use super::{Simulator, answer, pages};

/// RFC 8628 §3.5: "slow_down" adds five seconds, for good.
const SLOW_DOWN_SECONDS: u32 = 5;

/// A device that waits for its person.
#[derive(Debug, Clone)]
pub(super) struct DeviceAuthorization {
    client_id: String,
    tenancy: Tenancy,
    scopes: Scopes,
    user_code: String,
    issued_at: DateTime<Utc>,
    interval_seconds: u32,
    polled_at: Option<DateTime<Utc>>,
    progress: Progress,
}

/// How far the person has come.
#[derive(Debug, Clone)]
enum Progress {
    Pending,
    Accepted { upn: String, at: DateTime<Utc> },
    Declined,
    Redeemed,
}

impl Simulator {
    /// Device authorization endpoint (RFC 8628 §3.1, §3.2).
    pub(super) fn device_code(
        &mut self,
        segment: &str,
        request: &Request<Bytes>,
        trace: &Trace,
    ) -> Response<Bytes> {
        match self.authorize_device(segment, request, trace.now) {
            Ok(body) => answer::json(StatusCode::OK, &body),
            Err(error) => error.to_json(trace),
        }
    }

    fn authorize_device(
        &mut self,
        segment: &str,
        request: &Request<Bytes>,
        now: DateTime<Utc>,
    ) -> Result<Value, PlatformError> {
        if request.method() != Method::POST {
            return Err(PlatformError::new(900_561));
        }
        let form = Parameters::of_body(request);
        form.refuse_repeats()?;
        let tenancy = Tenancy::of(segment, &self.scenario)?;
        let credentials = Credentials::read(request, &form);
        let client_id =
            credentials.client_id.as_deref().ok_or_else(|| PlatformError::missing("client_id"))?;
        let application =
            self.scenario.application(client_id).ok_or_else(|| unknown_application(client_id))?;
        tenancy.accept(application, &self.scenario)?;
        let scopes = Scopes::parse(form.required("scope")?, &self.origin)?;
        let life = &self.scenario.tokens;
        let (interval, expires_in) = (life.device_code_interval, life.device_code_seconds);
        let device_code = Mint::device_code(&mut self.generator);
        let user_code = Mint::user_code(&mut self.generator);
        let authorization = DeviceAuthorization {
            client_id: application.client_id.clone(),
            tenancy,
            scopes,
            user_code: user_code.clone(),
            issued_at: now,
            interval_seconds: interval,
            polled_at: None,
            progress: Progress::Pending,
        };
        self.issued.push(device_code.clone());
        self.devices.insert(device_code.clone(), authorization);
        let verification_uri = format!("{}/devicelogin", self.origin);
        Ok(json!({
            "message": format!("To sign in, open {verification_uri} and enter the code {user_code}."),
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": verification_uri,
            "expires_in": expires_in,
            "interval": interval,
        }))
    }

    /// The page where a person enters the code, signs in and consents (RFC 8628 §3.3).
    pub(super) fn device_login(&mut self, request: &Request<Bytes>, trace: &Trace) -> Response<Bytes> {
        let parameters = parameters(request);
        let Some(typed) = parameters.get("user_code") else {
            return answer::page(StatusCode::OK, pages::enter_code());
        };
        match self.visit_device(&as_issued(typed), &parameters, trace) {
            Ok(html) => answer::page(StatusCode::OK, html),
            Err(error) => own_page(&error, trace),
        }
    }

    fn visit_device(
        &mut self,
        user_code: &str,
        parameters: &Parameters,
        trace: &Trace,
    ) -> Result<String, PlatformError> {
        parameters.refuse_repeats()?;
        let scenario = Arc::clone(&self.scenario);
        let waiting = self.devices.iter().find(|(_, device)| device.waits_for(user_code));
        let (device_code, device) =
            waiting.map(|(key, device)| (key.clone(), device.clone())).ok_or(PlatformError::new(70018))?;
        if device.has_expired(trace.now, scenario.tokens.device_code_seconds) {
            return Err(PlatformError::new(70019));
        }
        let application =
            scenario.application(&device.client_id).ok_or_else(|| unknown_application(&device.client_id))?;
        let visit = Visit { parameters, scenario: &scenario, application, tenancy: device.tenancy, trace };
        let (progress, told) = match visit.choice()? {
            Choice::Open => return Ok(visit.page(&device.scopes)),
            Choice::Declines => (Progress::Declined, "You declined. Nothing was signed in."),
            Choice::Accepts(user) => {
                self.consent(&visit, user, &device.scopes)?;
                let accepted = Progress::Accepted { upn: user.upn.clone(), at: trace.now };
                (accepted, "You have signed in on your device. This window can be closed.")
            }
        };
        if let Some(device) = self.devices.get_mut(&device_code) {
            device.progress = progress;
        }
        Ok(pages::done(told))
    }

    /// A poll, or the redemption once the person has accepted (RFC 8628 §3.4, §3.5).
    pub(super) fn redeem_device_code(&mut self, request: &TokenRequest<'_>) -> Result<Value, PlatformError> {
        let kind =
            if request.application.public_client { ClientKind::Public } else { ClientKind::Confidential };
        let authentication = self.authenticate(request, kind)?;
        let text = request.form.required("device_code")?;
        let device = self.devices.get_mut(text).ok_or(PlatformError::new(70018))?;
        let (upn, signed_in_at) = device.poll(request)?;
        let sign_in = SignIn {
            client_id: device.client_id.clone(),
            upn,
            kind,
            flow: Flow::DeviceCode,
            scopes: device.scopes.clone(),
            claims: None,
            signed_in_at,
        };
        if sign_in.is_blocked(request) {
            return Err(PlatformError::new(53003));
        }
        let body = self.token_answer((request, authentication), &sign_in, None)?;
        if let Some(device) = self.devices.get_mut(text) {
            device.progress = Progress::Redeemed;
        }
        Ok(body)
    }
}

impl DeviceAuthorization {
    /// Who has signed in, if anybody has.
    pub(super) fn user(&self) -> Option<&str> {
        match &self.progress {
            Progress::Accepted { upn, .. } => Some(upn),
            Progress::Pending | Progress::Declined | Progress::Redeemed => None,
        }
    }

    fn waits_for(&self, user_code: &str) -> bool {
        self.user_code == user_code && matches!(self.progress, Progress::Pending)
    }

    fn has_expired(&self, now: DateTime<Utc>, seconds: u32) -> bool {
        now - self.issued_at >= TimeDelta::seconds(seconds.into())
    }

    /// Who has signed in, and when; or why the device has to wait or give up.
    fn poll(&mut self, request: &TokenRequest<'_>) -> Result<(String, DateTime<Utc>), PlatformError> {
        if self.client_id != request.application.client_id {
            return Err(
                PlatformError::new(70000).saying("The device code was issued to another application.")
            );
        }
        if self.tenancy != request.tenancy {
            return Err(PlatformError::new(700_005).saying("The device code was issued for another tenant."));
        }
        if self.has_expired(request.now, request.scenario.tokens.device_code_seconds) {
            return Err(PlatformError::new(70020));
        }
        self.hold_back(request.now)?;
        match &self.progress {
            Progress::Pending => Err(PlatformError::new(70016)),
            Progress::Declined => Err(PlatformError::new(65004).under("authorization_declined")),
            Progress::Redeemed => {
                Err(PlatformError::new(54005).saying("The device code was redeemed before."))
            }
            Progress::Accepted { upn, at } => Ok((upn.clone(), *at)),
        }
    }

    /// Refuses a poll that comes before its time, and makes the time longer.
    fn hold_back(&mut self, now: DateTime<Utc>) -> Result<(), PlatformError> {
        let before = self.polled_at.replace(now);
        let interval = TimeDelta::seconds(self.interval_seconds.into());
        if before.is_none_or(|before| now - before >= interval) {
            return Ok(());
        }
        self.interval_seconds += SLOW_DOWN_SECONDS;
        Err(PlatformError::new(70016)
            .under("slow_down")
            .saying("The device polls faster than it was told to."))
    }
}

/// A user code as people type it: in any case, with spaces and hyphens.
fn as_issued(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
}
