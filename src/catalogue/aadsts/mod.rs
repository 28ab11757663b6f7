//! AADSTS numbers of the identity platform in our own words: what happened, who acts, what to do.
//!
//! The number only makes the words better: what is done is decided by `error` and `suberror` (see `oauth::token_answer`).

mod rows;
mod words;

pub use crate::domain::WhoActs;
pub use rows::EXPLANATIONS;
pub use words::{ERROR_WORDS, ErrorWord};

/// A number and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The number after `AADSTS`.
    pub code: u32,
    /// What happened, one clause.
    pub what_happened: &'static str,
    /// What to do, one sentence.
    pub what_to_do: &'static str,
    /// Who does it.
    pub who: WhoActs,
}

/// What is known of a number.
pub fn explain(code: u32) -> Option<&'static Explanation> {
    let at = EXPLANATIONS.binary_search_by_key(&code, |explanation| explanation.code).ok()?;
    Some(&EXPLANATIONS[at])
}

/// What is known of a value of `error`.
pub fn explain_word(error: &str) -> Option<&'static ErrorWord> {
    ERROR_WORDS.iter().find(|word| word.error == error)
}

/// True for the numbers that refuse a sign-in by device code as such, or what came of one: a policy of the tenant, or
/// the registration's switch for public clients. Another code would fare no better.
pub fn blocks_device_code(code: u32) -> bool {
    matches!(code, 53_000..=53_004 | 530_003 | 530_032 | 530_034..=530_036 | 7_000_218)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_are_distinct_and_in_order() {
        assert!(EXPLANATIONS.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(ERROR_WORDS.windows(2).all(|pair| pair[0].error < pair[1].error));
    }

    #[test]
    fn what_happened_is_a_clause_and_what_to_do_a_sentence() {
        let numbers = EXPLANATIONS.iter().map(|own| (own.what_happened, own.what_to_do));
        let words = ERROR_WORDS.iter().map(|own| (own.what_happened, own.what_to_do));
        for (clause, sentence) in numbers.chain(words) {
            assert!(!clause.ends_with('.') && clause.len() <= 110, "{clause}");
            assert!(sentence.ends_with(['.', '?']) && sentence.len() <= 120, "{sentence}");
            assert!(sentence.starts_with(|c: char| c.is_uppercase()), "{sentence}");
        }
    }

    #[test]
    fn blocked_by_policy_is_the_administrators_to_mend() {
        for code in [53_000, 53_001, 53_002, 53_003, 530_003, 530_032, 530_035, 50_105, 50_057] {
            assert_eq!(explain(code).unwrap().who, WhoActs::TenantAdmin, "{code}");
        }
    }

    #[test]
    fn what_passes_by_itself_is_nobodys_to_mend() {
        for code in [50_000, 50_033, 50_196, 70_012, 90_006, 90_012, 90_024, 90_033, 90_055, 90_090] {
            assert_eq!(explain(code).unwrap().who, WhoActs::Nobody, "{code}");
        }
    }
}
