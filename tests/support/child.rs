//! Tests that need a process of their own: the test binary starts itself, with one ignored test to run.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncBufReadExt;
use tokio::process::{Child, Command};

/// Tells a child where the desk is.
const HOME: &str = "TOKENGAUGE_TEST_HOME";

/// A command that runs `test` in a shell after `preparation` (limits, variables).
pub fn command(test: &str, home: &Path, preparation: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!(r#"{preparation} exec "$0" "$@""#)).arg(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]).env(HOME, home);
    command.kill_on_drop(true);
    command
}

/// Runs `test` and expects it to pass.
pub async fn run(test: &str, home: &Path, preparation: &str) {
    passes(command(test, home, preparation)).await;
}

/// A preparation that leaves the child without any network.
pub const CUT_OFF: &str =
    r#"unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY; exec unshare --map-root-user --net "$0" "$@";"#;

/// True if [`CUT_OFF`] works here.
pub async fn can_cut_off_the_network() -> bool {
    let tried = Command::new("unshare").args(["--map-root-user", "--net", "true"]).output().await;
    tried.is_ok_and(|output| output.status.success())
}

/// Waits for a command of a test, and expects it to pass.
pub async fn passes(mut command: Command) {
    let output = command.output().await.unwrap();
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    // A test that was renamed would be none, and nothing would go wrong.
    assert!(output.status.success() && told.contains("running 1 test\n"), "{told}");
}

/// Starts `test` and waits until it has printed `ready`.
pub async fn start(test: &str, home: &Path) -> Child {
    let mut child = command(test, home, "").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = tokio::io::BufReader::new(child.stdout.take().unwrap()).lines();
    while !lines.next_line().await.unwrap().expect("the child says that it is ready").contains("ready") {}
    // What it prints from now on must not meet a closed pipe.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    child
}

/// Where the desk of the parent is; `None` where somebody runs ignored tests by hand.
pub fn home() -> Option<PathBuf> {
    std::env::var_os(HOME).map(Into::into)
}
