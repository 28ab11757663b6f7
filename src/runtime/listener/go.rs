//! The one-time address for a browser at the other end of a tunnel. Jump hosts are shared: whoever else is logged in
//! here can ask this port too, so the address has a code, leads on once, and bears few guesses.

use subtle::ConstantTimeEq;

use crate::app::GoFate;

/// How many wrong codes are borne.
pub(super) const WRONG_CODES_ALLOWED: u8 = 10;

/// The code and what has become of it.
pub(super) struct GoAddress {
    code: String,
    wrong: u8,
    fate: GoFate,
}

/// What asking for it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// On to the platform.
    Forward,
    /// Nowhere any more: it was used, or guessed at too often.
    NoLonger,
    /// Nowhere: the code is not this one.
    Wrong,
}

impl GoAddress {
    pub(super) fn new(code: String) -> Self {
        Self { code, wrong: 0, fate: GoFate::Open }
    }

    pub(super) fn fate(&self) -> GoFate {
        self.fate
    }

    /// Somebody asks with a code. Typed by hand, capitals are as good.
    pub(super) fn ask(&mut self, code: &str) -> Gone {
        let is_right: bool = self.code.as_bytes().ct_eq(code.to_ascii_lowercase().as_bytes()).into();
        match (self.fate, is_right) {
            (GoFate::Open, true) => {
                self.fate = GoFate::Used;
                Gone::Forward
            }
            (GoFate::Open, false) => {
                self.wrong += 1;
                if self.wrong >= WRONG_CODES_ALLOWED {
                    self.fate = GoFate::Closed;
                }
                Gone::Wrong
            }
            (GoFate::Used, true) => Gone::NoLonger,
            (GoFate::Used, false) => Gone::Wrong,
            // Nothing is told of a code any more.
            (GoFate::Closed, _) => Gone::NoLonger,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_on_once() {
        let mut go = GoAddress::new("kd7m2xqp".into());
        assert_eq!((go.ask("KD7M2XQP"), go.fate()), (Gone::Forward, GoFate::Used));
        assert_eq!((go.ask("kd7m2xqp"), go.ask("kd7m2xqq")), (Gone::NoLonger, Gone::Wrong));
    }

    #[test]
    fn ten_wrong_codes_close_it() {
        let mut go = GoAddress::new("kd7m2xqp".into());
        for wrong in ["", "a", "kd7m2xq", "kd7m2xqpp", "1", "2", "3", "4", "5", "6"] {
            assert_eq!(go.ask(wrong), Gone::Wrong, "{wrong}");
        }
        assert_eq!((go.fate(), go.ask("kd7m2xqp")), (GoFate::Closed, Gone::NoLonger));
    }
}
