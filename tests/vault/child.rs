//! Tests that need a process of their own: the test binary starts itself, with one ignored test to run.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};

use crate::sample::Sample;

/// Tells a child where the sample is.
const HOME: &str = "TOKENGAUGE_TEST_HOME";

/// Runs `test` in a shell after `preparation` (limits, umask), and expects it to pass.
pub fn run(test: &str, sample: &Sample, preparation: &str) {
    let output = command(test, sample.home.path(), preparation).output().unwrap();
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    // A test that was renamed would be none, and nothing would go wrong.
    assert!(output.status.success() && told.contains("running 1 test\n"), "{told}");
}

/// Starts `test`, which talks by its standard input and output.
pub fn start(test: &str, sample: &Sample) -> Child {
    let mut command = command(test, sample.home.path(), "");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Runs `test` under another program, such as a tracer, in a directory with a vault and its key; false if it did not pass.
pub fn run_under(program: &[&str], test: &str, home: &Path) -> bool {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]).env(HOME, home);
    let output = command.output().unwrap();
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("running 1 test\n")
}

fn command(test: &str, home: &Path, preparation: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!(r#"{preparation} exec "$0" "$@""#)).arg(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]).env(HOME, home);
    command
}

/// The sample of the parent, opened again; `None` where somebody runs ignored tests by hand.
pub fn sample() -> Option<ParentSample> {
    let home = std::env::var_os(HOME)?;
    let home = Path::new(&home).to_owned();
    let sources = Sources { key_file: Some(home.join("key")), keyring: Keyring::Left, ..Sources::default() };
    match unlock(&home.join("vault"), &sources).unwrap() {
        Unlocked::Open(vault, _) => Some(ParentSample { vault }),
        Unlocked::NeedsPassphrase => None,
    }
}

/// What a child sees of the parent's sample.
pub struct ParentSample {
    pub vault: tokengauge::vault::Vault,
}

/// Where a child makes things of its own.
pub fn home() -> Option<std::path::PathBuf> {
    std::env::var_os(HOME).map(Into::into)
}
