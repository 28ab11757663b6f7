//! Words that screen and news share.

use crate::sanitize::sanitize;

use super::Delivery;

/// A path longer than this fits on no screen.
const LONGEST_PATH: usize = 2_000;

impl Delivery {
    /// What became of sending something, as a clause. Never "copied": the terminal does not acknowledge.
    pub fn in_words(&self) -> String {
        match self {
            Self::SentToTerminal { characters } => {
                format!("sent to your terminal ({} characters)", count_with_commas(*characters))
            }
            Self::WrittenTo(path) => format!("written to {}", sanitize(path, LONGEST_PATH)),
            Self::BrowserStarted => "browser started".to_owned(),
        }
    }

    /// The same as news of its own, with what to do next.
    pub fn as_sentence(&self) -> String {
        let words = self.in_words();
        let (first, rest) = words.split_at(1);
        let next = match self {
            Self::SentToTerminal { .. } => ". Nothing there? u other ways",
            Self::WrittenTo(_) => ", for your eyes only. Delete it when done.",
            Self::BrowserStarted => " on this machine.",
        };
        format!("{}{rest}{next}", first.to_ascii_uppercase())
    }
}

/// A count in groups of three: `2,114`.
pub fn count_with_commas(count: usize) -> String {
    let digits = count.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(String::from_utf8_lossy).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        for (count, expected) in
            [(0, "0"), (40, "40"), (999, "999"), (1_388, "1,388"), (2_114, "2,114"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count_with_commas(count), expected);
        }
    }

    #[test]
    fn news_of_a_delivery_is_its_words_as_a_sentence() {
        let told = Delivery::SentToTerminal { characters: 1_036 }.as_sentence();
        assert_eq!(told, "Sent to your terminal (1,036 characters). Nothing there? u other ways");
        let told = Delivery::WrittenTo("/home/ops/x".into()).as_sentence();
        assert_eq!(told, "Written to /home/ops/x, for your eyes only. Delete it when done.");
        assert_eq!(Delivery::BrowserStarted.as_sentence(), "Browser started on this machine.");
    }

    #[test]
    fn a_path_in_words_is_printable() {
        assert!(!Delivery::WrittenTo("/home/\u{1b}[2J".into()).in_words().contains('\u{1b}'));
    }
}
