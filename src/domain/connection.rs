//! A connection: our record of one mailbox signing in through one app registration, and what it holds.

use std::fmt;

use super::{
    AdminConsent, Attempt, Audience, Authority, Claims, ClaimsRequest, ClientId, CodeAttempt, DeviceAttempt,
    HandOver, RedirectUri, RefreshLimit, Renewal, RenewalRule, Scope, ScopeSet, Tenant, Tokens, Trouble,
    WayIn,
};

/// Immutable id of a connection: it survives renaming.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Reads an id as it was made by the source of randomness: 1 to 64 letters and digits.
    pub fn parse(text: &str) -> Option<Self> {
        let good = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        good.then(|| Self(text.to_owned()))
    }

    /// As stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Name of a connection: `[A-Za-z0-9][A-Za-z0-9._@-]{0,63}`, unique without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionName(String);

impl ConnectionName {
    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let good = |b: u8| b.is_ascii_alphanumeric() || b"._@-".contains(&b);
        let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        (starts_well && text.len() <= 64 && text.bytes().all(good)).then(|| Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same name but for case: two such may not exist.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of the mailbox that is expected to sign in; sent as `login_hint` and compared afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mailbox(String);

impl Mailbox {
    /// Reads `local@domain`, printable, without blanks, at most 254 characters.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        // Letters of any script, but nothing that hides or reorders its neighbours: an address is read by people.
        let printable = text.chars().all(|c| match c {
            // Letters by their category, and yet not to be seen.
            '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => false,
            c if c.is_ascii() => c.is_ascii_graphic() && !"<>\"(),;:\\".contains(c),
            c => c.is_alphanumeric(),
        });
        let good =
            !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
        (good && printable && text.len() <= 254).then(|| Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Addresses of Exchange do not differ by case.
    pub fn is_same(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How the authorization response comes back (OAuth 2.0 Multiple Response Types, Form Post Response Mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// In the fragment.
    Fragment,
    /// As a form, posted to the redirect URI.
    FormPost,
}

impl ResponseMode {
    /// All of them, in the order offered.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// The wire's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    /// Reads the wire's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What the person decided about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The app registration whose credentials are used.
    pub client_id: ClientId,
    /// Where sign-in happens.
    pub authority: Authority,
    /// For whom.
    pub tenant: Tenant,
    /// The mailbox that must sign in; without it the first one that signs in is kept to.
    pub sign_in_as: Option<Mailbox>,
    /// How it comes by tokens.
    pub way_in: WayIn,
    /// Where the browser ends.
    pub redirect_uri: RedirectUri,
    /// How the answer comes back.
    pub response_mode: ResponseMode,
    /// The permissions asked for: delegated ones, or `.default` of one resource where the client acts for itself.
    pub scopes: ScopeSet,
    /// What renews by itself, and how long before the end.
    pub renewal: RenewalRule,
}

impl Settings {
    /// The resources that the permissions belong to, never none: Graph first where it is one of them, the others in the
    /// order of their permissions. Without a permission it is Graph, which tells who signed in.
    pub fn audiences(&self) -> Vec<Audience> {
        let mut audiences = Vec::new();
        for audience in self.scopes.iter().filter_map(|scope| Audience::of_scope(scope, &self.authority)) {
            if !audiences.contains(&audience) {
                audiences.push(audience);
            }
        }
        audiences.sort_by_key(|audience| *audience != Audience::Graph);
        if audiences.is_empty() { vec![Audience::Graph] } else { audiences }
    }

    /// The resource whose token a consumer gets who takes only one.
    pub fn primary_audience(&self) -> Audience {
        self.audiences().swap_remove(0)
    }

    /// For which of the resources a token is, where nobody noted what was asked: the token or the granted permissions tell,
    /// else it is the first.
    pub fn audience_of_token(&self, claims: &Claims, granted: Option<&ScopeSet>) -> Audience {
        let mut asked = self.audiences();
        let by_claim = claims.aud.as_deref().and_then(|aud| Audience::at(aud, &self.authority));
        let scopes = granted.into_iter().flat_map(ScopeSet::iter).filter(|scope| scope.resource().is_some());
        let by_scope = scopes.filter_map(|scope| Audience::of_scope(scope, &self.authority));
        // Authorities of one's own put there what they like.
        let is_certain =
            |audience: &Audience| !matches!(audience, Audience::Other(_)) || asked.contains(audience);
        let told = by_claim.into_iter().chain(by_scope).find(is_certain);
        told.unwrap_or_else(|| asked.swap_remove(0))
    }

    /// The permissions of one resource.
    pub fn scopes_of(&self, audience: &Audience) -> ScopeSet {
        let is_of = |scope: &&Scope| Audience::of_scope(scope, &self.authority).as_ref() == Some(audience);
        self.scopes.iter().filter(is_of).cloned().collect()
    }

    /// These settings, which somebody made of `shown`, with whatever is as it was shown taken from `now`: two who change
    /// different things at once change both. Permissions are merged one by one.
    #[must_use]
    pub fn merged(&self, shown: &Self, now: &Self) -> Self {
        fn own<T: Clone + PartialEq>(own: &T, shown: &T, now: &T) -> T {
            if own == shown { now } else { own }.clone()
        }
        let kept =
            now.scopes.iter().filter(|scope| self.scopes.contains(scope) || !shown.scopes.contains(scope));
        let more = self.scopes.iter().filter(|scope| !shown.scopes.contains(scope));
        Self {
            client_id: own(&self.client_id, &shown.client_id, &now.client_id),
            authority: own(&self.authority, &shown.authority, &now.authority),
            tenant: own(&self.tenant, &shown.tenant, &now.tenant),
            sign_in_as: own(&self.sign_in_as, &shown.sign_in_as, &now.sign_in_as),
            way_in: own(&self.way_in, &shown.way_in, &now.way_in),
            redirect_uri: own(&self.redirect_uri, &shown.redirect_uri, &now.redirect_uri),
            response_mode: own(&self.response_mode, &shown.response_mode, &now.response_mode),
            scopes: kept.chain(more).cloned().collect(),
            renewal: RenewalRule {
                policy: own(&self.renewal.policy, &shown.renewal.policy, &now.renewal.policy),
                before: own(&self.renewal.before, &shown.renewal.before, &now.renewal.before),
            },
        }
    }

    /// True if tokens issued under `other` mean nothing here: of another app registration, or of a user in place of the
    /// client itself.
    pub fn disowns_tokens_of(&self, other: &Self) -> bool {
        self.client_id != other.client_id
            || self.authority != other.authority
            || self.way_in.is_delegated() != other.way_in.is_delegated()
    }

    /// True if a sign-in begun under `other` could not be finished under these settings.
    pub fn changes_sign_in(&self, other: &Self) -> bool {
        self.disowns_tokens_of(other)
            || self.way_in.capture().is_some() != other.way_in.capture().is_some()
            || self.scopes != other.scopes
            || self.tenant != other.tenant
            || self.redirect_uri != other.redirect_uri
            || self.response_mode != other.response_mode
    }
}

/// A connection, whole, secrets included: what one sealed record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Survives renaming.
    pub id: ConnectionId,
    /// What the person calls it.
    pub name: ConnectionName,
    /// Grows by one with every save; of two records with one id the higher one wins.
    pub generation: u64,
    /// What the person decided.
    pub settings: Settings,
    /// What the last sign-in and renewal brought; `None` before the first sign-in.
    pub tokens: Option<Tokens>,
    /// What stands in the way of the next renewal.
    pub trouble: Option<Trouble>,
    /// How long refresh tokens live in this tenant, where a refusal has told it.
    pub refresh_limit: Option<RefreshLimit>,
    /// What policy wants of the next sign-in.
    pub claims: Option<ClaimsRequest>,
    /// The sign-in under way.
    pub attempt: Option<Attempt>,
    /// Whether an administrator was asked to consent.
    pub admin_consent: Option<AdminConsent>,
    /// The last sign-ins and renewals, oldest first, at most [`Connection::RENEWALS_KEPT`].
    pub renewals: Vec<Renewal>,
    /// Which consumer was given which values, oldest first.
    pub hand_overs: Vec<HandOver>,
}

impl Connection {
    /// How many renewals a record remembers.
    pub const RENEWALS_KEPT: usize = 50;
    /// How many hand-overs a record remembers.
    pub const HAND_OVERS_KEPT: usize = 20;

    /// A connection that has never signed in.
    pub fn new(id: ConnectionId, name: ConnectionName, settings: Settings) -> Self {
        Self {
            id,
            name,
            generation: 0,
            settings,
            tokens: None,
            trouble: None,
            refresh_limit: None,
            claims: None,
            attempt: None,
            admin_consent: None,
            renewals: Vec::new(),
            hand_overs: Vec::new(),
        }
    }

    /// The sign-in with a browser under way, open or over.
    pub fn code_attempt(&self) -> Option<&CodeAttempt> {
        self.attempt.as_ref()?.code()
    }

    /// The sign-in with a device code under way, open or over.
    pub fn device_attempt(&self) -> Option<&DeviceAttempt> {
        self.attempt.as_ref()?.device()
    }

    /// Remembers a renewal, forgetting the oldest beyond the limit.
    pub fn note_renewal(&mut self, renewal: Renewal) {
        self.renewals.push(renewal);
        let excess = self.renewals.len().saturating_sub(Self::RENEWALS_KEPT);
        self.renewals.drain(..excess);
    }

    /// Remembers a hand-over in place of the one before to the same keeper, forgetting the oldest beyond the limit.
    pub fn note_hand_over(&mut self, hand_over: HandOver) {
        self.hand_overs.retain(|own| !hand_over.replaces(own));
        self.hand_overs.push(hand_over);
        let excess = self.hand_overs.len().saturating_sub(Self::HAND_OVERS_KEPT);
        self.hand_overs.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_their_alphabet() {
        for good in ["a", "contoso-prod", "ops@contoso.com", "0.x_Y"] {
            assert!(ConnectionName::parse(good).is_some(), "{good}");
        }
        for bad in ["", "-a", ".a", "a b", "a/b", "ä", &"x".repeat(65)] {
            assert!(ConnectionName::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_mailbox_is_an_address() {
        assert!(Mailbox::parse(" ops@contoso.com ").is_some_and(|m| m.is_same("OPS@contoso.com")));
        for bad in ["", "ops", "ops@", "@contoso.com", "ops@contoso", "o ps@contoso.com", "<ops@contoso.com>"]
        {
            assert!(Mailbox::parse(bad).is_none(), "{bad}");
        }
        assert!(Mailbox::parse("zoë.müller@bücher.example").is_some());
        for hidden in
            ['\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}', '\u{ad}', '\u{3164}', '\u{85}', '\u{e000}']
        {
            assert_eq!(Mailbox::parse(&format!("ops{hidden}@contoso.com")), None, "{:x}", hidden as u32);
        }
    }
}
