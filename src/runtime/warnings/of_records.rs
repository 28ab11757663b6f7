//! What was told of the records: as the file tells, and aside from it while the disk takes nothing.

use chrono::{DateTime, Utc};

use super::books::{Books, Cause, Kept, Locked, NotChanged, NotKept};
use crate::domain::warning::Telling;

/// What this program knows of it.
#[derive(Debug, Default)]
pub(super) struct OfRecords {
    /// As the file told last.
    kept: Books,
    /// What goes beyond that, since it could not be written.
    aside: Option<Books>,
    /// What came of telling the hook of what was claimed until then, while another program held the file.
    unsettled: Vec<(Cause, DateTime<Utc>, Telling)>,
}

impl OfRecords {
    /// Notes it with whatever is taken next.
    pub(super) fn settle_later(&mut self, claims: Vec<(Cause, DateTime<Utc>)>, telling: Telling) {
        self.unsettled.extend(claims.into_iter().map(|(cause, claim)| (cause, claim, telling)));
    }

    /// Lets something be taken from the books. Where that cannot be kept, it is taken from those held aside: what could not
    /// be written has told nothing to anybody.
    pub(super) fn take<T>(
        &mut self,
        locked: Kept<Locked>,
        take: impl Fn(&mut Books) -> T,
    ) -> (T, Option<NotKept>) {
        let change = |books: &mut Books| {
            self.put_back(books);
            (take(books), books.clone())
        };
        let (why, read) = match locked.map(|locked| locked.change(change)) {
            Ok(Ok((taken, books))) => {
                *self = Self { kept: books, ..Self::default() };
                return (taken, None);
            }
            Ok(Err(NotChanged { error, read })) => (NotKept::Io(error), read),
            Err(why) => (why, None),
        };
        let kept = read.unwrap_or_else(|| self.kept.clone());
        let mut aside = kept.clone();
        self.put_back(&mut aside);
        let taken = take(&mut aside);
        *self = Self { kept, aside: Some(aside), unsettled: Vec::new() };
        (taken, Some(why))
    }

    /// What others have written meanwhile stands, also that something is over.
    fn put_back(&self, books: &mut Books) {
        if let Some(aside) = &self.aside {
            books.follow(&self.kept, aside);
        }
        for (cause, claim, telling) in &self.unsettled {
            books.hand_on(cause, *claim, *telling);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use chrono::DateTime;

    use super::super::books::{BookFile, Channel};
    use super::*;
    use crate::domain::ConnectionId;
    use crate::domain::warning::{Subject, Told};
    use crate::runtime::stop::Leaving;

    fn subject(id: &str) -> Subject {
        Subject::Act(ConnectionId::parse(id).unwrap())
    }

    /// Those of `standing` that are news.
    fn news(books: &mut Books, standing: &[&'static str]) -> Vec<&'static str> {
        let ledger = books.of(Channel::Activity);
        let told = Told {
            mark: "sign-in".into(),
            stage: 0,
            at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            noun: "sign-in".into(),
            concerned: [].into(),
        };
        let found = standing.iter().filter(|own| ledger.insert(subject(own), told.clone()).is_none());
        found.copied().collect()
    }

    #[tokio::test]
    async fn a_disk_that_fills_up_lets_nothing_be_told_twice() {
        let notes = tempfile::tempdir().unwrap();
        let (place, away) = (notes.path().join("warnings"), notes.path().join("away"));
        let file = BookFile::new(notes.path(), "0123");
        let mut own = OfRecords::default();
        let leaving = Leaving::default();
        let (told, why) = own.take(file.lock(&leaving).await, |books| news(books, &["a"]));
        assert!(told == ["a"] && why.is_none());
        // The place goes after it was read, and before it is written to.
        for (standing, expected) in [(&["a", "b"][..], &["b"][..]), (&["a", "b", "c"], &["c"])] {
            let (told, why) = own.take(file.lock(&leaving).await, |books| {
                let _ = fs::rename(&place, &away);
                news(books, standing)
            });
            assert!(told == expected && matches!(why, Some(NotKept::Io(_))), "{told:?}");
            fs::rename(&away, &place).unwrap();
        }
        let (told, why) = own.take(file.lock(&leaving).await, |books| news(books, &["a", "b", "c"]));
        assert!(told.is_empty() && why.is_none(), "{told:?}");
        let (told, _) =
            OfRecords::default().take(file.lock(&leaving).await, |books| news(books, &["b", "d"]));
        assert_eq!(told, ["d"], "what was held aside is in the file");
    }

    #[tokio::test]
    async fn what_another_program_has_ended_meanwhile_stays_ended() {
        let notes = tempfile::tempdir().unwrap();
        let (place, away) = (notes.path().join("warnings"), notes.path().join("away"));
        let file = BookFile::new(notes.path(), "0123");
        let (mut own, leaving) = (OfRecords::default(), Leaving::default());
        own.take(file.lock(&leaving).await, |books| news(books, &["a", "b", "c"]));
        for (over, standing, expected) in [("a", &["b", "c", "d"][..], "d"), ("b", &["c", "d", "e"], "e")] {
            OfRecords::default()
                .take(file.lock(&leaving).await, |books| drop(books.activity.remove(&subject(over))));
            let (told, why) = own.take(file.lock(&leaving).await, |books| {
                let _ = fs::rename(&place, &away);
                news(books, standing)
            });
            assert!(told == [expected] && matches!(why, Some(NotKept::Io(_))), "{told:?}");
            fs::rename(&away, &place).unwrap();
        }
        own.take(file.lock(&leaving).await, |books| drop(books.activity.remove(&subject("c"))));
        let (left, _) = OfRecords::default().take(file.lock(&leaving).await, |books| books.activity.clone());
        assert_eq!(left.into_keys().collect::<Vec<_>>(), ["d", "e"].map(subject));
    }

    #[tokio::test]
    async fn a_place_that_goes_makes_nothing_news_that_was_told() {
        let notes = tempfile::tempdir().unwrap();
        let file = BookFile::new(notes.path(), "0123");
        let mut own = OfRecords::default();
        own.take(file.lock(&Leaving::default()).await, |books| news(books, &["a"]));
        fs::remove_dir_all(notes.path().join("warnings")).unwrap();
        fs::write(notes.path().join("warnings"), "in the way").unwrap();
        for expected in [&["b"][..], &[]] {
            let locked = file.lock(&Leaving::default()).await;
            let (told, why) = own.take(locked, |books| news(books, &["a", "b"]));
            assert!(told == expected && why.is_some(), "{told:?}");
        }
    }
}
