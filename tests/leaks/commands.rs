//! Every command, as `--help` lists them: one that is new fails the test until it is run here.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tokengauge::domain::Attempt;
use tokengauge::domain::secret::Secret;
use tokengauge::simulator::browser::Answer;
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};

use crate::home::{Run, binary};
use crate::needles::Needles;
use crate::stage::{Prints, Stage};
use crate::tenant::{CLIENT_ID, NAME, OPS, SECRET, Tenant, parameter};

const PASSPHRASE: &str = "plucky walrus tunes harp";
const SECOND_PASSPHRASE: &str = "gentle otters paint doors";
const WRONG_SECRET: &str = "mistyped~contoso.first-sign-in.00000002";
const IMPORTED_ACCESS: &str = "brought-access-token-from-elsewhere";
const IMPORTED_REFRESH: &str = "1.brought-refresh-token-from-elsewhere";
const IMPORTED_SECRET: &str = "brought~client.secret-from-elsewhere";
/// In the home directory, where the program runs.
const KEY: [(&str, &str); 1] = [("TOKENGAUGE_KEY_FILE", "key")];
const OTHER_CLIENT: &str = "7a1b2c3d-6b0e-4c7b-9a51-0f3c2f8e1b44";
const CERTIFICATE_CLIENT: &str = "8b1b2c3d-6b0e-4c7b-9a51-0f3c2f8e1b44";

#[test]
fn no_command_tells_a_secret() {
    let tour = Tour::new();
    tour.vault_behind_a_passphrase();
    tour.set_up();
    tour.sign_in();
    tour.look();
    tour.hand_over();
    tour.change();
    tour.refused();
    tour.locked();
    tour.remove();
    let (all, seen) = (commands(&[]), tour.seen.borrow());
    let missing: Vec<_> = all.difference(&seen).collect();
    assert!(missing.is_empty(), "not searched: {missing:?}");
}

/// The commands that `--help` lists, those of commands included.
fn commands(above: &[&str]) -> BTreeSet<String> {
    let output = Command::new(binary()).args(above).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    let mut found = BTreeSet::new();
    for name in names {
        let path = [above, &[name]].concat();
        let below = commands(&path);
        if below.is_empty() {
            found.insert(path.join(" "));
        }
        found.extend(below);
    }
    found
}

struct Tour {
    stage: Stage,
    tenant: Tenant,
    all: BTreeSet<String>,
    seen: RefCell<BTreeSet<String>>,
}

impl Tour {
    fn new() -> Self {
        let stage = Stage::new(Needles::of([
            ("passphrase", PASSPHRASE),
            ("second passphrase", SECOND_PASSPHRASE),
            ("client secret", SECRET),
            ("wrong client secret", WRONG_SECRET),
            ("imported access token", IMPORTED_ACCESS),
            ("imported refresh token", IMPORTED_REFRESH),
            ("imported client secret", IMPORTED_SECRET),
        ]));
        stage.plant("certificate key", key_text().trim());
        let tenant = Tenant::unused("");
        Self { stage, tenant, all: commands(&[]), seen: RefCell::default() }
    }

    /// With whatever the tenant has issued by now planted as well.
    #[track_caller]
    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)], stdin: &str, prints: Prints) -> Run {
        let words = (1..=arguments.len()).rev().map(|count| arguments[..count].join(" "));
        self.seen.borrow_mut().extend(words.into_iter().find(|words| self.all.contains(words)));
        let run = self.stage.run(arguments, variables, stdin, prints);
        for (number, secret) in self.tenant.secrets().iter().enumerate() {
            self.stage.plant(&format!("issued secret {number}"), secret);
        }
        self.plant_attempt();
        // What this run has brought was not looked for yet.
        let what = arguments.join(" ");
        if prints == Prints::Nothing {
            self.stage.nothing_in(&format!("stdout of {what}"), run.out.as_bytes());
        }
        self.stage.nothing_in(&format!("stderr of {what}"), run.err.as_bytes());
        self.stage.nothing_in_files(&what);
        run
    }

    #[track_caller]
    fn quiet(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, &KEY, "", Prints::Nothing)
    }

    #[track_caller]
    fn given(&self, arguments: &[&str], stdin: &str) -> Run {
        self.run_with(arguments, &KEY, stdin, Prints::Nothing)
    }

    /// The code verifier of the sign-in that is open.
    fn plant_attempt(&self) {
        let directory = self.stage.home().join(".local/share/tokengauge/vault");
        let key_file = Some(self.stage.home().join("key"));
        let sources = Sources { key_file, keyring: Keyring::Left, ..Sources::default() };
        let Ok(Unlocked::Open(vault, _)) = unlock(&directory, &sources) else { return };
        for connection in vault.listing().unwrap().connections {
            match connection.attempt {
                Some(Attempt::Code(attempt)) => {
                    self.stage.plant("code verifier", attempt.code_verifier.expose());
                }
                Some(Attempt::Device(attempt)) => {
                    self.stage.plant("device code", attempt.device_code.expose());
                }
                None => {}
            }
        }
    }

    fn plant_key(&self, file: &Path) {
        let text = std::fs::read_to_string(file).unwrap();
        let key = text.lines().find_map(|line| line.strip_prefix("AGE-SECRET-KEY-1")).unwrap();
        self.stage.plant("key file", key);
    }

    fn vault_behind_a_passphrase(&self) {
        let (first, second) = (
            self.stage.given("passphrase", PASSPHRASE),
            self.stage.given("second-passphrase", SECOND_PASSPHRASE),
        );
        let recipient = "age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm";
        let run = |arguments: &[&str], passphrase: &str| {
            let arguments = [arguments, &["--vault", "second"]].concat();
            self.run_with(&arguments, &[("TOKENGAUGE_PASSPHRASE_FILE", passphrase)], "", Prints::Nothing)
        };
        run(&["vault", "init"], &first).is(0);
        run(&["vault", "status"], &first).is(0);
        run(&["vault", "passphrase", "--new-passphrase-file", &second], &first).is(0);
        run(&["vault", "status"], &first).is(3);
        let key = self.stage.asked_for("second-key");
        run(&["vault", "key-file", &key], &second).is(0);
        self.plant_key(Path::new(&key));
        run(&["vault", "recipient", "add", recipient, "--name", "safe"], &second).is(0);
        run(&["vault", "recipient", "list"], &second).is(0);
        run(&["vault", "recipient", "remove", "safe"], &second).is(0);
        run(&["vault", "key-file", "--revoke"], &second).is(0);
    }

    fn set_up(&self) {
        let key = self.stage.asked_for("key");
        self.run_with(&["vault", "init", "--new-key-file", &key], &[], "", Prints::Nothing).is(0);
        self.plant_key(Path::new(&key));
        // The kernel may have no keyring here.
        self.quiet(&["vault", "unlock"]);
        self.quiet(&["vault", "lock"]);
        let url = self.tenant.url();
        let add = |name: &str, client: &str, more: &[&str], stdin: &str| {
            let arguments = ["add", name, "--client-id", client, "--authority-url", &url];
            self.given(&[&arguments[..], more].concat(), stdin)
        };
        add(NAME, CLIENT_ID, &["--secret-stdin", "--sign-in-as", OPS], SECRET).is(0);
        let wrong = self.stage.given("wrong-secret", WRONG_SECRET);
        add("wrong", OTHER_CLIENT, &["--secret-file", &wrong], "").is(0);
        let certificate = self.stage.given("certificate.pem", include_str!("../certificates/cert.pem"));
        let key = self.stage.given("key.pem", include_str!("../certificates/key.pem"));
        let files = ["--certificate", &certificate, "--certificate-key", &key];
        add("certified", CERTIFICATE_CLIENT, &files, "").is(0);
        let list = self.stage.given("list.csv", "name,mailbox\nfrom-a-list,eve@contoso.example\n");
        let many = ["add", "--from", &list, "--client-id", CLIENT_ID, "--authority-url", &url];
        self.quiet(&many).is(0);
        let values = json!({
            "client_id": "9c1b2c3d-6b0e-4c7b-9a51-0f3c2f8e1b44",
            "client_secret": IMPORTED_SECRET,
            "access_token": IMPORTED_ACCESS,
            "refresh_token": IMPORTED_REFRESH,
        });
        let import = ["import", "--format", "token-response", "--name", "brought", "--authority-url", &url];
        self.given(&import, &values.to_string()).is(0);
        self.given(&import, &values.to_string().replace('}', "")).is(2);
        self.given(&["import", "--format", "env"], &format!("REFRESH_TOKEN=\"{IMPORTED_REFRESH}")).is(2);
    }

    fn sign_in(&self) {
        let address = self.quiet(&["authorize", NAME, "--print-url"]).is(0).out;
        let ended = self.tenant.browse(address.trim_end(), Answer::Accept);
        self.stage.plant("authorization code", &parameter(&ended, "code"));
        // Of another sign-in, cut short, and only then as it is.
        let other = ended.replace("state=", "state=x");
        self.given(&["redeem", NAME], &other).is(10);
        self.given(&["redeem", NAME], &ended[..ended.len() - 20]);
        self.given(&["redeem", NAME], &ended).is(0);
        self.given(&["redeem", NAME], &ended);
        let refused = self.quiet(&["authorize", NAME, "--print-url"]).is(0).out;
        let ended = self.tenant.browse(refused.trim_end(), Answer::Decline);
        self.given(&["redeem", NAME], &ended);
        // Nobody is there to be asked.
        self.quiet(&["authorize", NAME, "--paste"]);
    }

    fn look(&self) {
        for arguments in [
            &["list"][..],
            &["list", "--json"],
            &["show", NAME],
            &["show", NAME, "--json"],
            &["show", "brought"],
            &["permissions", NAME],
            &["permissions", NAME, "--json"],
            &["permissions", "--presets"],
            &["permissions", "--search", "mail send"],
            &["consent", NAME],
            &["consent", NAME, "--print-url"],
            &["completions", "bash"],
            &["help", "token"],
            &["demo"],
            &["doctor"],
            &["doctor", "--json"],
            &["doctor", "--nagios"],
            &["metrics"],
            &["calendar"],
            &["log"],
            &["log", "--json"],
            &["doctor", "--online"],
            &["hook"],
            &["hook", "--print"],
            &["refresh", "--due"],
            &["doctor", NAME, "--probe"],
            &["doctor", "brought", "--probe"],
            &["explain", "AADSTS65001"],
        ] {
            self.quiet(arguments);
        }
        self.given(&["consent", NAME, "--answer"], "http://localhost:8400/?state=x&admin_consent=True");
        let pasted = format!("http://localhost:8400/?error=invalid_grant&code={SECRET}&state={WRONG_SECRET}");
        self.given(&["explain"], &pasted);
    }

    fn hand_over(&self) {
        self.run_with(&["token", NAME], &KEY, "", Prints::Secrets).is(0);
        for format in ["json", "header", "curl-config", "sasl-xoauth2"] {
            self.run_with(&["token", NAME, "--format", format], &KEY, "", Prints::Secrets).is(0);
        }
        let formats = ["card", "json", "env", "kubernetes-secret", "accounts-yaml", "postman", "curl-config"];
        for format in formats {
            let arguments = ["export", NAME, "--format", format];
            self.run_with(&arguments, &KEY, "", Prints::Secrets).is(0);
        }
        // Those that ask for a token hold none.
        for format in ["mutt", "mbsync", "msmtp"] {
            self.quiet(&["export", NAME, "--format", format]);
        }
        let file = self.stage.asked_for("connector.env");
        self.quiet(&["export", NAME, "--format", "env", "--output", &file]).is(0);
        self.quiet(&["export", NAME, "--format", "env", "--output", &file]);
        self.quiet(&["export", NAME, "--format", "env", "--output", "missing/connector.env"]);
    }

    fn change(&self) {
        self.quiet(&["refresh", NAME]).is(0);
        self.quiet(&["refresh", "--all", "--json"]);
        self.quiet(&["refresh", "--due"]);
        self.quiet(&["watch", "--print-unit"]).is(0);
        self.given(&["edit", NAME, "--secret-stdin"], SECRET).is(0);
        self.given(&["secret", CLIENT_ID, "--secret-stdin"], WRONG_SECRET).is(5);
        self.given(&["secret", CLIENT_ID, "--secret-stdin", "--json"], WRONG_SECRET).is(5);
        self.given(&["secret", CLIENT_ID, "--secret-stdin"], SECRET).is(10);
        self.given(&["-vv", "secret", CLIENT_ID, "--secret-stdin"], IMPORTED_SECRET).is(5);
        self.quiet(&["edit", NAME, "--sign-in-as", "eve@contoso.example"]);
        self.quiet(&["rename", NAME, "renamed"]).is(0);
        self.quiet(&["rename", "renamed", NAME]).is(0);
    }

    fn refused(&self) {
        // Sent where nobody knows it, and where it is wrong.
        self.quiet(&["refresh", "brought"]);
        self.quiet(&["token", "brought"]);
        self.given(&["edit", NAME, "--secret-stdin"], WRONG_SECRET).is(0);
        self.quiet(&["refresh", NAME]).is(5);
        self.quiet(&["show", NAME]).is(0);
        self.quiet(&["doctor"]);
        self.quiet(&["token", NAME, "--min-valid", "24h"]);
        // Secrets where none belong: whoever pastes them there learns of it without seeing them again.
        self.given(
            &["explain"],
            &format!("{{\"error\":\"invalid_grant\",\"error_description\":\"{SECRET}\"}}"),
        );
        for given in
            [&["show"][..], &["token"], &["refresh"], &["list", "--json"], &["edit", NAME, "--client-id"]]
        {
            let arguments = [given, &["no/such thing"]].concat();
            self.quiet(&arguments);
        }
    }

    fn locked(&self) {
        for command in ["list", "show", "token", "refresh", "remove"] {
            let name: &[&str] = if command == "list" { &[] } else { &[NAME] };
            self.run_with(&[&[command], name].concat(), &[], "", Prints::Nothing).is(3);
        }
        let other = self.stage.home().join("second-key");
        let other = [("TOKENGAUGE_KEY_FILE", other.to_str().unwrap())];
        self.run_with(&["list"], &other, "", Prints::Nothing).is(3);
        let path = self.stage.home().join(".local/share/tokengauge/vault/connections/wrong.age");
        let record = std::fs::read(&path).unwrap();
        std::fs::write(&path, &record[..record.len() / 2]).unwrap();
        self.quiet(&["list"]).is(8);
        self.quiet(&["show", "wrong"]).is(8);
    }

    fn remove(&self) {
        self.quiet(&["remove", "brought"]);
        self.quiet(&["remove", "brought", "--yes"]).is(0);
        self.quiet(&["remove", "wrong", "--yes"]);
    }
}

/// The key alone, without the armour that says what it is.
fn key_text() -> String {
    include_str!("../certificates/key.pem").lines().nth(2).unwrap().to_owned()
}
