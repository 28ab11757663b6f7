//! The clipboard of the person's own terminal: through tmux where there is one, else by OSC 52.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

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

/// Hands a text to tmux and deletes the buffer afterwards; false if tmux did not take it.
pub async fn send_by_tmux(text: &RevealedValue) -> bool {
    let loaded = tmux(&["load-buffer", "-w", "-b", BUFFER, "-"], text.expose()).await;
    // Deleted in any case: a secret must not stay in `tmux list-buffers`.
    tmux(&["delete-buffer", "-b", BUFFER], "").await;
    loaded
}

async fn tmux(arguments: &[&str], input: &str) -> bool {
    let child = Command::new("tmux")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let Ok(mut child) = child else { return false };
    if let Some(mut stdin) = child.stdin.take() {
        let written = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        if written.is_err() {
            return false;
        }
    }
    child.wait().await.is_ok_and(|status| status.success())
}
