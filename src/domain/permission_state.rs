//! Each permission as it stands: asked for, granted, in the token. What the platform left unsaid stays unknown.

use super::{AccessFacts, Audience, Lack, Overview, Scope, ScopeSet, TroubleKind};

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Nobody has told: no token yet, an answer without `scope`, a token that cannot be read.
    Unknown,
}

impl Known {
    fn from(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }
}

/// One permission and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionState {
    /// The resource that it belongs to; `None` for `offline_access` and the other OpenID Connect scopes, which no access
    /// token holds.
    pub audience: Option<Audience>,
    /// As it is asked for, else as the platform named it.
    pub scope: Scope,
    /// The connection asks for it.
    pub asked: bool,
    /// The platform granted it, as the answer's `scope` tells.
    pub granted: Known,
    /// It stands in the access token.
    pub in_token: Known,
}

/// All permissions of a connection: those that it asks for in their order, then what was granted besides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PermissionStates(Vec<PermissionState>);

impl PermissionState {
    /// True for a permission of a resource of which no answer has told whether it was granted.
    pub fn is_untold(&self) -> bool {
        self.granted == Known::Unknown && self.audience.is_some()
    }
}

impl PermissionStates {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &PermissionState> {
        self.0.iter()
    }

    /// What was asked for and not granted.
    pub fn missing(&self) -> impl Iterator<Item = &PermissionState> {
        self.asked().filter(|own| own.granted == Known::No)
    }

    /// What was asked for and does not stand in the token, granted or not.
    pub fn not_in_token(&self) -> impl Iterator<Item = &PermissionState> {
        self.asked().filter(|own| own.in_token == Known::No)
    }

    /// What the connection asks for.
    pub fn asked(&self) -> impl Iterator<Item = &PermissionState> {
        self.0.iter().filter(|own| own.asked)
    }

    /// The state of a permission, if there is something to tell of it.
    pub fn of(&self, scope: &Scope) -> Option<&PermissionState> {
        self.0.iter().find(|own| own.scope.is_same_permission(scope))
    }
}

impl Overview {
    /// Each permission as the last answers left it. Names are compared within their resource, without regard to its prefix
    /// and to case.
    pub fn permission_states(&self) -> PermissionStates {
        let mut states: Vec<PermissionState> =
            self.asked_scopes().map(|scope| self.state_of(scope)).collect();
        states.extend(self.granted_besides());
        PermissionStates(states)
    }

    /// Those of the settings, and where a person signs in `offline_access`, which adds itself.
    fn asked_scopes(&self) -> impl Iterator<Item = Scope> {
        let mut asked = self.settings.scopes.clone();
        if let (true, Some(own)) = (self.settings.way_in.is_delegated(), Scope::parse(Scope::OFFLINE_ACCESS))
        {
            asked.insert(own);
        }
        asked.iter().cloned().collect::<Vec<_>>().into_iter()
    }

    fn state_of(&self, scope: Scope) -> PermissionState {
        let audience = Audience::of_scope(&scope, &self.settings.authority);
        let (granted, in_token) = match &audience {
            _ if !self.settings.way_in.is_delegated() => (self.holds_roles(), self.holds_roles()),
            None => (self.openid_granted(&scope), Known::Unknown),
            Some(audience) => match self.access_to(audience) {
                Some(access) => (granted(access, &scope), in_token(access, &scope)),
                None => (self.granted_without_token(audience), Known::Unknown),
            },
        };
        PermissionState { audience, scope, asked: true, granted, in_token }
    }

    fn access_to(&self, audience: &Audience) -> Option<&AccessFacts> {
        self.tokens.as_ref()?.access.get(audience)
    }

    /// The answers leave `offline_access` out of their scope: the refresh token tells whether it was granted.
    fn openid_granted(&self, scope: &Scope) -> Known {
        match &self.tokens {
            Some(tokens) if scope.is_offline_access() => Known::from(tokens.refresh.is_some()),
            _ => Known::Unknown,
        }
    }

    fn granted_without_token(&self, audience: &Audience) -> Known {
        match self.lack_of(audience) {
            Some(Lack::Refused(trouble)) if trouble.kind == TroubleKind::ConsentMissing => Known::No,
            Some(Lack::Refused(_) | Lack::NotYet) => Known::Unknown,
            // No sign-in has asked for it: it was added since.
            None if self.tokens.is_some() => Known::No,
            None => Known::Unknown,
        }
    }

    /// Whether a client that acts for itself was granted anything: the roles in its token are all that tells.
    fn holds_roles(&self) -> Known {
        self.roles().map_or(Known::Unknown, |roles| Known::from(!roles.is_empty()))
    }

    /// What was granted beside what is asked for by name: by earlier consents, or behind `.default`.
    fn granted_besides(&self) -> Vec<PermissionState> {
        if !self.settings.way_in.is_delegated() {
            return self.roles_held();
        }
        let access = self.tokens.iter().flat_map(|tokens| tokens.access.iter());
        let besides = access.flat_map(|access| {
            let asked = self.settings.scopes_of(&access.audience);
            let is_default = asked.iter().any(Scope::is_default);
            let granted = access.granted_scope.iter().flat_map(ScopeSet::iter);
            let other =
                granted.filter(move |scope| !scope.is_openid() && (is_default || !asked.names(scope)));
            other.map(|scope| PermissionState {
                audience: Some(access.audience.clone()),
                scope: scope.clone(),
                asked: false,
                granted: Known::Yes,
                in_token: in_token(access, scope),
            })
        });
        besides.collect()
    }

    fn roles_held(&self) -> Vec<PermissionState> {
        let audience = self.primary_access().map(|access| access.audience.clone());
        let roles = self.roles().unwrap_or_default();
        let held = roles.iter().map(|role| PermissionState {
            audience: audience.clone(),
            scope: role.clone(),
            asked: false,
            granted: Known::Yes,
            in_token: Known::Yes,
        });
        held.collect()
    }
}

fn granted(access: &AccessFacts, scope: &Scope) -> Known {
    access.granted_scope.as_ref().map_or(Known::Unknown, |granted| holds(granted, scope))
}

/// A token without `scp` and `roles` tells nothing: only those two of the platform's are known here.
fn in_token(access: &AccessFacts, scope: &Scope) -> Known {
    let held = access.claims.scp.as_ref().or(access.claims.roles.as_ref());
    held.map_or(Known::Unknown, |held| holds(held, scope))
}

/// `.default` stands for whatever was granted.
fn holds(set: &ScopeSet, scope: &Scope) -> Known {
    let is_there = if scope.is_default() { set.iter().any(|own| !own.is_openid()) } else { set.names(scope) };
    Known::from(is_there)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::secret::AccessToken;
    use crate::domain::{
        AccessGrant, Authority, Certainty, Claims, ClientId, Connection, ConnectionId, ConnectionName,
        Lacking, Lifetime, PerAudience, RedirectUri, ResponseMode, Settings, SignedInUser, Tenant, Tokens,
        Trouble, WayIn, WhoActs,
    };

    const IMAP: &str = "https://outlook.office.com/IMAP.AccessAsUser.All";

    fn grant(audience: Audience, granted: Option<&str>, scp: Option<&str>) -> AccessGrant {
        let now = DateTime::UNIX_EPOCH;
        AccessGrant {
            audience,
            token: AccessToken::new("t"),
            lifetime: Lifetime::from_seconds(now, 3600, Certainty::Known),
            granted_scope: granted.map(ScopeSet::parse_lenient),
            claims: Claims { scp: scp.map(ScopeSet::parse_lenient), ..Claims::default() },
        }
    }

    fn overview(asked: &str, grants: Vec<AccessGrant>, lacking: Vec<Lacking>) -> Overview {
        let settings = Settings {
            client_id: ClientId::parse("5d2f7a10-6b0e-4c7b-9a51-0f3c2f4f8a11").unwrap(),
            authority: Authority::custom("https://login.example", None).unwrap(),
            tenant: Tenant::organizations(),
            sign_in_as: None,
            way_in: WayIn::default(),
            redirect_uri: RedirectUri::parse(RedirectUri::DEFAULT).unwrap(),
            response_mode: ResponseMode::Query,
            renewal: crate::domain::RenewalRule::default(),
            scopes: ScopeSet::parse_lenient(asked),
        };
        let id = ConnectionId::parse("c0ffee").unwrap();
        let mut connection = Connection::new(id, ConnectionName::parse("contoso").unwrap(), settings);
        let mut grants = grants.into_iter();
        connection.tokens = grants.next().map(|first| {
            let mut access = PerAudience::new(first);
            grants.for_each(|grant| access.put(grant));
            Tokens {
                access,
                lacking,
                refresh: None,
                user: SignedInUser::default(),
                signed_in_at: DateTime::UNIX_EPOCH,
                way_in: WayIn::default(),
            }
        });
        Overview::of(&connection, None)
    }

    fn refused(kind: TroubleKind) -> Vec<Lacking> {
        let trouble = Trouble {
            at: DateTime::UNIX_EPOCH,
            kind,
            who: WhoActs::TenantAdmin,
            what_happened: String::new(),
            what_to_do: String::new(),
            aadsts: None,
            trace_id: None,
            correlation_id: None,
        };
        vec![Lacking { audience: Audience::Exchange, why: Lack::Refused(trouble) }]
    }

    fn told(overview: &Overview) -> Vec<String> {
        let states = overview.permission_states();
        states
            .iter()
            .map(|own| {
                let audience = own.audience.as_ref().map_or("-", Audience::as_str);
                format!("{audience} {} {} {:?} {:?}", own.scope.name(), own.asked, own.granted, own.in_token)
            })
            .collect()
    }

    fn names<'a>(states: impl Iterator<Item = &'a PermissionState>) -> Vec<String> {
        states.map(|own| own.scope.name().to_owned()).collect()
    }

    #[test]
    fn names_are_compared_within_their_resource() {
        let graph = grant(
            Audience::Graph,
            Some("https://graph.microsoft.com/mail.send IMAP.AccessAsUser.All openid"),
            Some("Mail.Send"),
        );
        let exchange = grant(Audience::Exchange, Some("SMTP.Send"), None);
        let overview = overview(&format!("Mail.Send Mail.Read {IMAP}"), vec![graph, exchange], Vec::new());
        assert_eq!(
            told(&overview),
            [
                "graph Mail.Send true Yes Yes",
                "graph Mail.Read true No No",
                // What Graph granted under this name is another permission.
                "exchange IMAP.AccessAsUser.All true No Unknown",
                "- offline_access true No Unknown",
                "graph IMAP.AccessAsUser.All false Yes No",
                "exchange SMTP.Send false Yes Unknown",
            ]
        );
        let states = overview.permission_states();
        assert_eq!(names(states.missing()), ["Mail.Read", "IMAP.AccessAsUser.All", "offline_access"]);
        assert_eq!(names(states.not_in_token()), ["Mail.Read"]);
    }

    #[test]
    fn granted_and_not_in_the_token_is_told() {
        let graph = grant(Audience::Graph, Some("Mail.Send Mail.Read"), Some("Mail.Send"));
        let states = overview("Mail.Send Mail.Read", vec![graph], Vec::new()).permission_states();
        assert_eq!(names(states.not_in_token()), ["Mail.Read"]);
        assert_eq!(names(states.missing()), ["offline_access"]);
    }

    #[test]
    fn what_nobody_told_is_unknown() {
        let opaque = overview("Mail.Send", vec![grant(Audience::Graph, None, None)], Vec::new());
        assert_eq!(told(&opaque)[0], "graph Mail.Send true Unknown Unknown");
        assert_eq!(
            told(&overview("Mail.Send", Vec::new(), Vec::new()))[0],
            "graph Mail.Send true Unknown Unknown"
        );
    }

    #[test]
    fn a_resource_without_consent_is_missing_and_one_without_its_turn_is_not() {
        let graph = || vec![grant(Audience::Graph, Some("Mail.Send"), None)];
        let asked = format!("Mail.Send {IMAP}");
        let state = |lacking| told(&overview(&asked, graph(), lacking))[1].clone();
        assert_eq!(
            state(refused(TroubleKind::ConsentMissing)),
            "exchange IMAP.AccessAsUser.All true No Unknown"
        );
        let waits = vec![Lacking { audience: Audience::Exchange, why: Lack::NotYet }];
        for lacking in [waits, refused(TroubleKind::SignInNeeded)] {
            assert_eq!(state(lacking), "exchange IMAP.AccessAsUser.All true Unknown Unknown");
        }
    }

    #[test]
    fn a_resource_that_was_added_since_the_sign_in_needs_another_one() {
        let graph = grant(Audience::Graph, Some("Mail.Send offline_access"), None);
        let overview = overview(&format!("Mail.Send {IMAP}"), vec![graph], Vec::new());
        assert_eq!(told(&overview)[1], "exchange IMAP.AccessAsUser.All true No Unknown");
    }

    #[test]
    fn default_stands_for_whatever_was_granted() {
        let exchange =
            grant(Audience::Exchange, Some("IMAP.AccessAsUser.All"), Some("IMAP.AccessAsUser.All"));
        let states = told(&overview("https://outlook.office365.com/.default", vec![exchange], Vec::new()));
        assert_eq!(
            states,
            [
                "exchange .default true Yes Yes",
                "- offline_access true No Unknown",
                "exchange IMAP.AccessAsUser.All false Yes Yes"
            ]
        );
    }
}
