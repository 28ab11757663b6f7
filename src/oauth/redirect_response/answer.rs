//! What the parameters of one answer amount to (P9 to P15).

use subtle::ConstantTimeEq;

use super::parameters::Parameters;
use super::{AuthorizationError, AuthorizationResponse, Awaited, Expectation, Refusal, Reply, StateCheck};
use crate::domain::secret::AuthorizationCode;
use crate::oauth::platform_error::PlatformError;

/// Longest code in bytes. The platform's have 1,000 to 2,000.
const MAX_CODE_BYTES: usize = 8_192;

/// Reads one answer: shape first, then whether it is ours, then what it says.
pub(super) fn answer(parameters: &Parameters<'_>, expectation: &Expectation<'_>) -> Result<Reply, Refusal> {
    if let Some(name) = parameters.duplicate() {
        return Err(Refusal::DuplicateParameter(name));
    }
    match (parameters.value("code")?, parameters.value("error")?) {
        (Some(_), Some(_)) => Err(Refusal::AmbiguousResponse),
        (None, None) if expectation.awaited == Awaited::AdminConsent => {
            admin_consent(parameters, expectation)
        }
        (Some(_), None) if expectation.awaited == Awaited::AdminConsent => Err(Refusal::NoAdminConsentFound),
        (Some(code), None) => {
            check_origin(parameters, expectation)?;
            authorization_code(code, StateCheck::Checked)
        }
        (None, Some(error)) => {
            check_origin(parameters, expectation)?;
            authorization_error(error, parameters)
        }
        (None, None) => Err(without_code(parameters)),
    }
}

fn check_origin(parameters: &Parameters<'_>, expectation: &Expectation<'_>) -> Result<(), Refusal> {
    let issuer = parameters.value("iss")?;
    check_state(parameters.value("state")?.as_deref(), expectation.state)?;
    check_issuer(issuer.as_deref(), expectation.issuer)
}

fn check_state(given: Option<&str>, expected: &str) -> Result<(), Refusal> {
    match given {
        None | Some("") => Err(Refusal::StateMissing),
        // The comparison takes as long for a near miss as for a wild one.
        Some(given) if bool::from(given.as_bytes().ct_eq(expected.as_bytes())) => Ok(()),
        Some(_) => Err(Refusal::StateMismatch),
    }
}

/// RFC 9207 §2.4: a server that is known to name itself must do so, and by this name.
pub(super) fn check_issuer(given: Option<&str>, expected: Option<&str>) -> Result<(), Refusal> {
    match (given, expected) {
        (_, None) => Ok(()),
        (None, Some(_)) => Err(Refusal::IssuerMissing),
        (Some(given), Some(expected)) if given == expected => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::IssuerMismatch),
    }
}

/// A code of printable ASCII without blanks (RFC 6749 appendix A.11, and no blank is ever meant).
pub(super) fn authorization_code(code: String, state: StateCheck) -> Result<Reply, Refusal> {
    let fits = (1..=MAX_CODE_BYTES).contains(&code.len());
    if !fits || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::BadCode);
    }
    let code = AuthorizationCode::new(code);
    Ok(Reply::Authorization(AuthorizationResponse::Code { code, state }))
}

fn authorization_error(error: String, parameters: &Parameters<'_>) -> Result<Reply, Refusal> {
    let description = parameters.value("error_description")?.unwrap_or_default();
    let error = PlatformError::from_description(error, description);
    let error = error.with_suberror(parameters.value("error_subcode")?);
    Ok(Reply::Authorization(AuthorizationResponse::Error(AuthorizationError { error })))
}

/// `admin_consent=True` stands in refusals too; it counts only where no error does.
fn admin_consent(parameters: &Parameters<'_>, expectation: &Expectation<'_>) -> Result<Reply, Refusal> {
    let given = parameters.value("admin_consent")?;
    if !given.is_some_and(|given| given.eq_ignore_ascii_case("true")) {
        return Err(Refusal::NoAdminConsentFound);
    }
    check_origin(parameters, expectation)?;
    Ok(Reply::AdminConsent { tenant: parameters.value("tenant")? })
}

fn without_code(parameters: &Parameters<'_>) -> Refusal {
    if ["access_token", "id_token", "refresh_token"].into_iter().any(|name| parameters.has(name)) {
        Refusal::ImplicitResponse
    } else if parameters.has("admin_consent") {
        Refusal::AdminConsentResponse
    } else {
        Refusal::NoCodeFound
    }
}
