//! Why a text brings no values. No text of it is told but names of accounts.

use thiserror::Error;

use super::Field;
use crate::export::PatchError;

/// Why a text brings no values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IntakeError {
    /// More than [`LARGEST`](super::LARGEST) bytes.
    #[error("it is larger than 1 MiB")]
    TooLarge,
    /// No UTF-8.
    #[error("it is not a text")]
    NotText,
    /// As gpg writes it.
    #[error("it is encrypted")]
    Encrypted,
    /// The syntax is broken.
    #[error("it is not JSON: line {line}")]
    NotJson {
        /// Where it was noticed.
        line: usize,
    },
    /// JSON of another shape.
    #[error("it is JSON of another kind: {expected}")]
    OtherJson {
        /// What was expected.
        expected: &'static str,
    },
    /// The answer of a token endpoint that gave nothing.
    #[error("it is a refusal of the token endpoint, not a token response")]
    Refusal,
    /// A line that is no assignment.
    #[error("line {line}: {what}")]
    Line {
        /// Which one.
        line: usize,
        /// What is the matter with it.
        what: &'static str,
    },
    /// More keys than any such file has.
    #[error("it has more than 1,000 keys")]
    TooManyKeys,
    /// A value that cannot be what its name says.
    #[error("{}the {} is {what}", place(*.line), field.noun())]
    Field {
        /// The line, where the format has lines.
        line: Option<usize>,
        /// Which value.
        field: Field,
        /// What is the matter with it.
        what: &'static str,
    },
    /// Two values for one field.
    #[error("{}the {} stands twice", place(*.line), field.noun())]
    Twice {
        /// The line of the second one, where the format has lines.
        line: Option<usize>,
        /// Which value.
        field: Field,
    },
    /// Names of several sets of assignments, perhaps those of another service.
    #[error("line {line}: its name has another prefix than the one of line {first_line}")]
    Prefixes {
        /// The line with the second prefix.
        line: usize,
        /// The line with the first one.
        first_line: usize,
    },
    /// As for patching.
    #[error(transparent)]
    Accounts(#[from] PatchError),
    /// There is none of the values in it.
    #[error("it holds no client ID, secret or token")]
    Nothing,
}

fn place(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!("line {line}: "))
}

impl IntakeError {
    /// What the person can do.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            Self::TooLarge | Self::NotText | Self::TooManyKeys => "give the file of one connection, as text",
            Self::Encrypted => "decrypt it first: gpg --decrypt FILE | tokengauge import ...",
            Self::NotJson { .. } | Self::OtherJson { .. } => {
                "give the whole text, and its kind with --format"
            }
            Self::Refusal => "tokengauge explain tells what it means",
            Self::Line { .. } => {
                "write NAME=value, NAME='value' or NAME=\"value\", one a line; $ and ` stand in single quotes"
            }
            Self::Prefixes { .. } => "choose one set by what its names begin with, such as --prefix AZURE_",
            Self::Field { .. } => "copy the value again, whole",
            Self::Twice { .. } => "remove one of the two, or choose by --prefix or --account",
            Self::Accounts(error) => error.what_to_do(),
            Self::Nothing => "check --format; import --help lists the kinds",
        }
    }
}
