//! The whole choice in words: how much of it is granted, what differs, who must consent, what a tick would break.

use crate::app::Failure;
use crate::catalogue::permissions::WhoConsents;
use crate::domain::{AdminConsent, Known, Overview, PermissionState, Scope, ScopeSet, settings_rules};

/// How the choice stands, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Asked for.
    pub asked: usize,
    /// Of these, granted.
    pub granted: usize,
    /// Of those that can be in the token, how many are, and how many there are; `None` where no token tells.
    pub in_token: Option<(usize, usize)>,
    /// Asked for and not granted.
    pub missing: Vec<Scope>,
    /// Granted, and not in a token that should hold it.
    pub absent: Vec<Scope>,
    /// Granted, and not asked for.
    pub besides: Vec<Scope>,
}

/// Counts what is asked for.
pub fn counts(overview: &Overview) -> Counts {
    let states = overview.permission_states();
    let own: Vec<_> =
        states.asked().filter(|state| overview.settings.scopes.contains(&state.scope)).collect();
    let scopes = |is_so: &dyn Fn(&PermissionState) -> bool| -> Vec<Scope> {
        own.iter().filter(|state| is_so(state)).map(|state| state.scope.clone()).collect()
    };
    let told = own.iter().filter(|state| state.in_token != Known::Unknown).count();
    let in_token = own.iter().filter(|state| state.in_token == Known::Yes).count();
    let is_all = own.iter().any(|state| state.scope.is_default());
    let besides = states.iter().filter(|state| !state.asked && !is_all);
    Counts {
        asked: overview.settings.scopes.len(),
        granted: own.iter().filter(|state| state.granted == Known::Yes).count(),
        in_token: (told > 0).then_some((in_token, told)),
        missing: scopes(&|state| state.granted == Known::No),
        absent: scopes(&|state| state.granted == Known::Yes && state.in_token == Known::No),
        besides: besides.map(|state| state.scope.clone()).collect(),
    }
}

impl Counts {
    /// In a line: `6 asked for, 4 granted, 4 in the token`.
    pub fn sentence(&self, overview: &Overview) -> String {
        if overview.tokens.is_none() {
            return format!("{} asked for, nobody has signed in yet", self.asked);
        }
        let token = match self.in_token {
            None => String::new(),
            Some((count, all)) => format!(", {count} of {all} in the token"),
        };
        format!("{} asked for, {} granted{token}", self.asked, self.granted)
    }

    /// The same in some fifteen characters.
    pub fn short(&self, overview: &Overview) -> String {
        match &overview.tokens {
            None => format!("{} asked for", self.asked),
            Some(_) => format!("{} of {} granted", self.granted, self.asked),
        }
    }

    /// True if only a new sign-in applies the choice.
    pub fn needs_sign_in(&self) -> bool {
        !self.missing.is_empty()
    }
}

/// What is asked for against what was granted and is in the token, in sentences; the most important first.
pub fn difference(overview: &Overview) -> Vec<String> {
    let counts = counts(overview);
    let names = |scopes: &[Scope]| scopes.iter().map(Scope::name).collect::<Vec<_>>().join(", ");
    let mut sentences = Vec::new();
    if !counts.missing.is_empty() {
        sentences.push(format!("not granted: {}", names(&counts.missing)));
    }
    if !counts.absent.is_empty() {
        sentences.push(format!("granted, and not in the token: {}", names(&counts.absent)));
    }
    if !counts.besides.is_empty() {
        sentences.push(format!("granted before and not asked for: {}", names(&counts.besides)));
    }
    sentences
}

/// Who will have to consent, said before the sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// In some eighty characters.
    pub long: String,
    /// In some thirty.
    pub short: String,
    /// Whether an administrator has to act, in some tenants at least.
    pub needs_administrator: bool,
}

/// Who will have to consent to what is asked for and not granted yet; `None` where nothing is open, and where nobody
/// signs in.
pub fn consent_statement(overview: &Overview) -> Option<Statement> {
    if !overview.settings.way_in.is_delegated() {
        return None;
    }
    if matches!(overview.admin_consent, Some(AdminConsent::Given { .. })) && overview.tokens.is_none() {
        let words = "an administrator has consented".to_owned();
        return Some(Statement { short: words.clone(), long: words, needs_administrator: false });
    }
    let open = open_scopes(overview)?;
    let who = WhoConsents::of(open.iter());
    Some(Statement {
        long: who.sentence(),
        short: who.short(),
        needs_administrator: who.needs_administrator(),
    })
}

/// What nobody has consented to yet, as far as is known: all that is asked for before the first sign-in.
fn open_scopes(overview: &Overview) -> Option<ScopeSet> {
    let open: ScopeSet = match &overview.tokens {
        None => overview.settings.scopes.clone(),
        Some(_) => counts(overview).missing.into_iter().collect(),
    };
    (!open.is_empty()).then_some(open)
}

/// What an administrator is asked to consent to: just what is missing where something was granted before, else all that
/// needs an administrator; and all that is asked for where nothing of it does, since somebody asks for consent all the
/// same.
pub fn for_administrator(overview: &Overview) -> ScopeSet {
    let asked = &overview.settings.scopes;
    if !overview.settings.way_in.is_delegated() {
        return asked.clone();
    }
    let missing = overview.tokens.as_ref().and_then(|_| open_scopes(overview));
    let chosen = missing.unwrap_or_else(|| WhoConsents::of(asked.iter()).for_administrator());
    if chosen.is_empty() { asked.clone() } else { chosen }
}

/// Why a scope more cannot be asked for: a rule between settings that it would break.
pub fn refused_tick(overview: &Overview, scope: &Scope) -> Option<Failure> {
    let before = settings_rules::faults(&overview.settings, None);
    let mut settings = overview.settings.clone();
    // The same permission may be asked for already, with another address.
    settings.scopes.remove(scope);
    settings.scopes.insert(scope.clone());
    let after = settings_rules::faults(&settings, None);
    let fault = after.into_iter().find(|fault| !before.contains(fault))?;
    Some(Failure::of_error(&fault, fault.what_to_do()))
}
