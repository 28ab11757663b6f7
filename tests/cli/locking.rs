//! Who holds the key, and until when: `vault lock` is heard by programs that run, and the hours of a key end.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tokengauge::domain::secret::Passphrase;
use tokengauge::runtime::clock::since_boot;
use tokengauge::vault::{Protection, Vault, WorkFactor};

use super::home::{Home, Run};
use super::needs;
use super::tenant::{CLIENT_ID, NAME, Tenant};
use super::terminal::Session;

const PASSPHRASE: &str = "correct horse battery";

/// A vault that a passphrase opens, made cheaply.
pub fn behind_passphrase() -> (Home, Vault) {
    let home = Home::empty();
    let protection = Protection::Passphrase(Passphrase::new(PASSPHRASE));
    let vault = Vault::init(&home.vault(), &protection, WorkFactor::FOR_TESTS).unwrap();
    (home, vault)
}

/// Types the passphrase: fast typing is a paste, and Enter comes after it.
fn give_passphrase(session: &mut Session) {
    session.type_in(PASSPHRASE).until_screen(&"*".repeat(PASSPHRASE.len()));
    session.type_in("\r").until_screen("help");
}

/// A dashboard that is open by the passphrase.
pub fn opened(home: &Home) -> Session {
    let mut session = Session::start(home, &[]);
    session.until_screen("Passphrase");
    give_passphrase(&mut session);
    session
}

#[test]
fn a_dashboard_hears_that_its_vault_is_locked() {
    let (home, _) = behind_passphrase();
    let mut session = opened(&home);
    let said = home.bare(&["vault", "lock"]).is(0).err;
    assert!(said.contains("ordered running programs to lock") && said.contains("key file"), "{said}");
    session.until_screen("Nothing renews here");
    give_passphrase(&mut session);
    home.bare(&["vault", "lock"]).is(0);
    session.until_screen("Nothing renews here");
}

#[test]
fn a_vault_that_cannot_be_written_to_is_locked_all_the_same() {
    let (home, _) = behind_passphrase();
    let mut session = opened(&home);
    // Root writes where no permission is: a directory in the file's place refuses everybody.
    fs::create_dir_all(home.vault().join("locks/lock.order/full")).unwrap();
    home.bare(&["vault", "lock"]).is(0);
    // The directory of notes was not there when the dashboard began to watch: the next wake finds the order.
    session.until_screen("Nothing renews here");
}

#[test]
fn a_sign_in_that_is_waited_for_ends_when_its_vault_is_locked() {
    let (home, _) = behind_passphrase();
    let passphrase = home.write("passphrase", PASSPHRASE);
    loosen(&passphrase, 0o600);
    let redirect = ["--redirect-uri", "http://localhost/"];
    let add = ["add", NAME, "--client-id", CLIENT_ID, "--tenant", "contoso.example"];
    let mut command = home.command();
    command.env("TOKENGAUGE_PASSPHRASE_FILE", passphrase).args(add).args(redirect).write_stdin("");
    Run::of(command.output().unwrap()).is(0);
    for (way, waits) in [("--paste", "Paste the address here"), ("--loopback", "Waiting for the browser")] {
        let mut session = Session::start(&home, &["authorize", NAME, way]);
        session.until("Passphrase of the vault").type_in(&format!("{PASSPHRASE}\r")).until(waits);
        home.bare(&["vault", "lock"]).is(0);
        let (code, said) = session.ends();
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("was locked meanwhile") && said.contains("tokengauge vault unlock"), "{said}");
    }
}

#[test]
fn a_dashboard_opened_with_a_key_file_goes_on() {
    let home = Home::new();
    let mut session = Session::start(&home, &[]);
    session.until_screen("help");
    assert!(home.bare(&["vault", "lock"]).is(0).err.contains("go on: stop them"));
    session.type_in("4").until_screen("nothing has happened yet");
}

#[test]
fn locking_needs_a_vault_and_no_key() {
    let home = Home::empty();
    home.bare(&["vault", "lock"]).fails(2);
    let (home, _) = behind_passphrase();
    assert!(home.bare(&["vault", "lock"]).is(0).err.contains("held no key"));
}

#[test]
fn a_key_in_the_keyring_tells_its_end_and_goes_when_the_vault_is_locked() {
    if !needs::keyring() {
        return;
    }
    let (home, vault) = behind_passphrase();
    vault.remember_in_keyring(Duration::from_secs(11 * 3600 + 1800), since_boot()).unwrap();
    let status = home.bare(&["vault", "status"]).is(0).out;
    assert!(
        status.contains("opened by kernel keyring, until ") && status.contains("(11 h left)"),
        "{status}"
    );
    let json = home.bare(&["vault", "status", "--json"]).is(0).json();
    assert!(json["open_until"].as_str().is_some(), "{json}");
    // Nobody is there to type a passphrase, so the hours stay as they are.
    let said = home.bare(&["vault", "unlock"]).is(0).err;
    assert!(said.contains("unlocked already") && said.contains("11 h left"), "{said}");
    assert!(home.bare(&["vault", "lock"]).is(0).err.contains("took the key back"));
    home.bare(&["vault", "status"]).is(3);
    home.bare(&["list"]).fails(3);
}

#[test]
fn a_key_whose_end_has_come_opens_nothing_whatever_the_kernel_says() {
    // As if the clock had been set back: the kernel keeps it for another hour.
    let long_ago = since_boot().checked_sub(Duration::from_secs(2 * 3600));
    if !needs::keyring() || !needs::granted(long_ago.is_some(), "a machine that runs for two hours") {
        return;
    }
    let (home, vault) = behind_passphrase();
    vault.remember_in_keyring(Duration::from_secs(3600), long_ago.unwrap()).unwrap();
    home.bare(&["list"]).fails(3);
}

#[test]
fn a_dashboard_opened_in_the_last_minutes_of_a_key_warns_and_locks() {
    if !needs::keyring() {
        return;
    }
    let (home, vault) = behind_passphrase();
    // Long enough for a slow machine to open the dashboard; one that is slower still is given another try.
    for life in [LAST_MINUTES, Duration::from_secs(8), Duration::from_secs(60)] {
        vault.remember_in_keyring(life, since_boot()).unwrap();
        let mut session = Session::start(&home, &[]);
        if life == LAST_MINUTES {
            session.until_screen("The vault locks at");
            continue;
        }
        // It is locked from the start where the key had ended before the program looked.
        let screen = session.until_screen_of(&["12 hours of its key are over", "Passphrase"]);
        if screen.contains("12 hours of its key are over") {
            return;
        }
    }
    panic!("the dashboard never came up within a minute");
}

/// The person is told so long before the end.
const LAST_MINUTES: Duration = Duration::from_secs(240);

/// The tenant's vault with a credential as systemd hands it over.
fn service(tenant: &Tenant, key: &str) -> PathBuf {
    let directory = tenant.home.path("credentials");
    fs::create_dir_all(&directory).unwrap();
    let credential = directory.join("tokengauge-key");
    let _ = fs::remove_file(&credential);
    fs::write(&credential, key).unwrap();
    // An access list lets the service read: it shows as bits of the group.
    loosen(&credential, 0o440);
    directory
}

fn loosen(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn with_credentials(
    tenant: &Tenant,
    directory: &std::path::Path,
    more: &[(&str, &str)],
    arguments: &[&str],
) -> Run {
    let mut command = tenant.home.command();
    command.env("CREDENTIALS_DIRECTORY", directory).args(arguments);
    Run::of(command.envs(more.iter().copied()).output().unwrap())
}

#[test]
fn a_service_opens_the_vault_with_its_credential() {
    let tenant = Tenant::new().signed_in();
    let key = fs::read_to_string(tenant.home.key()).unwrap();
    let directory = service(&tenant, &key);
    assert!(!with_credentials(&tenant, &directory, &[], &["token", NAME]).is(0).out.is_empty());
    let status = with_credentials(&tenant, &directory, &[], &["vault", "status"]).is(0).out;
    assert!(status.contains("systemd credential"), "{status}");
    // It lies beside the service: an order to lock takes nothing away.
    tenant.home.bare(&["vault", "lock"]).is(0);
    with_credentials(&tenant, &directory, &[], &["refresh", NAME]).is(0);

    let passphrase = tenant.home.write("passphrase", PASSPHRASE);
    loosen(&passphrase, 0o600);
    let passphrase = passphrase.to_str().unwrap();
    tenant.home.run(&["vault", "passphrase", "--new-passphrase-file", passphrase]).is(0);
    let beside = [("TOKENGAUGE_PASSPHRASE_FILE", passphrase)];
    service(&tenant, "AGE-SECRET-KEY-1NONSENSE");
    with_credentials(&tenant, &directory, &beside, &["list"]).fails(3);
    let other = Home::new();
    service(&tenant, &fs::read_to_string(other.key()).unwrap());
    let wrong = with_credentials(&tenant, &directory, &beside, &["token", NAME]).fails(3);
    assert!(wrong.err.contains("does not open the vault"), "{}", wrong.err);
    // A service with other credentials than ours.
    fs::remove_file(directory.join("tokengauge-key")).unwrap();
    with_credentials(&tenant, &directory, &beside, &["list"]).is(0);
    with_credentials(&tenant, &directory, &[], &["list"]).fails(3);
}
