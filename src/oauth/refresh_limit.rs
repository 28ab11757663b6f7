//! The tenant's real limit on refresh tokens, out of the refusal that names it.
//!
//! Four numbers do: 70043 (sign-in frequency), 700081 (longest life), 700082 (unused too long), 700084 (single-page
//! app). The figure stands in the sentence, in seconds or as `d.hh:mm:ss`. A text without one teaches nothing.

use chrono::TimeDelta;

use crate::domain::refresh_limit::{CountsFrom, RefreshLimit};

use super::platform_error::PlatformError;

/// What a refusal teaches.
pub fn read(platform: &PlatformError) -> Option<RefreshLimit> {
    let said = platform.description.unsanitized();
    let sentence = said.split("Trace ID:").next().unwrap_or(said);
    platform.codes.iter().find_map(|code| match code {
        70_043 | 700_081 => RefreshLimit::new(figure(sentence, "lifetime")?, CountsFrom::SignIn),
        700_082 => RefreshLimit::new(figure(sentence, "inactive for")?, CountsFrom::LastUse),
        // A single-page app's tokens always live a day, said or not.
        700_084 => {
            let span = figure(sentence, "lifetime").unwrap_or(TimeDelta::days(1));
            RefreshLimit::new(span, CountsFrom::SignIn)
        }
        _ => None,
    })
}

/// The duration behind the last mention of `label`: the first word there that is one. Moments are none.
fn figure(sentence: &str, label: &str) -> Option<TimeDelta> {
    let behind = &sentence[sentence.rfind(label)? + label.len()..];
    let word = |word: &str| span(word.trim_matches(|c: char| matches!(c, ',' | '.' | ';' | '\'' | '"')));
    behind.split_whitespace().find_map(word)
}

/// `43200`, `12:00:00` or `90.00:00:00`.
fn span(word: &str) -> Option<TimeDelta> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return TimeDelta::try_seconds(word.parse().ok()?);
    }
    let (days, clock) = word.split_once('.').unwrap_or(("0", word));
    let mut parts = clock.splitn(3, ':').map(number);
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let clock =
        (hours < 24 && minutes < 60 && seconds < 60).then_some(hours * 3600 + minutes * 60 + seconds)?;
    TimeDelta::try_seconds(number(days)?.checked_mul(86_400)?.checked_add(clock)?)
}

/// Digits alone: no sign, no blank, at most nine.
fn number(text: &str) -> Option<i64> {
    let good = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use CountsFrom::{LastUse, SignIn};

    fn learned(description: &str) -> Option<(i64, CountsFrom)> {
        let trace = "Trace ID: 4c8a2f0e-1111 Correlation ID: 0d1f Timestamp: 2026-11-22 05:42:00Z";
        let error = PlatformError::from_description("invalid_grant", format!("{description} {trace}"));
        read(&error).map(|limit| (limit.span().num_seconds(), limit.counts_from()))
    }

    #[test]
    fn each_number_tells_its_limit_and_from_where_it_counts() {
        const ISSUED: &str = "The token was issued on 2026-11-21T05:00:00.0000000Z";
        for (description, expected) in [
            (
                format!(
                    "AADSTS70043: Expired by sign-in frequency. {ISSUED} and the maximum allowed lifetime for this request is 43200."
                ),
                (43_200, SignIn),
            ),
            (
                format!(
                    "AADSTS700081: Expired due to maximum lifetime. {ISSUED} and the maximum allowed lifetime for this application is 1.00:00:00."
                ),
                (86_400, SignIn),
            ),
            (
                format!("AADSTS700082: Expired. {ISSUED} and was inactive for 90.00:00:00."),
                (90 * 86_400, LastUse),
            ),
            (
                format!("AADSTS700082: Expired. {ISSUED} and was inactive for 14.12:30:00."),
                (1_254_600, LastUse),
            ),
            (
                "AADSTS700084: It has a fixed, limited lifetime of 1.00:00:00, which cannot be extended."
                    .to_owned(),
                (86_400, SignIn),
            ),
        ] {
            assert_eq!(learned(&description), Some(expected), "{description}");
        }
    }

    #[test]
    fn a_text_without_a_figure_teaches_only_what_is_certain() {
        assert_eq!(learned("AADSTS700084: single page app"), Some((86_400, SignIn)));
        for description in [
            "AADSTS70043: because of sign-in frequency checks.",
            "AADSTS70043: the maximum allowed lifetime for this request is long.",
            "AADSTS70043: issued on 2026-11-21T05:00:00.0000000Z, a lifetime is set.",
            "AADSTS700081: maximum lifetime",
            "AADSTS700082: The refresh token has expired due to inactivity.",
            "AADSTS50173: a lifetime of 43200",
            "",
        ] {
            assert_eq!(learned(description), None, "{description}");
        }
    }

    #[test]
    fn absurd_figures_teach_nothing() {
        for figure in
            ["0", "1", "99999999999999999999", "9999999999", "1.2.3", "24:00:00", "-5", "1.00:00", "٣"]
        {
            let description =
                format!("AADSTS70043: the maximum allowed lifetime for this request is {figure}");
            assert_eq!(learned(&description), None, "{figure}");
        }
    }
}
