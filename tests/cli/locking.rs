//! Who holds the key, and until when: `vault lock` is heard by programs that run.

use tokengauge::domain::secret::Passphrase;
use tokengauge::vault::{Protection, Vault, WorkFactor};

use super::home::Home;
use super::terminal::Session;

const PASSPHRASE: &str = "correct horse battery";

/// A vault that a passphrase opens, made cheaply.
fn behind_passphrase() -> Home {
    let home = Home::empty();
    let protection = Protection::Passphrase(Passphrase::new(PASSPHRASE));
    Vault::init(&home.vault(), &protection, WorkFactor::FOR_TESTS).unwrap();
    home
}

/// A dashboard that is open by the passphrase.
fn opened(home: &Home) -> Session {
    let mut session = Session::start(home, &[]);
    session.until_screen("Passphrase");
    session.type_in(&format!("{PASSPHRASE}\r")).until_screen("Connections");
    session
}

#[test]
fn a_dashboard_hears_that_its_vault_is_locked() {
    let home = behind_passphrase();
    let mut session = opened(&home);
    let said = home.bare(&["vault", "lock"]).is(0).err;
    assert!(said.contains("ordered running programs to lock") && said.contains("key file"), "{said}");
    session.until_screen("Nothing renews here");
    session.type_in(&format!("{PASSPHRASE}\r")).until_screen("Connections");
    home.bare(&["vault", "lock"]).is(0);
    session.until_screen("Nothing renews here");
}
