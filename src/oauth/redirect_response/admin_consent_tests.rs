//! What an administrator's browser ended on, as it is read.

use super::tests::{CODE, STATE, good};
use super::*;

fn consent(pasted: &str) -> String {
    let request = AdminConsentRequest {
        state: STATE.into(),
        redirect_uri: crate::domain::RedirectUri::parse("http://localhost:8400/").unwrap(),
        address: Url::parse("https://login.microsoftonline.com/x/v2.0/adminconsent").unwrap(),
        asked_at: chrono::DateTime::UNIX_EPOCH,
    };
    match read_admin_consent(pasted.as_bytes(), &request) {
        Ok(AdminConsentResponse::Given { tenant }) => format!("given {}", tenant.unwrap_or_default()),
        Ok(AdminConsentResponse::Refused(error)) => format!("refused {}", error.error.error.unsanitized()),
        Err(refusal) => refusal.reason().to_owned(),
    }
}

#[test]
fn admin_consent_is_given_only_without_an_error_and_with_the_right_state() {
    let at = |parameters: &str| consent(&format!("http://localhost:8400/?{parameters}"));
    let state = format!("state={STATE}");
    assert_eq!(at(&format!("admin_consent=True&tenant=contoso&{state}")), "given contoso");
    assert_eq!(at(&format!("admin_consent=true&{state}")), "given ");
    assert_eq!(at(&format!("admin_consent=True&error=consent_required&{state}")), "refused consent_required");
    assert_eq!(at(&format!("error=permission_denied&{state}")), "refused permission_denied");
    assert_eq!(at(&format!("admin_consent=False&{state}")), "no_admin_consent_found");
    assert_eq!(at("admin_consent=True&state=other"), "state_mismatch");
    assert_eq!(at("admin_consent=True"), "state_missing");
    assert_eq!(at(&format!("admin_consent=True&{state}&{state}")), "duplicate_parameter");
    assert_eq!(consent(&good()), "no_admin_consent_found");
    assert_eq!(consent(CODE), "no_admin_consent_found");
    assert_eq!(consent("http://elsewhere.example/?admin_consent=True"), "wrong_redirect");
}

#[test]
fn admin_consent_answer_may_be_wrapped_or_surrounded_by_the_mail_it_came_in() {
    let answer = format!("http://localhost:8400/?admin_consent=True&tenant=contoso&state={STATE}");
    let (head, tail) = answer.split_at(50);
    assert_eq!(consent(&format!("Done, it says:\n\n <{answer}>\n\nRegards")), "given contoso");
    assert_eq!(consent(&format!("{head}\n{tail}")), "given contoso");
}

#[test]
fn tenant_of_an_admin_consent_answer_is_made_printable() {
    let hostile = format!("http://localhost:8400/?admin_consent=True&tenant=a%1b%5b2Jb&state={STATE}");
    assert!(!consent(&hostile).contains('\u{1b}'));
}
