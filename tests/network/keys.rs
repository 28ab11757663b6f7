//! Keys answer while the network hangs.

use std::net::TcpListener;

use chrono::TimeDelta;
use portable_pty::CommandBuilder;
use tokengauge::domain::{Authority, Certainty, Lifetime};

use crate::desk::{Desk, signed_in};
use crate::pty::Terminal;

/// The dashboard on the vault of a desk.
fn dashboard(desk: &Desk) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tokengauge"));
    command.env_clear();
    command.env("HOME", desk.home.path());
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.arg("--vault");
    command.arg(desk.vault_dir());
    command.arg("--key-file");
    command.arg(desk.home.path().join("key"));
    Terminal::start(command, (100, 30))
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_answer_while_a_renewal_hangs() {
    let (_platform, desk) = signed_in("").await;
    // Accepts every connection, as far as the system does it, and says nothing.
    let black_hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = Authority::custom(&format!("http://{}", black_hole.local_addr().unwrap()), None).unwrap();
    desk.change(|connection| {
        connection.settings.authority = authority;
        let access = &mut connection.tokens.as_mut().unwrap().access;
        let begun = access.primary_mut().lifetime.starts_at - TimeDelta::hours(2);
        access.primary_mut().lifetime = Lifetime::from_seconds(begun, 3600, Certainty::Known);
    });
    let mut terminal = dashboard(&desk);
    terminal.until("the list", |screen| screen.contains("contoso"));
    // The renewal is due, so it begins by itself; the connection that it made waits in vain.
    let (_hanging, _) = black_hole.accept().unwrap();
    for (key, wanted) in [("2", "Mail.Send"), ("3", "Client ID"), ("?", "half a page"), ("q", "Client ID")] {
        terminal.keys(key);
        terminal.until(wanted, |screen| screen.contains(wanted));
    }
    terminal.keys("q");
    terminal.until("the shell", |screen| screen.contains("Finishing what is under way"));
    // A signal ends the waiting.
    terminal.signal(rustix::process::Signal::TERM);
    terminal.ended();
    assert_eq!(terminal.not_restored(), [""; 0]);
}
