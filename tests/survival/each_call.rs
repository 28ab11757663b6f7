//! SIGKILL before each system call of each command that changes the vault: what is there afterwards is what was there
//! before, or what the command was to bring about, and the vault opens (CR-01).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tokengauge::domain::secret::Passphrase;
use tokengauge::domain::{Connection, Mailbox};
use tokengauge::vault::{Listing, Recipient, Vault};

use crate::authority::{Authority, Rotation};
use crate::place::{NAME, OTHER_CLIENT_ID, Place};
use crate::size::Size;
use crate::tracer::{self, Ended};

const OTHER: &str = "other@contoso.example";
const PUBLIC_KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/// What there was, or what was to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Old,
    New,
}

/// Kills a command at one call after another, each time on a copy of `place`; `look` tells what it found.
fn kill_at_each_call(
    place: &Place,
    arguments: &[&str],
    reduced: usize,
    look: impl Fn(&Place) -> Result<Found, String>,
) {
    let Ended::Exited { calls, .. } = tracer::run(&place.copy(), arguments, None) else { unreachable!() };
    let step = Size::asked().of(calls.div_ceil(reduced), 1);
    let (mut found, mut left_over) = (BTreeMap::new(), 0);
    for number in (1..).step_by(step) {
        let place = place.copy();
        let ended = tracer::run(&place, arguments, Some(number));
        let left = place.left_over();
        assert!(left.len() <= 1, "{arguments:?} at {number}: {left:?}");
        left_over += left.len();
        match (look(&place), &ended) {
            (Ok(Found::Old), Ended::Exited { .. }) => panic!("{arguments:?} has done nothing"),
            (Ok(what), _) => *found.entry(what).or_insert(0) += 1,
            (Err(what), _) => panic!("{arguments:?} at {number}, {ended:?}: {what}"),
        }
        assert!(place.left_over().is_empty(), "{arguments:?} at {number}: {:?}", place.left_over());
        if let Ended::Exited { .. } = ended {
            break;
        }
    }
    let kills = found.values().sum::<usize>() - 1;
    println!(
        "{}: {calls} calls, {kills} kills, {found:?}, {left_over} temporary files cleaned",
        arguments[0]
    );
}

/// The next command works, and cleans up; what the vault holds then.
fn listed(place: &Place) -> Result<Listing, String> {
    let run = place.run(&["list"]);
    if run.code != Some(0) {
        return Err(format!("{run:?}"));
    }
    Ok(place.listing())
}

/// Compares with what was there before; `changed` makes of that what was to be.
fn compare(
    before: &Listing,
    place: &Place,
    changed: impl Fn(&mut Vec<Connection>, &Listing),
) -> Result<Found, String> {
    let now = listed(place)?;
    if now == *before {
        return Ok(Found::Old);
    }
    let mut new = before.clone();
    changed(&mut new.connections, &now);
    new.apps.clone_from(&now.apps);
    if now == new { Ok(Found::New) } else { Err(format!("neither old nor new: {now:?}")) }
}

fn signed_in() -> (Authority, Place) {
    let authority = Authority::start(Rotation::Lenient, 3600);
    let place = Place::signed_in(&authority);
    (authority, place)
}

/// The sign-in is still of use.
fn renews(place: &Place, name: &str) -> Result<(), String> {
    let run = place.run(&["refresh", name]);
    if run.code == Some(0) { Ok(()) } else { Err(format!("{run:?}")) }
}

#[test]
fn each_call_of_an_edit() {
    let (_authority, place) = signed_in();
    let before = place.listing();
    kill_at_each_call(&place, &["edit", NAME, "--sign-in-as", OTHER], 10, |place| {
        let found = compare(&before, place, |new, _| {
            new[0].settings.sign_in_as = Mailbox::parse(OTHER);
            new[0].generation += 1;
        })?;
        renews(place, NAME).map(|()| found)
    });
}

#[test]
fn each_call_of_a_renewal() {
    let (authority, place) = signed_in();
    let before = place.listing();
    kill_at_each_call(&place, &["refresh", NAME], 16, |place| {
        let found = compare(&before, place, |new, now| {
            // What came is the authority's to say; all else is as it was.
            let (own, now) = (&mut new[0], &now.connections[0]);
            own.generation += 1;
            own.renewals.clone_from(&now.renewals);
            let (tokens, came) = (own.tokens.as_mut().unwrap(), now.tokens.as_ref().unwrap());
            tokens.access.clone_from(&came.access);
            tokens.refresh.clone_from(&came.refresh);
        })?;
        renews(place, NAME).map(|()| found)
    });
    assert_eq!(authority.refused(), 0);
}

#[test]
fn each_call_of_adding() {
    let (authority, place) = signed_in();
    let before = place.listing();
    place.write("secret", "another~client-secret.of.these.tests.0001\n");
    let url = authority.url();
    let add = [
        "add",
        "fabrikam",
        "--client-id",
        OTHER_CLIENT_ID,
        "--authority-url",
        &url,
        "--secret-file",
        "secret",
    ];
    kill_at_each_call(&place, &add, 10, |place| {
        let now = listed(place)?;
        let is_new = now.connections.len() == 2 && now.apps.len() == 2;
        if !is_new {
            // Whoever was interrupted types it again.
            let again = place.run(&add);
            if again.code != Some(0) {
                return Err(format!("{again:?}"));
            }
        }
        let after = place.listing();
        if after.connections[0] != before.connections[0]
            || after.connections.len() != 2
            || after.apps.len() != 2
        {
            return Err(format!("{after:?}"));
        }
        place.sign_in("fabrikam", "fabrikam");
        renews(place, "fabrikam")?;
        Ok(if is_new { Found::New } else { Found::Old })
    });
}

#[test]
fn each_call_of_adding_many() {
    let (authority, place) = signed_in();
    let before = place.listing();
    place.write("secret", "another~client-secret.of.these.tests.0001\n");
    place.write("many.csv", "name\nadatum\nfabrikam\nnorthwind\n");
    let url = authority.url();
    let options = ["--client-id", OTHER_CLIENT_ID, "--authority-url", &url, "--secret-file", "secret"];
    let add = [&["add", "--from", "many.csv"][..], &options].concat();
    let is_whole = |now: &Listing| now.connections.len() == 4 && now.apps.len() == 2;
    kill_at_each_call(&place, &add, 24, |place| {
        let is_new = is_whole(&listed(place)?);
        // Whoever was interrupted runs it again, whatever is there by now.
        let again = place.run(&add);
        if again.code != Some(0) {
            return Err(format!("{again:?}"));
        }
        let after = place.listing();
        if !is_whole(&after) || !after.connections.contains(&before.connections[0]) {
            return Err(format!("{after:?}"));
        }
        for name in ["adatum", "fabrikam", "northwind"] {
            place.sign_in(name, name);
            renews(place, name)?;
        }
        Ok(if is_new { Found::New } else { Found::Old })
    });
}

#[test]
fn each_call_of_removing() {
    let (_authority, place) = signed_in();
    let before = place.listing();
    kill_at_each_call(&place, &["remove", NAME, "--yes"], 8, |place| {
        let found = compare(&before, place, |new, _| new.clear())?;
        if found == Found::Old {
            renews(place, NAME)?;
        }
        Ok(found)
    });
}

#[test]
fn each_call_of_renaming() {
    let (_authority, place) = signed_in();
    let before = place.listing();
    kill_at_each_call(&place, &["rename", NAME, "fabrikam"], 10, |place| {
        let found = compare(&before, place, |new, _| {
            new[0].name = tokengauge::domain::ConnectionName::parse("fabrikam").unwrap();
            new[0].generation += 1;
        })?;
        renews(place, if found == Found::Old { NAME } else { "fabrikam" }).map(|()| found)
    });
}

#[test]
fn each_call_of_adding_a_recipient() {
    let (_authority, place) = signed_in();
    let before = place.listing();
    kill_at_each_call(&place, &["vault", "recipient", "add", PUBLIC_KEY], 12, |place| {
        if listed(place)? != before {
            return Err("the records have changed".to_owned());
        }
        renews(place, NAME)?;
        let vault = place.opened();
        if vault.is_key_change_unfinished() {
            return Err("it does not go on".to_owned());
        }
        let recipients = vault.recipients().unwrap();
        if recipients.is_empty() {
            return Ok(Found::Old);
        }
        assert_eq!(recipients, [Recipient::parse(PUBLIC_KEY, None).unwrap()]);
        Ok(Found::New)
    });
}

#[test]
fn each_call_of_a_new_passphrase() {
    let (_authority, place) = signed_in();
    let before = place.listing();
    place.write("old", "the old passphrase\n");
    place.write("new", "the new passphrase\n");
    place.run(&["vault", "passphrase", "--new-passphrase-file", "old"]).is(0);
    kill_at_each_call(&place, &["vault", "passphrase", "--new-passphrase-file", "new"], 2, |place| {
        if listed(place)? != before {
            return Err("the records have changed".to_owned());
        }
        let opens = |text| Vault::open_with_passphrase(&place.vault(), &Passphrase::new(text)).is_ok();
        match (opens("the old passphrase"), opens("the new passphrase")) {
            (true, false) => Ok(Found::Old),
            (false, true) => Ok(Found::New),
            both => Err(format!("old and new passphrase open: {both:?}")),
        }
    });
}

#[test]
fn each_call_of_another_key() {
    let (_authority, place) = signed_in();
    let before = place.listing();
    let revoke = ["vault", "key-file", "--revoke", "--new-key-file", "next-key"];
    kill_at_each_call(&place, &revoke, 12, |place| {
        let next = place.path("next-key");
        let opens = |key: &Path| place.run_with_key(key, &["list"]).code == Some(0);
        // The next key may be cut off in the middle, or the only one that opens anything.
        let found = match (opens(&place.key()), next.exists() && opens(&next)) {
            (true, false) => Found::Old,
            (_, true) => {
                fs::rename(&next, place.key()).unwrap();
                Found::New
            }
            (false, false) => return Err("no key opens it".to_owned()),
        };
        if listed(place)? != before {
            return Err("the records have changed".to_owned());
        }
        renews(place, NAME).map(|()| found)
    });
}

#[test]
fn each_call_of_making_a_vault() {
    let place = Place::empty();
    kill_at_each_call(&place, &["vault", "init", "--new-key-file", "key"], 10, |place| {
        let status = place.run(&["vault", "status"]);
        match status.code {
            Some(0) => {
                place.run(&["list"]).is(0);
                Ok(Found::New)
            }
            Some(2) => {
                // A key of nothing may be left, and is not written over.
                let again = place.run(&["vault", "init", "--new-key-file", "another"]);
                if again.code == Some(0) { Ok(Found::Old) } else { Err(format!("{again:?}")) }
            }
            _ => Err(format!("{status:?}")),
        }
    });
}
