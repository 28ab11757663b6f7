//! What became of a token request: the history that a record keeps.

use chrono::{DateTime, Utc};

/// One token request and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// When the request was sent.
    pub at: DateTime<Utc>,
    /// What was asked.
    pub kind: RenewalKind,
    /// How it ended.
    pub outcome: RenewalOutcome,
}

/// Which grant was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewalKind {
    /// A person signed in: authorization code or device code.
    SignIn,
    /// The refresh token was used.
    Refresh,
    /// The client asked for itself: client credentials.
    ClientCredentials,
}

/// How a token request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenewalOutcome {
    /// New tokens came and were saved.
    Worked,
    /// New tokens came and were saved; something about the answer is odd. The text is one printable line.
    WorkedOddly(String),
    /// Nothing is lost; it is tried again. The text is one printable line.
    WillRetry(String),
    /// A person must act. The text is one printable line.
    Failed(String),
}

impl Renewal {
    /// What happened, in one line.
    pub fn line(&self) -> String {
        match &self.outcome {
            RenewalOutcome::Worked => self.kind.done().to_owned(),
            RenewalOutcome::WorkedOddly(remark) => format!("{}; {remark}", self.kind.done()),
            RenewalOutcome::WillRetry(line) | RenewalOutcome::Failed(line) => line.clone(),
        }
    }
}

impl RenewalKind {
    /// What is told where it worked.
    pub fn done(self) -> &'static str {
        match self {
            Self::SignIn => "signed in, tokens stored",
            Self::Refresh => "renewed, tokens stored",
            Self::ClientCredentials => "token issued and stored",
        }
    }
}

impl RenewalOutcome {
    /// The line that tells what happened, where something did.
    pub fn line(&self) -> Option<&str> {
        match self {
            Self::Worked => None,
            Self::WorkedOddly(line) | Self::WillRetry(line) | Self::Failed(line) => Some(line),
        }
    }

    /// What is odd about an answer that brought tokens.
    pub fn remark(&self) -> Option<&str> {
        match self {
            Self::WorkedOddly(line) => Some(line),
            Self::Worked | Self::WillRetry(_) | Self::Failed(_) => None,
        }
    }

    /// True if tokens came.
    pub fn worked(&self) -> bool {
        matches!(self, Self::Worked | Self::WorkedOddly(_))
    }
}
