//! How one permission stands: asked for, granted, in the token.

use crate::catalogue::clouds::Resource;
use crate::catalogue::permissions::{Permission, is_by_itself, known};
use crate::domain::{Overview, Scope};

use super::Subject;

/// A permission as a connection has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionRow {
    /// The scope as it is, or would be, asked for.
    pub scope: Scope,
    /// What is known of it.
    pub known: Option<&'static Permission>,
    /// Whether the connection asks for it.
    pub asked: Asked,
    /// Whether the last answer granted it.
    pub granted: Granted,
    /// Whether the access token holds it.
    pub in_token: InToken,
}

/// Whether a permission is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It is not.
    No,
    /// It was chosen.
    Chosen,
    /// Every sign-in asks for it.
    ByItself,
}

/// What the last answer said of a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// Nobody has signed in, or the answer did not tell.
    Unknown,
    /// It is granted.
    Yes,
    /// It is not.
    No,
}

impl Granted {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "–",
            Self::Yes => "granted",
            Self::No => "not granted",
        }
    }
}

/// Whether the access token holds a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InToken {
    /// There is no token, or it cannot be read.
    Unknown,
    /// It does.
    Yes,
    /// It does not, though it is for the permission's resource.
    No,
    /// The token is for another resource, or the permission never stands in one.
    NeverThere,
}

impl PermissionRow {
    /// What it allows.
    pub fn meaning(&self) -> Option<&'static str> {
        self.known.and_then(|known| known.meaning)
    }

    /// Who may consent, in a few words.
    pub fn consent(&self) -> Option<&'static str> {
        self.known.map(|known| known.consent().words())
    }

    /// Who may consent, in one word.
    pub fn consent_word(&self) -> Option<&'static str> {
        self.known.map(|known| known.consent().word())
    }

    /// What there is to say of it in sentences: what it allows, who may consent, what is special about it.
    pub fn sentences(&self) -> String {
        let name = self.scope.name();
        if is_offline_access(&self.scope) {
            return format!(
                "{name} is asked for by itself at every sign-in: without it there is no refresh token, and nothing \
                 could be renewed."
            );
        }
        if is_by_itself(&self.scope) {
            return format!("{name} is asked for by itself at every sign-in: it tells who signed in.");
        }
        let Some(known) = self.known else {
            return format!(
                "{} is not in the catalogue: what it allows, and who may consent, is not known here.",
                self.scope
            );
        };
        let meaning = known.meaning.map_or_else(String::new, |meaning| format!(": {meaning}"));
        let consent = known.consent().sentence();
        let special = self.special(known).map_or_else(String::new, |text| format!(" {text}"));
        format!("{name}{meaning}. {consent}.{special}")
    }

    /// What is special about a permission, and about the way in which it is asked for.
    fn special(&self, known: &Permission) -> Option<&'static str> {
        match () {
            () if known.resource == Resource::Exchange && !self.scope.as_str().contains("://") => Some(
                "Asked for by its bare name it is Graph's, and no mail server takes that token: untick it, tick it again.",
            ),
            () if known.is_being_retired() => Some(
                "EWS is blocked by default since October 2026 and gone in April 2027.",
            ),
            () if known.is_disputed() => Some("Sources disagree about that; the stricter one is taken."),
            () if known.is_new() => Some("Newer than most: perhaps a preview."),
            () => None,
        }
    }
}

fn is_offline_access(scope: &Scope) -> bool {
    scope.as_str().eq_ignore_ascii_case("offline_access")
}

/// How the subject of a row stands for a connection.
pub fn row_of(overview: &Overview, subject: &Subject) -> PermissionRow {
    let settings = &overview.settings;
    let (scope, known) = match subject {
        Subject::Known(permission) => (permission.scope(&settings.authority), Some(*permission)),
        Subject::Own(scope) => (scope.clone(), None),
    };
    // As it is asked for, which may be with another address.
    let own = settings.scopes.iter().find(|own| own.is_same_permission(&scope)).cloned();
    let asked = match &own {
        _ if is_by_itself(&scope) => Asked::ByItself,
        Some(_) => Asked::Chosen,
        None => Asked::No,
    };
    let scope = own.unwrap_or(scope);
    PermissionRow {
        known,
        asked,
        granted: granted_state(overview, &scope),
        in_token: in_token(overview, &scope),
        scope,
    }
}

/// What the last answer said of `scope`. `offline_access` is told by the refresh token, since answers leave it out.
pub fn granted_state(overview: &Overview, scope: &Scope) -> Granted {
    let Some(tokens) = &overview.tokens else { return Granted::Unknown };
    if is_offline_access(scope) {
        return if tokens.refresh.is_some() { Granted::Yes } else { Granted::No };
    }
    match &tokens.granted_scope {
        None => Granted::Unknown,
        Some(_) if scope.is_openid() || scope.is_default() => Granted::Unknown,
        Some(granted) if granted.contains(scope) => Granted::Yes,
        Some(_) => Granted::No,
    }
}

fn in_token(overview: &Overview, scope: &Scope) -> InToken {
    let Some(tokens) = &overview.tokens else { return InToken::Unknown };
    if scope.is_openid() {
        return InToken::NeverThere;
    }
    match &tokens.claims.scp {
        None => InToken::Unknown,
        Some(held) if held.contains(scope) => InToken::Yes,
        Some(_) if is_for_another_resource(overview, scope) => InToken::NeverThere,
        Some(_) => InToken::No,
    }
}

/// One access token is for one resource: permissions of another cannot be in it.
fn is_for_another_resource(overview: &Overview, scope: &Scope) -> bool {
    let audience = overview.tokens.as_ref().and_then(|tokens| tokens.claims.audience_name());
    let resource = known(scope).map(|known| known.resource.title());
    matches!((audience, resource), (Some(audience), Some(resource)) if audience != resource)
}
