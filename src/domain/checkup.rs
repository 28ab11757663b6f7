//! What a checkup looks at on the way from this machine to a mailbox, and what it found, in words.

/// One thing that is looked at, in the order in which a request meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The host's name has an address.
    NameLookup,
    /// Which proxy leads to the host, and whether it does.
    Proxy,
    /// The host takes connections.
    Connection,
    /// Its certificate is trusted.
    Tls,
    /// This machine's clock agrees with the host's.
    Clock,
    /// The tenant exists where the connection looks for it.
    Tenant,
    /// The app registration is known there.
    Client,
    /// The redirect URI stands under the right platform of the registration.
    Redirect,
    /// The permissions are known, granted and in the token.
    Permissions,
    /// The right mailbox answers.
    Mailbox,
}

impl Check {
    /// As a word of tables and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::NameLookup => "name-lookup",
            Self::Proxy => "proxy",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Clock => "clock",
            Self::Tenant => "tenant",
            Self::Client => "client",
            Self::Redirect => "redirect",
            Self::Permissions => "permissions",
            Self::Mailbox => "mailbox",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// All is well.
    Ok,
    /// It could not be looked at, or is none of this connection's concern.
    Skipped,
    /// It works, and is worth a look.
    Warning,
    /// It does not work.
    Failed,
}

impl Verdict {
    /// As a word of tables and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// A check and what it found. Texts are printable, lower-case clauses; no secret is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub check: Check,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found.
    pub told: String,
    /// What to do, where something is to be done.
    pub what_to_do: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(check: Check, told: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, told: told.into(), what_to_do: None }
    }

    /// It was not looked at, for this reason.
    pub fn skipped(check: Check, why: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Skipped, told: why.into(), what_to_do: None }
    }

    /// It works, and is worth a look.
    pub fn warning(check: Check, told: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warning, told: told.into(), what_to_do: Some(what_to_do.into()) }
    }

    /// It does not work.
    pub fn failed(check: Check, told: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Failed, told: told.into(), what_to_do: Some(what_to_do.into()) }
    }
}
