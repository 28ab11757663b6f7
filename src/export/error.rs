//! Why values cannot be written in a format.

use thiserror::Error;

use super::options::Quote;

/// A value that the format cannot carry as it was asked for. It is named, never shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExportError {
    /// A line of a `.env` file cannot hold it.
    #[error("the {value} has a character in it that {} cannot carry", way(*.quote))]
    Quoting {
        /// Which one.
        value: &'static str,
        /// The choice that cannot carry it.
        quote: Quote,
    },
    /// It has a control character in it, such as a line break.
    #[error("the {value} has a control character in it, which no line can carry")]
    ControlCharacter {
        /// Which one.
        value: &'static str,
    },
}

fn way(quote: Quote) -> &'static str {
    match quote {
        Quote::Single => "single quotes",
        Quote::Double => "double quotes",
        Quote::None => "a line without quotes",
    }
}

impl ExportError {
    /// What the person can do.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            Self::Quoting { quote: Quote::Single, .. } => "give --quote double, or another format",
            Self::Quoting { .. } => "give --quote single, or another format",
            Self::ControlCharacter { .. } => "give --format json, which can carry it",
        }
    }
}
