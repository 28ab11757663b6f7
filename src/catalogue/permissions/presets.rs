//! Presets: choices of delegated permissions with a name, one for each consumer.

use crate::domain::{Authority, Scope, ScopeSet};

use super::super::clouds::CLOUDS;
use super::{as_asked, known};

/// A choice of permissions with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Name on the command line.
    pub name: &'static str,
    /// Name in sentences.
    pub title: &'static str,
    /// Its scopes; those of Exchange without their resource, which differs from cloud to cloud.
    pub scopes: &'static [&'static str],
    /// How far it can be relied on.
    pub standing: Standing,
}

/// How far a preset can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The consumer's documentation or source names these permissions.
    Read,
    /// As [`Standing::Read`], of a version that may not be the newest.
    ReadInOlderVersion,
    /// A guess to begin with and to be changed.
    Draft,
}

impl Standing {
    /// What must be known before it is used.
    pub fn remark(self) -> Option<&'static str> {
        match self {
            Self::Read => None,
            Self::ReadInOlderVersion => Some("read in an older version: a newer one may ask for more"),
            Self::Draft => Some("draft: not confirmed by IBM"),
        }
    }
}

use Standing::{Draft, Read, ReadInOlderVersion};

/// The presets, the default first, drafts last.
pub const PRESETS: [Preset; 14] = [
    preset("app-connect", "IBM App Connect, Microsoft Exchange", Read, &APP_CONNECT),
    preset("app-connect+groups", "IBM App Connect, Exchange and groups", Read, &APP_CONNECT_GROUPS),
    preset(
        "app-connect-excel",
        "IBM App Connect, Excel Online",
        Read,
        &["Files.ReadWrite.All", "Sites.ReadWrite.All", "offline_access", "User.Read"],
    ),
    preset(
        "imap-smtp",
        "mail programs: IMAP, POP, SMTP",
        Read,
        &["IMAP.AccessAsUser.All", "POP.AccessAsUser.All", "SMTP.Send", "offline_access"],
    ),
    preset(
        "davmail-graph",
        "DavMail through Graph",
        Read,
        &[
            "Mail.ReadWrite",
            "Mail.ReadWrite.Shared",
            "Mail.Send",
            "Calendars.ReadWrite",
            "Contacts.ReadWrite",
            "Tasks.ReadWrite",
            "MailboxSettings.Read",
            "openid",
            "profile",
            "offline_access",
        ],
    ),
    preset(
        "davmail-ews",
        "DavMail through EWS",
        Read,
        &["EWS.AccessAsUser.All", "openid", "profile", "offline_access"],
    ),
    preset(
        "n8n-outlook",
        "n8n, Microsoft Outlook",
        ReadInOlderVersion,
        &[
            "Mail.ReadWrite",
            "Mail.ReadWrite.Shared",
            "Mail.Send",
            "Mail.Send.Shared",
            "MailboxSettings.Read",
            "openid",
            "offline_access",
        ],
    ),
    preset(
        "rclone-onedrive",
        "rclone, OneDrive",
        Read,
        &[
            "Files.Read",
            "Files.ReadWrite",
            "Files.Read.All",
            "Files.ReadWrite.All",
            "Sites.Read.All",
            "offline_access",
        ],
    ),
    preset(
        "app-connect-onedrive",
        "IBM App Connect, OneDrive",
        Draft,
        &["Files.ReadWrite.All", "Sites.ReadWrite.All", "offline_access", "User.Read"],
    ),
    preset(
        "app-connect-onenote",
        "IBM App Connect, OneNote",
        Draft,
        &["Notes.ReadWrite.All", "offline_access", "User.Read"],
    ),
    preset(
        "app-connect-todo",
        "IBM App Connect, To Do",
        Draft,
        &["Tasks.ReadWrite", "offline_access", "User.Read"],
    ),
    preset(
        "app-connect-teams",
        "IBM App Connect, Teams",
        Draft,
        &[
            "Team.ReadBasic.All",
            "Channel.Create",
            "ChannelMessage.Send",
            "Chat.ReadWrite",
            "Group.ReadWrite.All",
            "offline_access",
            "User.Read",
        ],
    ),
    preset(
        "app-connect-sharepoint",
        "IBM App Connect, SharePoint",
        Draft,
        &["Sites.ReadWrite.All", "Files.ReadWrite.All", "offline_access"],
    ),
    preset(
        "app-connect-entra-id",
        "IBM App Connect, Entra ID",
        Draft,
        &["Directory.ReadWrite.All", "User.ReadWrite.All", "Group.ReadWrite.All", "offline_access"],
    ),
];

const APP_CONNECT: [&str; 6] = [
    "Calendars.ReadWrite",
    "Contacts.ReadWrite",
    "Mail.ReadWrite",
    "Mail.Send",
    "offline_access",
    "User.Read",
];

const APP_CONNECT_GROUPS: [&str; 7] = [
    "Calendars.ReadWrite",
    "Contacts.ReadWrite",
    "Mail.ReadWrite",
    "Mail.Send",
    "offline_access",
    "User.Read",
    "Group.ReadWrite.All",
];

const fn preset(
    name: &'static str,
    title: &'static str,
    standing: Standing,
    scopes: &'static [&'static str],
) -> Preset {
    Preset { name, title, scopes, standing }
}

impl Preset {
    /// The preset of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Its scopes in the global cloud.
    pub fn scope_set(&self) -> ScopeSet {
        self.scope_set_at(&CLOUDS[0].authority())
    }

    /// Its scopes in the cloud of `authority`.
    pub fn scope_set_at(&self, authority: &Authority) -> ScopeSet {
        let scopes = self.scopes.iter().filter_map(|name| Scope::parse(name));
        scopes.map(|scope| as_asked(&scope, authority)).collect()
    }

    /// True if it asks for EWS, which Exchange Online gives up.
    pub fn is_being_retired(&self) -> bool {
        self.scope_set().iter().filter_map(known).any(super::Permission::is_being_retired)
    }

    /// What must be known before it is used.
    pub fn remark(&self) -> Option<&'static str> {
        if self.is_being_retired() {
            return Some(Scope::EWS_RETIREMENT);
        }
        self.standing.remark()
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue;
    use super::*;

    #[test]
    fn every_scope_of_a_preset_is_known_and_spelled_as_there() {
        for preset in PRESETS {
            assert_eq!(preset.scope_set().len(), preset.scopes.len(), "{}", preset.name);
            for name in preset.scopes {
                let known = catalogue().named(name).map(|known| known.name);
                assert_eq!(known, Some(*name), "{}", preset.name);
            }
        }
    }

    #[test]
    fn every_preset_brings_a_refresh_token_and_has_a_name_of_its_own() {
        let mut names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PRESETS.len());
        assert!(PRESETS.iter().all(|preset| preset.scopes.contains(&"offline_access")));
    }

    #[test]
    fn app_connect_is_the_default() {
        assert_eq!(PRESETS[0].name, "app-connect");
        assert_eq!(PRESETS[0].remark(), None);
    }

    #[test]
    fn what_nobody_confirmed_and_what_goes_away_is_said() {
        assert_eq!(Preset::named("app-connect-teams").unwrap().remark(), Some("draft: not confirmed by IBM"));
        assert!(Preset::named("davmail-ews").unwrap().remark().unwrap().contains("retired"));
    }

    #[test]
    fn mail_protocols_are_asked_for_at_the_clouds_own_address() {
        let scopes = |cloud: usize| {
            Preset::named("imap-smtp").unwrap().scope_set_at(&CLOUDS[cloud].authority()).to_wire()
        };
        assert!(scopes(0).starts_with("https://outlook.office.com/IMAP.AccessAsUser.All "));
        assert!(scopes(3).starts_with("https://partner.outlook.cn/IMAP.AccessAsUser.All "));
        assert!(scopes(3).ends_with(" offline_access"));
    }
}
