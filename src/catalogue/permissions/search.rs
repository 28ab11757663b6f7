//! Search in the catalogue: every word must occur in name, meaning or group; what begins with it comes first.

use super::{Catalogue, Group, Permission};

/// What was typed, word by word, without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    words: Vec<String>,
}

/// How well a permission fits, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It is the name.
    Name,
    /// The name begins so.
    Beginning,
    /// All words are in the name.
    InName,
    /// Some are in meaning, group or resource only.
    Elsewhere,
}

/// The matches of one group, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The group.
    pub group: &'static Group,
    /// Its matches.
    pub permissions: Vec<&'static Permission>,
}

impl Query {
    /// Takes the words apart; none at all matches everything.
    pub fn new(text: &str) -> Self {
        Self { words: text.split_whitespace().map(str::to_lowercase).collect() }
    }

    /// True if there is no word in it.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// True if a text of one's own holds every word.
    pub fn matches(&self, text: &str) -> bool {
        let folded = text.to_lowercase();
        self.words.iter().all(|word| folded.contains(word.as_str()))
    }

    fn rank(&self, permission: &Permission) -> Option<Rank> {
        let name = permission.folded_name.as_str();
        let in_name = |word: &String| name.contains(word.as_str());
        let anywhere = |word: &String| in_name(word) || permission.folded_rest.contains(word.as_str());
        let first = self.words.first()?;
        match () {
            () if !self.words.iter().all(anywhere) => None,
            () if self.words.len() == 1 && name == first => Some(Rank::Name),
            () if name.starts_with(first.as_str()) && self.words.iter().all(in_name) => Some(Rank::Beginning),
            () if self.words.iter().all(in_name) => Some(Rank::InName),
            () => Some(Rank::Elsewhere),
        }
    }

    /// The matches among what can be chosen, group by group: the group with the best match first.
    pub fn find(&self, catalogue: &'static Catalogue) -> Vec<Found> {
        let mut groups: Vec<(Rank, Found)> =
            catalogue.groups().filter_map(|group| self.find_in(catalogue, group)).collect();
        groups.sort_by_key(|(best, _)| *best);
        groups.into_iter().map(|(_, found)| found).collect()
    }

    fn find_in(&self, catalogue: &'static Catalogue, group: &'static Group) -> Option<(Rank, Found)> {
        let ranked = |own: &'static Permission| Some((self.rank(own)?, own));
        let mut matches: Vec<_> = catalogue.of(group).iter().filter_map(ranked).collect();
        matches.sort_by_key(|(rank, _)| *rank);
        let (best, _) = *matches.first()?;
        let permissions = matches.into_iter().map(|(_, own)| own).collect();
        Some((best, Found { group, permissions }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue;
    use super::*;

    fn found(text: &str) -> Vec<&'static str> {
        let groups = Query::new(text).find(catalogue());
        groups.iter().flat_map(|found| found.permissions.iter().map(|own| own.name)).collect()
    }

    #[test]
    fn the_name_comes_first_then_what_begins_so() {
        assert_eq!(found("mail.read")[..3], ["Mail.Read", "Mail.Read.Shared", "Mail.ReadBasic"]);
        assert_eq!(found("MAIL.SEND")[..2], ["Mail.Send", "Mail.Send.Shared"]);
        let user = found("user.read");
        assert_eq!(user[0], "User.Read");
        assert!(user.iter().position(|name| *name == "IdentityRiskyUser.Read.All") > Some(4));
    }

    #[test]
    fn all_words_must_match_wherever_they_stand() {
        let found = found("group calendars");
        assert!(found.contains(&"Group.Read.All"), "its meaning tells of calendars");
        assert!(!found.contains(&"Calendars.Read") && !found.contains(&"GroupMember.Read.All"));
        assert_eq!(Query::new("imap zebra").find(catalogue()), []);
    }

    #[test]
    fn meaning_and_group_are_searched_too() {
        assert!(found("automatic").contains(&"MailboxSettings.Read"));
        assert!(found("exchange online").contains(&"SMTP.Send"));
        assert!(found("identity governance").contains(&"AccessReview.Read.All"));
    }

    #[test]
    fn each_permission_is_found_by_its_name_and_stands_first() {
        for own in catalogue().to_choose() {
            assert_eq!(found(own.name).first(), Some(&own.name));
        }
    }
}
