//! Warnings at a terminal: the line on the screen, the bell, the desktop, the title; and nothing twice.

use std::fs;
use std::time::Duration;

use chrono::TimeDelta;
use portable_pty::CommandBuilder;
use tempfile::TempDir;
use tokengauge::app::{CredentialEdit, NewConnection};
use tokengauge::domain::secret::ClientSecret;
use tokengauge::domain::{Authority, ConnectionName};
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::records;
use tokengauge::runtime::services::Services;
use tokengauge::vault::{Protection, Vault, WorkFactor};

use super::pty::Terminal;
use crate::settings::settings;

/// A vault with one connection, whose secret ends in five days.
struct Near {
    home: TempDir,
}

impl Near {
    fn new(table: &str) -> Self {
        let home = TempDir::new().unwrap();
        let protection = Protection::NewKeyFile(home.path().join("key"));
        let vault = Vault::init(&home.path().join("vault"), &protection, WorkFactor::FOR_TESTS).unwrap();
        let services = Services::new(vault, Clock::system());
        let ends_on = (services.clock.now() + TimeDelta::days(6)).date_naive();
        records::create(&services, &connection(ends_on)).unwrap();
        fs::write(home.path().join("config.toml"), format!("[warnings]\n{table}\n")).unwrap();
        Self { home }
    }

    fn open(&self, tmux: Option<&str>) -> Terminal {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tokengauge"));
        for (option, name) in [("--vault", "vault"), ("--key-file", "key"), ("--config", "config.toml")] {
            command.arg(option);
            command.arg(self.home.path().join(name));
        }
        command.args(["--theme", "dark"]);
        command.env_clear();
        command.env("HOME", self.home.path());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        tmux.iter().for_each(|value| command.env("TMUX", value));
        let mut terminal = Terminal::start(command, (80, 24));
        terminal.until("the line of warnings", |screen| screen.contains("the client secret ends in 5 days"));
        terminal
    }
}

fn connection(ends_on: chrono::NaiveDate) -> NewConnection {
    NewConnection {
        name: ConnectionName::parse("contoso").unwrap(),
        settings: settings(Authority::custom("http://127.0.0.1:9", None).unwrap()),
        credential: CredentialEdit::Secret { value: ClientSecret::new("a~secret"), ends_on: Some(ends_on) },
    }
}

const NOTIFICATION: &str = "]9;tokengauge: contoso: the client secret ends in 5 days";

fn written(terminal: &Terminal) -> String {
    String::from_utf8_lossy(&terminal.written).into_owned()
}

/// Reads on until this was written.
fn until_written(terminal: &mut Terminal, text: &str) {
    for _ in 0..300 {
        if written(terminal).contains(text) {
            return;
        }
        terminal.bytes_within(Duration::from_millis(100));
    }
    panic!("{text:?} in {:?}", written(terminal));
}

/// Every title that the terminal was given, by whichever sequence.
fn titles(terminal: &Terminal) -> Vec<String> {
    let written = written(terminal);
    let parts = written.split('\u{1b}').filter_map(|part| {
        let title = ["]0;", "]1;", "]2;"].iter().find_map(|begin| part.strip_prefix(begin))?;
        title.split('\u{7}').next()
    });
    parts.map(str::to_owned).collect()
}

fn leave(terminal: &mut Terminal) {
    terminal.keys("q");
    assert!(terminal.ended().success());
    assert_eq!(terminal.not_restored(), [""; 0]);
}

#[test]
fn a_warning_rings_once_in_all_and_the_title_is_given_back() {
    let near = Near::new("");
    let mut first = near.open(None);
    until_written(&mut first, &format!("\u{1b}{NOTIFICATION}"));
    until_written(&mut first, "\u{7}\u{7}");
    until_written(&mut first, "\u{1b}]2;× 1 needs you · tokengauge\u{7}");
    assert_eq!(written(&first).matches("\u{1b}[22;2t").count(), 1, "the title of before is put aside once");
    assert_eq!(first.bytes_within(Duration::from_secs(2)), 0, "nothing changes:\n{}", first.screen());
    let mut second = near.open(None);
    second.bytes_within(Duration::from_secs(2));
    assert!(!written(&second).contains("]9;"), "another terminal has told it");
    first.keys("L");
    first.until("the vault is locked", |screen| !screen.contains("contoso"));
    first.bytes_within(Duration::from_millis(500));
    leave(&mut second);
    // The locked screen has no other way out.
    first.keys("\u{3}");
    first.ended();
    assert_eq!(first.not_restored(), [""; 0]);
    for terminal in [&first, &second] {
        assert!(written(terminal).contains("\u{1b}[23;2t"));
        let titles = titles(terminal);
        assert!(!titles.is_empty() && !titles.iter().any(|own| own.contains("contoso")), "{titles:?}");
    }
}

#[test]
fn tmux_hands_the_notification_on() {
    let near = Near::new("bell = false\ntitle = false");
    let mut terminal = near.open(Some("/run/tmux/default,1,0"));
    until_written(&mut terminal, &format!("\u{1b}Ptmux;\u{1b}\u{1b}{NOTIFICATION}"));
    leave(&mut terminal);
    assert!(!written(&terminal).contains("]2;") && !written(&terminal).contains("[22;2t"));
}

#[test]
fn what_is_switched_off_writes_nothing() {
    let near = Near::new("bell = false\ntitle = false\ndesktop = \"off\"");
    let mut terminal = near.open(None);
    terminal.bytes_within(Duration::from_secs(2));
    assert!(!written(&terminal).contains('\u{7}'));
    terminal.keys("\u{1b}");
    terminal.until("the line is put away", |screen| !screen.contains("the client secret ends in 5 days, on"));
    leave(&mut terminal);
}
