//! Scopes as the platform reads them: which resource, which permission, or an OpenID Connect word.

use super::error::PlatformError;

/// Prefix of Graph's permissions; a bare name means the same.
const GRAPH: &str = "https://graph.microsoft.com";
/// The names of Exchange Online. All are one resource here, and the first is the one answered with; the third occurs
/// in administrator consent.
const EXCHANGE: [&str; 3] =
    ["https://outlook.office.com", "https://outlook.office365.com", "https://ps.outlook.com"];
/// Scopes that belong to no resource (OpenID Connect Core §5.4, §11).
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// What an access token can be for. One token is for one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Resource {
    Graph,
    Exchange,
}

impl Resource {
    /// The `aud` claim of its tokens.
    pub(super) fn audience(self) -> &'static str {
        match self {
            Self::Graph => GRAPH,
            Self::Exchange => EXCHANGE[0],
        }
    }
}

/// A delegated permission of a resource. Names differ by more than case.
#[derive(Debug, Clone)]
pub(super) struct Permission {
    pub(super) resource: Resource,
    pub(super) name: String,
}

impl Permission {
    pub(super) fn is_default(&self) -> bool {
        self.name == ".default"
    }

    /// As the token answer writes it: bare for Graph, with its prefix for Exchange.
    pub(super) fn wire(&self) -> String {
        match self.resource {
            Resource::Graph => self.name.clone(),
            Resource::Exchange => format!("{}/{}", self.resource.audience(), self.name),
        }
    }
}

impl PartialEq for Permission {
    fn eq(&self, other: &Self) -> bool {
        self.resource == other.resource && self.name.eq_ignore_ascii_case(&other.name)
    }
}

/// A `scope` parameter, taken apart, in the order in which it was written.
#[derive(Debug, Clone, Default)]
pub(super) struct Scopes {
    pub(super) openid: Vec<String>,
    pub(super) permissions: Vec<Permission>,
}

impl Scopes {
    /// Reads a space-separated list (RFC 6749 §3.3). `origin` is the simulator's own address, which counts as Graph
    /// because its Graph corner lives there.
    pub(super) fn parse(text: &str, origin: &str) -> Result<Self, PlatformError> {
        let mut scopes = Self::default();
        for word in text.split_ascii_whitespace() {
            scopes.add(word, origin)?;
        }
        scopes.refuse_mixed_default()?;
        Ok(scopes)
    }

    fn add(&mut self, word: &str, origin: &str) -> Result<(), PlatformError> {
        if let Some(known) = OPENID.iter().find(|known| known.eq_ignore_ascii_case(word)) {
            if !self.asks(known) {
                self.openid.push((*known).to_owned());
            }
            return Ok(());
        }
        let permission = permission(word, origin)?;
        if !self.permissions.contains(&permission) {
            self.permissions.push(permission);
        }
        Ok(())
    }

    /// `.default` stands alone: named permissions beside it are refused (70011).
    fn refuse_mixed_default(&self) -> Result<(), PlatformError> {
        let defaults = self.permissions.iter().filter(|permission| permission.is_default()).count();
        if defaults > 0 && defaults < self.permissions.len() {
            return Err(invalid_scope("'.default' cannot be combined with permissions named one by one"));
        }
        Ok(())
    }

    /// What a registration's own list names at one resource.
    pub(super) fn registered(list: &[String], resource: Resource) -> Vec<Permission> {
        let mut scopes =
            Self::parse(&list.join(" "), "").expect("a parsed scenario's permissions are well-formed");
        scopes.permissions.retain(|permission| permission.resource == resource);
        scopes.permissions
    }

    /// Whether an OpenID Connect word is among them.
    pub(super) fn asks(&self, openid: &str) -> bool {
        self.openid.iter().any(|word| word == openid)
    }

    /// What a token request may name: permissions of one resource (700022 otherwise).
    pub(super) fn of_one_resource(self) -> Result<Self, PlatformError> {
        let resource = self.resource();
        let is_mixed = self.permissions.iter().any(|permission| permission.resource != resource);
        if is_mixed { Err(PlatformError::new(700_022)) } else { Ok(self) }
    }

    /// The resource of the token: the first one named, Graph if none is.
    pub(super) fn resource(&self) -> Resource {
        self.permissions.first().map_or(Resource::Graph, |permission| permission.resource)
    }
}

/// One permission, with or without the prefix of its resource.
fn permission(word: &str, origin: &str) -> Result<Permission, PlatformError> {
    let (resource, name) = match word.rsplit_once('/') {
        None => (Resource::Graph, word),
        Some((prefix, name)) => (resource(prefix.trim_end_matches('/'), origin)?, name),
    };
    let is_name = name == ".default"
        || (name.chars().next().is_some_and(char::is_alphabetic)
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)));
    if !is_name {
        return Err(invalid_scope("a permission's name holds letters, digits, dots and hyphens"));
    }
    Ok(Permission { resource, name: name.to_owned() })
}

fn resource(prefix: &str, origin: &str) -> Result<Resource, PlatformError> {
    if prefix.eq_ignore_ascii_case(GRAPH) || prefix.eq_ignore_ascii_case(origin) {
        Ok(Resource::Graph)
    } else if EXCHANGE.iter().any(|known| prefix.eq_ignore_ascii_case(known)) {
        Ok(Resource::Exchange)
    } else {
        Err(PlatformError::new(500_011))
    }
}

fn invalid_scope(why: &str) -> PlatformError {
    PlatformError::new(70011).saying(format!("The scope of this request is not valid: {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Scopes, PlatformError> {
        Scopes::parse(text, "http://127.0.0.1:1")
    }

    #[test]
    fn bare_and_full_names_are_one_permission() {
        let scopes =
            parse("Mail.Read https://graph.microsoft.com/mail.read http://127.0.0.1:1/MAIL.READ").unwrap();
        assert_eq!(scopes.permissions.len(), 1);
    }

    #[test]
    fn the_first_resource_named_wins() {
        let scopes = parse("openid https://outlook.office365.com/IMAP.AccessAsUser.All Mail.Read").unwrap();
        assert_eq!(scopes.resource(), Resource::Exchange);
        assert!(scopes.asks("openid"));
    }

    #[test]
    fn default_stands_alone() {
        assert_eq!(parse(".default Mail.Read").unwrap_err().code, 70011);
        assert!(parse("https://graph.microsoft.com/.default offline_access").is_ok());
    }

    #[test]
    fn unknown_resources_are_refused() {
        assert_eq!(parse("https://elsewhere.example/Mail.Read").unwrap_err().code, 500_011);
        assert_eq!(parse("Mail;Read").unwrap_err().code, 70011);
    }
}
