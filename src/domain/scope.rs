//! Delegated permissions as scopes (RFC 6749 §3.3), compared the way the platform means them.

use std::fmt;

use super::Audience;
use super::authority::is_guid;

/// One scope token, as it is sent: `Mail.Send`, `offline_access`, `https://outlook.office.com/SMTP.Send`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(String);

impl Scope {
    /// Reads a scope token: printable ASCII but blank, `"` and `\` (RFC 6749 §3.3), 1 to 256 characters.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let good = |b: u8| (0x21..=0x7e).contains(&b) && b != b'"' && b != b'\\';
        (!text.is_empty() && text.len() <= 256 && text.bytes().all(good)).then(|| Self(text.to_owned()))
    }

    /// As sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without its resource: `Mail.Send` of `https://graph.microsoft.com/Mail.Send`.
    pub fn name(&self) -> &str {
        self.parts().map_or(&self.0, |(_, name)| name)
    }

    /// The resource that stands before the name, as written; a bare name, which is Graph's, has none.
    pub fn resource(&self) -> Option<&str> {
        self.parts().map(|(resource, _)| resource)
    }

    fn parts(&self) -> Option<(&str, &str)> {
        let (resource, name) = self.0.rsplit_once('/')?;
        let is_resource = resource.contains("://") || is_guid(resource);
        (is_resource && !name.is_empty()).then_some((resource, name))
    }

    /// The resource of which this names everything that was granted: `https://graph.microsoft.com` of
    /// `https://graph.microsoft.com/.default`. A bare `.default` is Graph's and has none.
    pub fn default_of(&self) -> Option<&str> {
        self.resource().filter(|_| self.is_default())
    }

    /// True for `.default` of whatever resource.
    pub fn is_default(&self) -> bool {
        self.name().eq_ignore_ascii_case(".default")
    }

    /// The same permission of the same resource. Case does not matter, nor whether Graph is named or meant by a bare name.
    pub fn is_same_permission(&self, other: &Self) -> bool {
        let resource = |scope: &Self| scope.resource().map_or(Some(Audience::Graph), Audience::of_resource);
        self.has_same_name(other) && resource(self) == resource(other)
    }

    /// The same name, of whatever resource: enough where both are known to be of one, since the platform answers with the
    /// resource in front or without.
    pub fn has_same_name(&self, other: &Self) -> bool {
        self.name().eq_ignore_ascii_case(other.name())
    }

    /// The scope without which nothing can be renewed (OpenID Connect Core §11).
    pub const OFFLINE_ACCESS: &str = "offline_access";

    /// Why [`Scope::OFFLINE_ACCESS`] is asked for wherever a person signs in.
    pub const WHY_OFFLINE_ACCESS: &str = "adds itself: without it nothing can be renewed";

    /// True for [`Scope::OFFLINE_ACCESS`].
    pub fn is_offline_access(&self) -> bool {
        self.0.eq_ignore_ascii_case(Self::OFFLINE_ACCESS)
    }

    /// True for the permissions of Exchange Web Services, delegated or application ones: Exchange Online is retiring them.
    pub fn is_ews(&self) -> bool {
        ["EWS.AccessAsUser.All", "full_access_as_app"]
            .iter()
            .any(|name| self.name().eq_ignore_ascii_case(name))
    }

    /// What is known of that: off by default since the first date, gone at the second.
    pub const EWS_RETIREMENT: &str =
        "EWS is being retired: blocked by default from 1 October 2026, gone on 1 April 2027";

    /// One of the OpenID Connect scopes, which name no permission of a resource.
    pub fn is_openid(&self) -> bool {
        ["openid", "profile", "email", "offline_access"].iter().any(|name| self.0.eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Scopes in the order in which they were given, each permission once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeSet(Vec<Scope>);

impl ScopeSet {
    /// Reads the blank-separated list of the wire; what is no scope token is left out.
    pub fn parse_lenient(text: &str) -> Self {
        text.split_ascii_whitespace().filter_map(Scope::parse).collect()
    }

    /// The blank-separated list of the wire.
    pub fn to_wire(&self) -> String {
        self.0.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ")
    }

    /// True if the permission is in the set, by the platform's idea of equal.
    pub fn contains(&self, scope: &Scope) -> bool {
        self.0.iter().any(|own| own.is_same_permission(scope))
    }

    /// True if a permission of that name is in the set, of whatever resource: for sets that belong to one.
    pub fn names(&self, scope: &Scope) -> bool {
        self.0.iter().any(|own| own.has_same_name(scope))
    }

    /// Adds a scope that is not there yet; tells whether it was added.
    pub fn insert(&mut self, scope: Scope) -> bool {
        let new = !self.contains(&scope);
        if new {
            self.0.push(scope);
        }
        new
    }

    /// Takes a permission out; tells whether it was there.
    pub fn remove(&mut self, scope: &Scope) -> bool {
        let before = self.0.len();
        self.0.retain(|own| !own.is_same_permission(scope));
        self.0.len() < before
    }

    /// The scopes in order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if it is exactly one `{resource}/.default`: what a client that acts for itself may ask for.
    pub fn is_one_default(&self) -> bool {
        matches!(self.0.as_slice(), [scope] if scope.default_of().is_some())
    }

    /// What is here and not in `other`.
    pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Scope> {
        self.0.iter().filter(|scope| !other.contains(scope))
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = Self::default();
        for scope in scopes {
            set.insert(scope);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn prefix_and_case_do_not_make_another_permission() {
        assert!(scope("https://graph.microsoft.com/mail.send").is_same_permission(&scope("Mail.Send")));
        assert!(!scope("Mail.Send").is_same_permission(&scope("Mail.Read")));
        assert!(
            scope("https://outlook.office.com/SMTP.Send")
                .is_same_permission(&scope("https://outlook.office365.com/smtp.send"))
        );
    }

    #[test]
    fn one_name_at_two_resources_is_two_permissions() {
        let (graph, exchange) = (scope("SMTP.Send"), scope("https://outlook.office.com/SMTP.Send"));
        assert!(!graph.is_same_permission(&exchange) && graph.has_same_name(&exchange));
        let set: ScopeSet = [graph, exchange].into_iter().collect();
        assert_eq!(set.to_wire(), "SMTP.Send https://outlook.office.com/SMTP.Send");
    }

    #[test]
    fn ews_is_known_by_its_permissions() {
        for ews in [
            "https://outlook.office365.com/EWS.AccessAsUser.All",
            "ews.accessasuser.all",
            "full_access_as_app",
        ] {
            assert!(scope(ews).is_ews(), "{ews}");
        }
        assert!(!scope("https://outlook.office365.com/IMAP.AccessAsUser.All").is_ews());
    }

    #[test]
    fn default_names_its_resource() {
        assert_eq!(
            scope("https://graph.microsoft.com/.default").default_of(),
            Some("https://graph.microsoft.com")
        );
        assert_eq!(scope("https://a.example//.default").default_of(), Some("https://a.example/"));
        assert_eq!(scope("https://graph.microsoft.com/Mail.Send").default_of(), None);
        assert!(scope(".default").is_default() && scope(".default").default_of().is_none());
    }

    #[test]
    fn a_set_keeps_order_and_holds_each_permission_once() {
        let set = ScopeSet::parse_lenient("Mail.Send User.Read mail.send");
        assert_eq!(set.to_wire(), "Mail.Send User.Read");
    }

    #[test]
    fn a_scope_token_holds_no_blank_quote_or_control_character() {
        for bad in ["", "a b", "a\"b", "a\\b", "a\u{1b}b", "ä"] {
            assert!(Scope::parse(bad).is_none(), "{bad:?}");
        }
    }
}
