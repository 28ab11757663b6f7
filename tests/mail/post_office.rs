//! All that a mail program needs: a tenant, a vault with connections that are signed in, and the two servers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use chrono::TimeDelta;
use tokengauge::domain::ConnectionName;
use tokengauge::runtime::clock::Clock;
use tokengauge::simulator::browser::{self, Answer, Landing};
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::certificates::Ca;
use crate::gate::{Gate, Knock};
use crate::home::Run;
use crate::imap::{Imap, Manners};
use crate::program::{self, Ended};
use crate::smtp::Smtp;
use crate::tenant::{NAME, OPS, Tenant};

pub const ADA: &str = "ada@contoso.example";
/// What the tenant says of every renewal: the refresh token is over.
pub const DEAD: &str = "[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\ncode = 700082";
/// Has no mailbox.
pub const LAB: &str = "lab@contoso.example";

const IMAP_HOST: &str = "outlook.office365.com";
const SMTP_HOST: &str = "smtp.office365.com";
const SCOPES: [&str; 3] = [
    "https://outlook.office.com/IMAP.AccessAsUser.All",
    "https://outlook.office.com/SMTP.Send",
    "offline_access",
];

/// The servers and the vault, until the test ends.
pub struct PostOffice {
    pub tenant: Tenant,
    pub imap: Imap,
    pub smtp: Smtp,
    /// Where the vault is, if it was moved.
    vault: PathBuf,
    runtime: Runtime,
}

impl PostOffice {
    /// With one connection, that of OPS.
    pub fn new() -> Self {
        Self::with("", Manners::default())
    }

    /// With more TOML at the end of the scenario.
    pub fn with(more: &str, manners: Manners) -> Self {
        let tenant = Tenant::unused(more);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let ca = Ca::new("Loopback");
        tenant.home.write("ca.pem", &ca.pem());
        let acceptor = TlsAcceptor::from(ca.sign(&["localhost"]).config());
        let gate = |permission| Gate::new(tenant.simulator(), permission);
        let (imap, smtp) = {
            let _inside = runtime.enter();
            (
                Imap::start(gate("IMAP.AccessAsUser.All"), acceptor.clone(), manners),
                Smtp::start(gate("SMTP.Send"), acceptor, manners),
            )
        };
        let office = Self { vault: tenant.home.vault(), tenant, imap, smtp, runtime };
        office.sign_in(NAME, OPS);
        office
    }

    /// One more connection, signed in for mail.
    pub fn sign_in(&self, name: &str, upn: &str) {
        self.sign_in_for(name, upn, &SCOPES);
    }

    /// One more connection, signed in for these permissions.
    pub fn sign_in_for(&self, name: &str, upn: &str, scopes: &[&str]) {
        let scopes = scopes.iter().flat_map(|scope| ["--scope", scope]);
        let options: Vec<&str> = ["--sign-in-as", upn].into_iter().chain(scopes).collect();
        self.tenant.add(name, &options).is(0);
        let address = self.tenant.run(&["authorize", name, "--print-url"]).is(0).out;
        let landing = {
            let (simulator, now) = (self.tenant.simulator(), Clock::system().now());
            let mut simulator = simulator.lock().unwrap();
            browser::sign_in(address.trim_end(), upn, Answer::Accept, |request| {
                simulator.handle(&request, now)
            })
        };
        let Landing::Address(address) = landing.unwrap() else { panic!("nothing was to be posted") };
        self.tenant.home.with_stdin(&["redeem", name], address).is(0);
    }

    /// Moves the vault with its key to a place whose name has a meaning for every shell and every file of configuration.
    pub fn move_vault(&mut self) {
        let place = self.tenant.home.path(r#"it's "our" $HOME `vault` \ # ~ %U place"#);
        fs::create_dir(&place).unwrap();
        fs::rename(self.tenant.home.vault(), place.join("vault")).unwrap();
        fs::rename(self.tenant.home.key(), place.join("key")).unwrap();
        self.vault = place.join("vault");
    }

    /// The configuration that `export` writes for a connection, with our servers in the place of Microsoft's.
    pub fn snippet(&self, name: &str, format: &str) -> String {
        let mut export = self.tenant.home.anywhere();
        export.arg("--vault").arg(&self.vault).arg("--key-file").arg(self.vault.with_file_name("key"));
        let run = Run::of(export.args(["export", name, "--format", format]).output().unwrap()).is(0);
        assert_eq!(run.err, "", "nothing stands in the way");
        assert!(self.tenant.secrets().iter().all(|secret| !run.out.contains(secret)), "{}", run.out);
        self.at_loopback(&run.out)
    }

    fn at_loopback(&self, snippet: &str) -> String {
        let (imap, smtp) = (self.imap.port.number, self.smtp.port.number);
        snippet
            .replace(&format!("{IMAP_HOST}:993"), &format!("localhost:{imap}"))
            .replace(&format!("{SMTP_HOST}:587"), &format!("localhost:{smtp}"))
            .replace(&format!("Host {IMAP_HOST}\nPort 993"), &format!("Host localhost\nPort {imap}"))
            .replace(&format!("host {SMTP_HOST}\nport 587"), &format!("host localhost\nport {smtp}"))
    }

    /// A file for its owner alone.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.tenant.home.write(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// The certificate that the servers are trusted by.
    pub fn ca(&self) -> PathBuf {
        self.tenant.home.path("ca.pem")
    }

    pub fn command(&self, program: &str) -> Command {
        program::command(program, &self.tenant.home.path(""))
    }

    pub fn run(&self, command: Command, stdin: &str) -> Ended {
        self.runtime.block_on(program::run(command, stdin))
    }

    /// Runs commands side by side.
    pub fn run_together(&self, commands: Vec<Command>) -> Vec<Ended> {
        self.runtime.block_on(async {
            let running: Vec<_> =
                commands.into_iter().map(|command| tokio::spawn(program::run(command, ""))).collect();
            let mut ended = Vec::new();
            for one in running {
                ended.push(one.await.unwrap());
            }
            ended
        })
    }

    /// The token of a connection.
    pub fn token(&self, name: &str) -> String {
        self.tenant.home.run(&["token", name]).is(0).out.trim_end().to_owned()
    }

    /// Lets the token of a connection be over, for us and for the servers; tells it.
    pub fn expire(&self, name: &str) -> String {
        let token = self.token(name);
        let sources =
            Sources { key_file: Some(self.tenant.home.key()), keyring: Keyring::Left, ..Sources::default() };
        let Unlocked::Open(vault, _) = unlock(&self.vault, &sources).unwrap() else { unreachable!() };
        let id = vault.connection(&ConnectionName::parse(name).unwrap()).unwrap().id;
        let mut locked = vault.lock_connection(&id, Duration::ZERO).unwrap();
        let mut connection = locked.read().unwrap();
        let tokens = connection.tokens.as_mut().unwrap();
        tokens.access = tokens.access.map(|grant| {
            let mut grant = grant.clone();
            grant.lifetime.starts_at -= TimeDelta::hours(2);
            grant.lifetime.expires_at -= TimeDelta::hours(2);
            grant
        });
        locked.save(&mut connection).unwrap();
        self.imap.gate.revoke(&token);
        self.smtp.gate.revoke(&token);
        token
    }
}

/// Who was let in, with which tokens.
pub fn admitted(gate: &Gate) -> Vec<(String, String)> {
    let admitted = gate.knocks().into_iter().map(|knock| match knock {
        Knock::Admitted { user, token } => (user, token),
        Knock::Refused(fault) => panic!("somebody was refused: {fault:?}"),
    });
    admitted.collect()
}
