//! A probe in plain words: the sentence for all of it, a few words and two lines for each check.

use chrono::TimeDelta;

use super::{
    Check, Finding, Holder, Meaning, NothingToAsk, Outcome, Permissions, Probe, Questions, Refused, WhyNot,
};

impl Probe {
    /// All of it in one sentence: `signed in as ops@contoso.com, mailbox answers, 2 of 6 permissions are not in the
    /// token`.
    pub fn sentence(&self) -> String {
        let clauses = [Some(self.who()), Some(self.mailbox()), self.permission_count()];
        clauses.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn who(&self) -> String {
        if let Some((signed_in, expected)) = self.stranger() {
            return format!("signed in as {signed_in}, not as {expected}");
        }
        match &self.holder {
            Holder::Person { signed_in: Some(signed_in), .. } => format!("signed in as {signed_in}"),
            Holder::Person { signed_in: None, .. } => "who signed in is not told".to_owned(),
            Holder::Application { mailbox: Some(mailbox) } => format!("the application asks for {mailbox}"),
            Holder::Application { mailbox: None } => "the application acts for itself".to_owned(),
        }
    }

    /// One clause for the mailbox where all checks of it agree, else one for each way they ended; then what ended it.
    fn mailbox(&self) -> String {
        let checks = match &self.questions {
            Questions::None(why) => return why.clause().to_owned(),
            Questions::Asked(checks) => checks,
        };
        let stop = checks.iter().find_map(|(_, outcome)| outcome.stop());
        let told = checks.iter().filter(|(check, outcome)| {
            outcome.was_sent() && outcome.stop().is_none() && (check.is_in_mailbox() || outcome.is_refused())
        });
        let mut groups: Vec<(String, Vec<Check>)> = Vec::new();
        for (check, outcome) in told {
            let clause = outcome.clause();
            match groups.iter_mut().find(|(own, _)| *own == clause) {
                Some((_, checks)) => checks.push(*check),
                None => groups.push((clause, vec![*check])),
            }
        }
        let agree = groups.len() == 1 && stop.is_none();
        let mut clauses: Vec<String> = groups.iter().map(|(clause, of)| group(clause, of, agree)).collect();
        clauses.extend(stop.map(str::to_owned));
        if clauses.is_empty() {
            clauses.push("the mailbox was not asked".to_owned());
        }
        clauses.join(", ")
    }

    fn permission_count(&self) -> Option<String> {
        Some(match &self.permissions {
            Permissions::Unknown => return None,
            Permissions::Delegated { asked: 0, .. } => return None,
            Permissions::Delegated { asked: 1, missing } if missing.is_empty() => {
                "its permission is in the token".to_owned()
            }
            Permissions::Delegated { asked, missing } if missing.is_empty() => {
                format!("all {asked} permissions are in the token")
            }
            Permissions::Delegated { asked, missing } => {
                let (missing, verb) = (missing.len(), if missing.len() == 1 { "is" } else { "are" });
                format!("{missing} of {asked} permissions {verb} not in the token")
            }
            Permissions::Application { roles: 0 } => "no application permission is in the token".to_owned(),
            Permissions::Application { roles: 1 } => "1 application permission is in the token".to_owned(),
            Permissions::Application { roles } => format!("{roles} application permissions are in the token"),
        })
    }
}

/// Checks that ended in the same way.
fn group(clause: &str, checks: &[Check], agree: bool) -> String {
    if agree && checks.iter().all(|check| check.is_in_mailbox()) {
        return format!("mailbox{clause}");
    }
    let nouns: Vec<&str> = checks.iter().map(|check| check.noun()).collect();
    let is_one = matches!(checks, [Check::Profile | Check::Inbox | Check::Calendar]);
    let several = || {
        clause.replacen(" answers", " answer", 1).replacen(" is ", " are ", 1).replacen(" does ", " do ", 1)
    };
    format!("{}{}", nouns.join(" and "), if is_one { clause.to_owned() } else { several() })
}

impl NothingToAsk {
    fn clause(self) -> &'static str {
        match self {
            Self::NoMailboxNamed => "nothing was asked: no mailbox is named",
            Self::OnlyExchange => "nothing to ask at Graph: its permissions are Exchange's own",
        }
    }

    /// What it is about.
    pub fn what_happened(self) -> &'static str {
        match self {
            Self::NoMailboxNamed => {
                "An application has no mailbox of its own: without a named one nothing can be asked."
            }
            Self::OnlyExchange => {
                "Its permissions are Exchange's own (IMAP, POP, SMTP or EWS); Graph does not take that token."
            }
        }
    }

    /// What to do about it.
    pub fn what_to_do(self) -> &'static str {
        match self {
            Self::NoMailboxNamed => "Name one: tokengauge doctor NAME --probe --mailbox ADDRESS",
            Self::OnlyExchange => {
                "The mail program that uses it proves it: its log tells whether the login worked."
            }
        }
    }
}

impl Outcome {
    fn was_sent(&self) -> bool {
        !matches!(self, Self::NotAsked(_))
    }

    fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// What ended the probe, if this did.
    pub(super) fn stop(&self) -> Option<&'static str> {
        match self {
            Self::NotReached { .. } => Some("Graph was not reached"),
            Self::Refused(refused) => refused.meaning.stop(),
            _ => None,
        }
    }

    /// What stands after the noun.
    fn clause(&self) -> String {
        match self {
            Self::Waiting | Self::Asking => " is being asked".to_owned(),
            Self::Answered(_) => " answers".to_owned(),
            Self::NotAsked(_) | Self::NotReached { .. } => " is not asked".to_owned(),
            Self::Refused(refused) => match refused.meaning {
                Meaning::NoMailbox => " does not answer: there is none in Exchange Online".to_owned(),
                Meaning::NobodyThere => " is not there".to_owned(),
                _ => format!(" is refused ({})", refused.number_and_code()),
            },
        }
    }

    /// In a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waits",
            Self::Asking => "asking",
            Self::Answered(_) => "answers",
            Self::Refused(_) => "refused",
            Self::NotAsked(_) => "not asked",
            Self::NotReached { .. } => "not reached",
        }
    }

    /// In a few words, after [`Outcome::word`]; empty where there is no more to tell.
    pub fn detail(&self) -> String {
        match self {
            Self::Waiting | Self::Asking => String::new(),
            Self::Answered(finding) => finding.in_words(),
            Self::Refused(refused) => refused.number_and_code(),
            Self::NotAsked(WhyNot::NoPermission(least)) => format!("{least} is not in the token"),
            Self::NotAsked(WhyNot::AfterThat(check)) => format!("after what became of the {}", check.noun()),
            Self::NotReached { .. } => String::new(),
        }
    }

    /// What happened and what to do, where there is something to be done.
    pub fn lines(&self, check: Check) -> Option<(String, String)> {
        match self {
            Self::Refused(refused) => Some((refused.what_happened(check), refused.what_to_do())),
            Self::NotReached { what_happened, what_to_do } => {
                Some((what_happened.clone(), what_to_do.clone()))
            }
            Self::Waiting | Self::Asking | Self::Answered(_) | Self::NotAsked(_) => None,
        }
    }
}

impl Finding {
    fn in_words(&self) -> String {
        match self {
            Self::Person { username } => username.clone().unwrap_or_default(),
            Self::Folder { items: Some(items), unread: Some(unread) } => {
                format!("{items} items, {unread} unread")
            }
            Self::Folder { items: Some(items), unread: None } => format!("{items} items"),
            Self::Folder { .. } | Self::Opens => String::new(),
        }
    }
}

impl Meaning {
    fn stop(&self) -> Option<&'static str> {
        match self {
            Self::TokenNotTaken => Some("Graph does not take the token"),
            Self::PolicyWantsMore => Some("a policy of the tenant wants another sign-in"),
            Self::Pause(_) => Some("Graph asks for a pause"),
            Self::Down(_) => Some("Graph does not work just now"),
            Self::Redirected(_) => Some("Graph's address leads elsewhere"),
            Self::MailboxDenied
            | Self::DirectoryDenied
            | Self::NoMailbox
            | Self::NobodyThere
            | Self::Other => None,
        }
    }
}

impl Refused {
    /// `403 ErrorAccessDenied`.
    pub fn number_and_code(&self) -> String {
        match &self.code {
            Some(code) => format!("{} {code}", self.status),
            None => self.status.to_string(),
        }
    }

    /// First line.
    pub fn what_happened(&self, check: Check) -> String {
        let noun = check.noun();
        match &self.meaning {
            Meaning::TokenNotTaken => "Graph does not take the token, although it is in time.".to_owned(),
            Meaning::PolicyWantsMore => {
                "A Conditional Access policy of the tenant wants more than this sign-in showed.".to_owned()
            }
            Meaning::MailboxDenied => format!("Exchange does not open the {noun} for this token."),
            Meaning::DirectoryDenied => format!("The directory does not tell the {noun} to this token."),
            Meaning::NoMailbox => "There is no mailbox in Exchange Online, or no licence for one.".to_owned(),
            Meaning::NobodyThere => "Nobody in this tenant has that address.".to_owned(),
            Meaning::Pause(Some(wait)) => {
                format!("Too many requests: Graph asks for a pause of {}.", span(*wait))
            }
            Meaning::Pause(None) => "Too many requests: Graph asks for a pause.".to_owned(),
            Meaning::Down(Some(wait)) => {
                format!("Graph does not work just now; it says to come back in {}.", span(*wait))
            }
            Meaning::Down(None) => "Graph does not work just now.".to_owned(),
            Meaning::Redirected(host) => format!("Graph's address leads to {host}, which is not followed."),
            Meaning::Other => match &self.told {
                Some(told) => format!("Graph refuses the {noun}: {told}"),
                None => format!("Graph refuses the {noun} (HTTP {}).", self.status),
            },
        }
    }

    /// Second line.
    pub fn what_to_do(&self) -> String {
        match &self.meaning {
            Meaning::TokenNotTaken => "Sign in again (a).",
            Meaning::PolicyWantsMore => "Sign in again (a), from a device and place that the policy allows.",
            Meaning::MailboxDenied => {
                "Is the permission granted (2)? An application access policy of Exchange may also keep this app out."
            }
            Meaning::DirectoryDenied => "Ask for consent (A): profiles need User.Read, or User.Read.All for an application.",
            Meaning::NoMailbox => "Is it the right account? A licence with Exchange Online brings its mailbox.",
            Meaning::NobodyThere => "Check the address of the mailbox, and the tenant.",
            Meaning::Pause(_) | Meaning::Down(_) => "Nothing is lost. Test again after that (t).",
            Meaning::Redirected(_) => "Check the cloud (e), and whether a proxy or a login page stands in between.",
            Meaning::Other => "Test again later (t); if it stays, give Graph's code to whoever runs the tenant.",
        }
        .to_owned()
    }
}

/// A pause in its largest units.
fn span(wait: TimeDelta) -> String {
    let seconds = wait.num_seconds().max(1);
    match seconds {
        0..120 => format!("{seconds} s"),
        _ => format!("{} min", (seconds + 59) / 60),
    }
}
