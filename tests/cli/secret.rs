//! Replacing the client secret of thirty-eight connections on the command line: a right one, a wrong one, one that works for
//! some tenants, and a kill in the middle.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokengauge::domain::secret::ClientSecret;
use tokengauge::domain::{AppRegistration, ConnectionId, SecretCredential};
use tokengauge::runtime::clock::Clock;
use tokengauge::vault::Vault;
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};
use tokio::runtime::Runtime;

use super::home::{Home, Run, binary};
use super::one_secret::{COUNT, NEW, OLD, Platform, SOME, WRONG};

/// A vault with the connections in it, and the platform that they are of.
pub struct Place {
    pub home: Home,
    pub platform: Platform,
    pub client_id: String,
    _runtime: Runtime,
}

impl Place {
    pub fn new() -> Self {
        Self::with("")
    }

    /// With more TOML at the end of the scenario.
    pub fn with(more: &str) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let platform = {
            let _inside = runtime.enter();
            Platform::start(more)
        };
        let home = Home::empty();
        platform.fill(&home.path(""));
        let client_id = platform.client_id().to_string();
        Self { home, platform, client_id, _runtime: runtime }
    }

    pub fn secret(&self, options: &[&str], stdin: &str) -> Run {
        let arguments = [&["secret", &self.client_id][..], options].concat();
        let run = self.home.with_stdin(&arguments, stdin);
        for secret in [OLD, NEW, SOME, WRONG] {
            assert!(!run.out.contains(secret) && !run.err.contains(secret), "a secret was told");
        }
        run
    }

    fn vault(&self) -> Vault {
        let sources =
            Sources { key_file: Some(self.home.key()), keyring: Keyring::Left, ..Sources::default() };
        match unlock(&self.home.vault(), &sources).unwrap() {
            Unlocked::Open(vault, _) => vault,
            Unlocked::NeedsPassphrase => panic!("a key file asks for nothing"),
        }
    }

    pub fn app(&self) -> AppRegistration {
        self.vault().app_registration(&self.platform.client_id()).unwrap().unwrap()
    }

    /// Holds this secret beside the old one, proven for that connection.
    pub fn hold(&self, value: &str, proven_for: &str) {
        let vault = self.vault();
        let mut locked = vault.lock_app(&self.platform.client_id(), Duration::ZERO).unwrap();
        let mut app = locked.read().unwrap().unwrap();
        let entered_at = Clock::system().now();
        let secret = SecretCredential { value: ClientSecret::new(value), ends_on: None, entered_at };
        app.note_proof(&secret, ConnectionId::parse(proven_for).unwrap()).unwrap();
        locked.save(&mut app).unwrap();
    }

    pub fn proven(&self) -> usize {
        self.app().replacement.map_or(0, |own| own.proven_for.len())
    }

    /// `show` and `list` say for how many connections of how many a new secret is proven.
    fn tells_of_replacement(&self, open: Option<(u32, u32)>) {
        let told = open.map(|(proven, serves)| {
            format!("being proven: {proven} of {serves}; tokengauge secret {} --resume", self.client_id)
        });
        let facts =
            open.map_or(Value::Null, |(proven, serves)| json!({ "proven": proven, "connections": serves }));
        let says = |text: &str| match &told {
            Some(told) => text.contains(told),
            None => !text.contains("being proven"),
        };
        // One that uses the new secret, and one that uses the old one.
        for name in ["contoso-mail01", "litware-mail01"] {
            let run = self.home.run(&["show", name]).is(0);
            assert!(says(&run.out), "{}", run.out);
            assert_eq!(self.home.run(&["show", name, "--json"]).is(0).json()["secret_replacement"], facts);
        }
        let run = self.home.run(&["list"]).is(0);
        assert!(says(&run.err), "{}", run.err);
        let all = self.home.run(&["list", "--json"]).is(0).json();
        assert!(all["connections"].as_array().unwrap().iter().all(|own| own["secret_replacement"] == facts));
    }

    /// All renew with what they use now.
    pub fn renew_all(&self) {
        let run = self.home.run(&["refresh", "--all"]).is(0);
        assert_eq!(lines(&run.out, ": renewed"), COUNT, "{}", run.out);
    }

    fn records(&self) -> BTreeMap<String, Vec<u8>> {
        ["connections", "apps"].iter().flat_map(|name| files(&self.home.vault().join(name))).collect()
    }

    /// The command, in a process of its own that is not waited for.
    pub fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.env_clear().env("HOME", self.home.path(""));
        command.arg("--vault").arg(self.home.vault()).arg("--key-file").arg(self.home.key());
        command.args(["secret", &self.client_id]).args(options);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Begins to replace the secret, and is killed once so many are proven.
    fn killed_after(&self, count: usize) {
        let mut child = self.command(&["--secret-stdin"]).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(NEW.as_bytes()).unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let told = lines.filter(|line| line.ends_with(": proven")).take(count).count();
        assert_eq!(told, count);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

fn lines(text: &str, end: &str) -> usize {
    text.lines().filter(|line| line.contains(end)).count()
}

#[test]
fn a_right_secret_is_proven_thirty_eight_times_and_those_who_hold_the_old_one_are_told() {
    let place = Place::new();
    let run = place.secret(&["--secret-stdin", "--secret-expires", "2030-01-31"], NEW).is(0);
    assert_eq!((lines(&run.out, ": proven"), place.platform.requests()), (38, 38));
    assert!(run.err.contains("This secret serves 38 connections."), "{}", run.err);
    assert_eq!(lines(&run.out, "  App Connect has that of contoso-mail0"), 5, "{}", run.out);
    let app = place.app();
    assert_eq!(
        (app.credential.secret().unwrap().ends_on.unwrap().to_string().as_str(), app.replacement),
        ("2030-01-31", None)
    );
    place.renew_all();
    place.secret(&["--resume"], "").fails(10);
}

#[test]
fn a_wrong_secret_is_one_request_and_no_byte() {
    let place = Place::new();
    let before = place.records();
    let run = place.secret(&["--secret-stdin"], WRONG).is(5);
    assert_eq!((lines(&run.out, ": refused, "), place.platform.requests()), (1, 1), "{}", run.out);
    assert!(run.err.contains("nothing was changed") && run.err.contains("no end date"), "{}", run.err);
    assert!(place.records() == before);
    let id = place.secret(&["--secret-stdin"], "6e5d4c3b-2a19-4f08-9e7d-6c5b4a392817").fails(10);
    assert!(id.err.contains("the secret's ID"), "{}", id.err);
    assert!(place.secret(&["--secret-stdin"], OLD).fails(10).err.contains("held already"));
    assert_eq!(place.platform.requests(), 1);
    let log = place.home.run(&["log"]).is(0).out;
    assert!(log.contains("new client secret refused"), "{log}");
    place.renew_all();
}

#[test]
fn a_secret_that_has_ended_is_refused_before_anything_is_asked() {
    let place = Place::new();
    let before = place.records();
    let run = place.secret(&["--secret-stdin", "--secret-expires", "2025-05-22"], NEW).fails(10);
    assert!(run.err.contains("2025-05-22") && run.err.contains("not in the future"), "{}", run.err);
    assert!(run.err.contains("column Expires"), "{}", run.err);
    assert_eq!((place.platform.requests(), place.records() == before), (0, true));
}

#[test]
fn a_secret_of_some_tenants_leaves_the_others_on_the_old_one_until_a_person_decides() {
    let place = Place::new();
    let run = place.secret(&["--secret-stdin", "--json"], SOME).is(5);
    let told: Value = run.json();
    let count = |state: &str| {
        told["connections"].as_array().unwrap().iter().filter(|own| own["state"] == state).count()
    };
    assert_eq!((count("proven"), count("refused"), told["result"].as_str()), (22, 16, Some("both-kept")));
    place.renew_all();
    assert!(place.secret(&["--secret-stdin"], NEW).fails(10).err.contains("Another new secret"));
    place.tells_of_replacement(Some((22, 38)));
    assert!(place.secret(&[], "").fails(10).err.contains("22 connections use it"));
    let again = place.secret(&["--resume"], "").is(5);
    assert_eq!((lines(&again.out, ": proven"), lines(&again.out, ": refused")), (22, 16));
    let before = place.platform.requests();
    place.secret(&["--abandon"], "").is(0);
    assert_eq!((place.proven(), place.platform.requests()), (0, before));
    place.tells_of_replacement(None);
    place.renew_all();
    // Another connection may go first.
    place.secret(&["--secret-stdin", "--first", "litware-mail01"], SOME).is(5);
    assert_eq!(place.platform.requests(), before + 39);
}

#[test]
fn what_a_kill_leaves_renews_and_is_gone_on_with_or_given_up() {
    let place = Place::new();
    place.killed_after(12);
    let proven = place.proven();
    assert!((12..=38).contains(&proven), "{proven}");
    place.renew_all();
    let run = place.secret(&["--resume"], "").is(0);
    assert_eq!(lines(&run.out, ": proven"), 38);
    assert!(place.app().credential.secret().unwrap().value == ClientSecret::new(NEW));
    place.renew_all();

    let place = Place::new();
    place.killed_after(5);
    place.secret(&["--abandon"], "").is(0);
    assert_eq!(place.proven(), 0);
    place.renew_all();
    place.killed_after(5);
    place.secret(&["--take"], "").is(0);
    assert_eq!(place.proven(), 0);
    place.renew_all();
}

#[test]
fn what_has_no_secret_says_what_to_do() {
    let home = Home::new();
    let client = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
    let run = home.run(&["secret", client, "--secret-stdin"]).fails(5);
    assert!(run.err.contains("no connection here"), "{}", run.err);
    home.run(&["add", "public", "--client-id", client, "--tenant", "contoso.com"]).is(0);
    let run = home.with_stdin(&["secret", client, "--secret-stdin"], NEW).fails(5);
    assert!(run.err.contains("edit public --secret-stdin"), "{}", run.err);
}
