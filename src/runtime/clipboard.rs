//! The clipboard of the person's own terminal: through tmux where there is one, else by OSC 52.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time;

use crate::domain::secret::{RevealedValue, Secret};

/// How a text reaches the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clipboard {
    /// A sequence that the terminal takes (OSC 52). It passes through ssh; nothing tells whether it arrived.
    Terminal,
    /// tmux takes it and hands it on to its own terminal.
    Tmux,
}

/// The tmux buffer that is used for a moment and then deleted, so that no secret stays in tmux.
const BUFFER: &str = "tokengauge";

/// How long tmux may take for one command; it answers in milliseconds, or its server hangs.
const PATIENCE: Duration = Duration::from_secs(2);

impl Clipboard {
    /// By what tmux sets in the environment of its panes.
    pub fn detect(tmux: Option<&str>) -> Self {
        if tmux.is_some_and(|value| !value.is_empty()) { Self::Tmux } else { Self::Terminal }
    }
}

/// The sequence that puts a text on the clipboard of the terminal.
pub fn osc52(text: &RevealedValue) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    format!("\u{1b}]52;c;{}\u{7}", STANDARD.encode(text.expose()))
}

/// Hands a text to tmux and deletes the buffer afterwards; false if tmux did not take it in time.
pub async fn send_by_tmux(text: &RevealedValue) -> bool {
    send_by(|| Command::new("tmux"), text).await
}

async fn send_by(tmux: impl Fn() -> Command, text: &RevealedValue) -> bool {
    let loaded = run(tmux(), &["load-buffer", "-w", "-b", BUFFER, "-"], text.expose()).await;
    // Deleted in any case, also after a load that seemed to fail: a secret must not stay in `tmux list-buffers`.
    run(tmux(), &["delete-buffer", "-b", BUFFER], "").await;
    loaded
}

/// One command of tmux with this input; one that takes too long is killed and counts as failed.
async fn run(mut tmux: Command, arguments: &[&str], input: &str) -> bool {
    let child = tmux
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let Ok(child) = child else { return false };
    time::timeout(PATIENCE, feed(child, input)).await.unwrap_or(false)
}

async fn feed(mut child: Child, input: &str) -> bool {
    if let Some(mut stdin) = child.stdin.take()
        && stdin.write_all(input.as_bytes()).await.is_err()
    {
        return false;
    }
    child.wait().await.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stands for tmux: `load-buffer` is done as the script says, and what was asked for is noted.
    async fn sent(load: &str) -> (bool, String) {
        let directory = tempfile::tempdir().unwrap();
        let notes = directory.path().join("notes");
        let script = format!(r#"echo "$1" >> "$NOTES"; case $1 in load-buffer) {load};; esac"#);
        let tmux = || {
            let mut command = Command::new("sh");
            command.args(["-c", &script, "tmux"]).env("NOTES", &notes);
            command
        };
        let taken = send_by(tmux, &RevealedValue::new("TGSECRET")).await;
        (taken, std::fs::read_to_string(notes).unwrap())
    }

    const BOTH: &str = "load-buffer\ndelete-buffer\n";

    #[tokio::test]
    async fn the_buffer_is_deleted_after_it_was_taken() {
        assert_eq!(sent("cat > /dev/null").await, (true, BOTH.to_owned()));
        assert_eq!(sent("exit 1").await, (false, BOTH.to_owned()));
    }

    #[tokio::test]
    async fn a_tmux_that_hangs_is_given_up_and_the_buffer_still_deleted() {
        assert_eq!(sent("exec sleep 600").await, (false, BOTH.to_owned()));
    }
}
