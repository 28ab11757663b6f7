//! What a person should hear of an answer that brought tokens: what is odd about it, what is missing.

use chrono::TimeDelta;

use crate::domain::{RenewalOutcome, ScopeSet};
use crate::oauth::token_answer::TokenResponse;
use crate::sanitize::sanitize;

/// Longest line of remarks, in characters.
const LONGEST: usize = 300;

/// How a request ended that brought tokens; `asked` is what the settings ask for, `skew` how far our clock is ahead, `own`
/// what was odd about the request itself.
pub(super) fn outcome(
    response: &TokenResponse,
    asked: &ScopeSet,
    skew: Option<TimeDelta>,
    own: Option<&'static str>,
) -> RenewalOutcome {
    let odd = own.into_iter().chain(response.warnings()).map(str::to_owned);
    let remarks: Vec<String> = odd.chain(not_granted(response, asked)).chain(skew.map(clock)).collect();
    if remarks.is_empty() {
        return RenewalOutcome::Worked;
    }
    RenewalOutcome::WorkedOddly(sanitize(&remarks.join("; "), LONGEST))
}

/// RFC 6749 §3.3: the answer tells its scope where that is not what was asked for.
fn not_granted(response: &TokenResponse, asked: &ScopeSet) -> Option<String> {
    let granted = response.granted_scope.as_ref()?;
    let missing = asked.difference(granted).filter(|scope| !scope.is_openid() && !scope.is_default());
    let names: Vec<&str> = missing.map(crate::domain::Scope::name).collect();
    (!names.is_empty()).then(|| format!("not granted: {}", names.join(", ")))
}

/// In steps of five minutes, or of hours, so that it does not change with every answer.
fn clock(ahead: TimeDelta) -> String {
    let minutes = (ahead.num_minutes().abs() + 2) / 5 * 5;
    let length = if minutes < 60 { format!("{minutes} min") } else { format!("{} h", (minutes + 30) / 60) };
    let side = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    format!("this machine's clock is about {length} {side} the server's; lives are counted from expires_in")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::AccessToken;
    use crate::oauth::token_answer::ExpiresIn;

    fn told(scope: Option<&str>, asked: &str, skew: Option<i64>) -> Option<String> {
        let response = TokenResponse {
            access_token: AccessToken::new("x"),
            expires_in: ExpiresIn::Told(3600),
            names_token_type: true,
            refresh_token: None,
            refresh_token_expires_in: None,
            granted_scope: scope.map(ScopeSet::parse_lenient),
            id_token: None,
        };
        let outcome = outcome(&response, &ScopeSet::parse_lenient(asked), skew.map(TimeDelta::minutes), None);
        outcome.remark().map(str::to_owned)
    }

    #[test]
    fn what_is_missing_is_named() {
        let asked = "Mail.Send https://graph.microsoft.com/Mail.Read offline_access User.Read";
        assert_eq!(told(Some("openid User.Read"), asked, None).unwrap(), "not granted: Mail.Send, Mail.Read");
        assert_eq!(told(Some("Mail.Send Mail.Read User.Read"), asked, None), None);
        assert_eq!(told(None, asked, None), None, "what is not told is as asked");
        assert_eq!(told(Some("x"), "https://graph.microsoft.com/.default", None), None);
    }

    #[test]
    fn a_wrong_clock_is_told_in_round_figures() {
        let told = |minutes| told(None, "", Some(minutes)).unwrap();
        assert!(told(120).starts_with("this machine's clock is about 2 h ahead of the server's;"));
        assert!(told(-121).contains("about 2 h behind"));
        assert!(told(7).contains("about 5 min ahead") && told(13).contains("about 15 min"));
    }
}
