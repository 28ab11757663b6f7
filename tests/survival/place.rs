//! A home with a connection in its vault, and what is left of that.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use tokengauge::domain::{Connection, ConnectionName};
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};
use tokengauge::vault::{Listing, Vault};

use crate::authority::Authority;
use crate::home::{Home, Run};
use crate::tree;

pub const NAME: &str = "contoso";
pub const CLIENT_ID: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
/// Of a registration that the vault does not know at first.
pub const OTHER_CLIENT_ID: &str = "9b6c1f0e-2c57-4a8f-9e0d-6f1c2b3a4d5e";
const SECRET: &str = "a~client-secret.of.the.survival.tests.001";

/// A home whose vault is tried.
pub struct Place {
    home: Home,
}

impl Deref for Place {
    type Target = Home;

    fn deref(&self) -> &Home {
        &self.home
    }
}

impl Place {
    /// Without a vault.
    pub fn empty() -> Self {
        Self { home: Home::empty() }
    }

    /// With an empty vault.
    pub fn new() -> Self {
        Self { home: Home::new() }
    }

    /// With a connection that is signed in.
    pub fn signed_in(authority: &Authority) -> Self {
        let place = Self::new();
        place.add(NAME, authority);
        place.sign_in(NAME, NAME);
        place
    }

    /// The same once more: whatever is done to one does not reach the other.
    pub fn copy(&self) -> Self {
        let copy = Self::empty();
        tree::copy(&self.path(""), &copy.path(""));
        copy
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        self.program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// With another key than the vault's own.
    pub fn run_with_key(&self, key: &Path, arguments: &[&str]) -> Run {
        Run::of(self.process().arg("--key-file").arg(key).args(arguments).output().unwrap())
    }

    pub fn add(&self, name: &str, authority: &Authority) {
        let url = authority.url();
        let arguments = ["add", name, "--client-id", CLIENT_ID, "--authority-url", &url, "--secret-stdin"];
        self.with_stdin(&arguments, SECRET).is(0);
    }

    /// Signs in; the authority knows this sign-in by `code`.
    pub fn sign_in(&self, name: &str, code: &str) {
        let address = self.run(&["authorize", name, "--print-url"]).is(0).out;
        let address = url::Url::parse(address.trim_end()).unwrap();
        let state = address.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let landing = format!("http://localhost:8400/?code={code}&state={state}");
        self.with_stdin(&["redeem", name], landing).is(0);
    }

    /// What is in the vault, as the program's own library reads it.
    pub fn opened(&self) -> Vault {
        let sources = Sources { key_file: Some(self.key()), keyring: Keyring::Left, ..Sources::default() };
        match unlock(&self.vault(), &sources).unwrap() {
            Unlocked::Open(vault, _) => vault,
            Unlocked::NeedsPassphrase => unreachable!("the key file opens it"),
        }
    }

    /// Every record; none is damaged.
    #[track_caller]
    pub fn listing(&self) -> Listing {
        let listing = self.opened().listing().unwrap();
        assert_eq!(listing.damaged, []);
        listing
    }

    pub fn connection(&self, name: &str) -> Connection {
        self.opened().connection(&ConnectionName::parse(name).unwrap()).unwrap()
    }

    /// Temporary files that a killed process has left in the vault.
    pub fn left_over(&self) -> Vec<PathBuf> {
        let vault = self.vault();
        let directories = [vault.clone(), vault.join("connections"), vault.join("apps")];
        let entries = directories.iter().filter_map(|directory| fs::read_dir(directory).ok()).flatten();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "tmp")).collect()
    }
}
