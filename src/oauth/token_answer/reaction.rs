//! What follows from a refusal: decided by `error` and `suberror`, softened by the AADSTS number.

use chrono::TimeDelta;

use crate::domain::WhoActs;
use crate::oauth::platform_error::PlatformError;

use super::HttpAnswer;

/// What follows from a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// A person signs in.
    SignInNeeded,
    /// An administrator consents.
    ConsentMissing,
    /// Registration or settings are mended.
    SetUpWrong,
    /// It is tried again, not before this wait where one is told.
    TryLater(Option<TimeDelta>),
    /// The answer makes no sense; it is tried again.
    ProtocolError,
}

/// Five minutes: the platform has seen a loop of equal requests.
pub(super) const LOOP_PAUSE: TimeDelta = TimeDelta::minutes(5);

impl Reaction {
    /// Who acts where the number of the error says nothing better.
    pub(super) fn who_acts(self) -> WhoActs {
        match self {
            Self::SignInNeeded => WhoActs::User,
            Self::ConsentMissing => WhoActs::TenantAdmin,
            Self::SetUpWrong => WhoActs::AppOwner,
            Self::TryLater(_) | Self::ProtocolError => WhoActs::Nobody,
        }
    }

    pub(super) fn of(answer: &HttpAnswer, platform: &PlatformError) -> Self {
        // Throttling arrives dressed as invalid_grant.
        if platform.codes.contains(&50_196) {
            return Self::TryLater(answer.retry_after.max(Some(LOOP_PAUSE)));
        }
        if answer.is_pause() {
            return Self::TryLater(answer.retry_after);
        }
        match platform.error.unsanitized() {
            "invalid_grant" | "interaction_required" | "login_required" if is_consent(platform) => {
                Self::ConsentMissing
            }
            "consent_required" => Self::ConsentMissing,
            "invalid_grant" | "interaction_required" | "login_required" | "access_denied" => {
                Self::SignInNeeded
            }
            // What a device is told when the person said no, or nothing, or the code is not known (RFC 8628 §3.5).
            "authorization_declined" | "expired_token" | "bad_verification_code" => Self::SignInNeeded,
            "invalid_client"
            | "unauthorized_client"
            | "invalid_scope"
            | "invalid_resource"
            | "invalid_request"
            | "unsupported_grant_type"
            | "unsupported_response_type" => Self::SetUpWrong,
            "temporarily_unavailable" | "server_error" | "slow_down" => Self::TryLater(answer.retry_after),
            _ => Self::ProtocolError,
        }
    }
}

fn is_consent(platform: &PlatformError) -> bool {
    platform.suberror.as_ref().is_some_and(|suberror| *suberror == "consent_required")
        || platform.codes.iter().any(|code| matches!(code, 65_001 | 90_094 | 90_008))
}
