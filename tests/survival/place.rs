//! A home with a vault that a key file opens, and the real program in it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;
use tokengauge::domain::{Connection, ConnectionName};
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};
use tokengauge::vault::{Listing, Vault};

use crate::authority::Authority;

pub const NAME: &str = "contoso";
pub const CLIENT_ID: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
/// Of a registration that the vault does not know at first.
pub const OTHER_CLIENT_ID: &str = "9b6c1f0e-2c57-4a8f-9e0d-6f1c2b3a4d5e";
const SECRET: &str = "a~client-secret.of.the.survival.tests.001";

/// The program: the one built with these tests, or another build of it, such as the packaged one.
pub fn binary() -> PathBuf {
    let built = || PathBuf::from(env!("CARGO_BIN_EXE_tokengauge"));
    std::env::var_os("TOKENGAUGE_SURVIVAL_PROGRAM").map_or_else(built, PathBuf::from)
}

/// A directory that goes with the test.
pub struct Place {
    directory: TempDir,
}

impl Place {
    /// Without a vault.
    pub fn empty() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    /// With an empty vault.
    pub fn new() -> Self {
        let place = Self::empty();
        let key = place.key();
        place.run(&["vault", "init", "--new-key-file", key.to_str().unwrap()]).is(0);
        place
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
        copy_tree(self.directory.path(), copy.directory.path());
        copy
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn vault(&self) -> PathBuf {
        self.path("vault")
    }

    pub fn key(&self) -> PathBuf {
        self.path("key")
    }

    /// The sealed record of a connection.
    pub fn record(&self, name: &str) -> PathBuf {
        self.vault().join("connections").join(format!("{name}.age"))
    }

    /// Arguments of every command here.
    pub fn globals(&self) -> [PathBuf; 4] {
        ["--vault".into(), self.vault(), "--key-file".into(), self.key()]
    }

    /// The program in an environment that holds only its home.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.under(&[], arguments)
    }

    /// The program, started by another one.
    pub fn under(&self, starter: &[&str], arguments: &[&str]) -> Command {
        let mut command = match starter {
            [] => Command::new(binary()),
            [program, own @ ..] => {
                let mut command = Command::new(program);
                command.args(own).arg(binary());
                command
            }
        };
        command.env_clear().env("HOME", self.directory.path()).current_dir(self.directory.path());
        command.args(self.globals()).args(arguments).stdin(Stdio::null());
        command
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    /// With another key than the vault's own.
    pub fn run_with_key(&self, key: &Path, arguments: &[&str]) -> Run {
        let mut command = Command::new(binary());
        command.env_clear().env("HOME", self.directory.path()).stdin(Stdio::null());
        command.arg("--vault").arg(self.vault()).arg("--key-file").arg(key).args(arguments);
        Run::of(command.output().unwrap())
    }

    pub fn run_with(&self, arguments: &[&str], stdin: &str) -> Run {
        let mut command = self.command(arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        Run::of(child.wait_with_output().unwrap())
    }

    pub fn add(&self, name: &str, authority: &Authority) {
        let url = authority.url();
        let arguments = ["add", name, "--client-id", CLIENT_ID, "--authority-url", &url, "--secret-stdin"];
        self.run_with(&arguments, SECRET).is(0);
    }

    /// Signs in; the authority knows this sign-in by `code`.
    pub fn sign_in(&self, name: &str, code: &str) {
        let address = self.run(&["authorize", name, "--print-url"]).is(0).out;
        let address = url::Url::parse(address.trim_end()).unwrap();
        let state = address.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let landing = format!("http://localhost:8400/?code={code}&state={state}");
        self.run_with(&["redeem", name], &landing).is(0);
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

    /// A file for its owner alone.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
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

pub fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&target).unwrap();
            fs::set_permissions(&target, fs::metadata(&path).unwrap().permissions()).unwrap();
            copy_tree(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    /// Nothing if a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// With this exit code, or the test fails and shows why.
    #[track_caller]
    pub fn is(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// An error in two lines on stderr: what happened, what to do.
    #[track_caller]
    pub fn tells_in_two_lines(&self) {
        let lines: Vec<&str> = self.err.lines().collect();
        let at = lines.iter().position(|line| line.starts_with("error: "));
        let advice = at.and_then(|at| lines.get(at + 1)).is_some_and(|line| !line.is_empty());
        assert!(advice, "no error in two lines: {self:?}");
    }
}
