//! What only a terminal has: questions, hidden answers, pastes longer than a line of the terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};
use tokengauge::simulator::browser::Answer;

use super::home::{Home, binary};
use super::tenant::{NAME, Tenant};

/// A run of the binary on a terminal of its own.
pub struct Session {
    child: Box<dyn Child + Send + Sync>,
    reader: Box<dyn Read + Send>,
    writer: Box<dyn Write + Send>,
    /// All that was shown.
    seen: String,
    /// How much of it the test has looked at.
    looked_at: usize,
    /// Kept open: its end would hang the terminal up.
    master: Box<dyn MasterPty + Send>,
}

impl Session {
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        Self::start_with(home, arguments, &[])
    }

    /// With more in its environment.
    pub fn start_with(home: &Home, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 })
            .unwrap();
        let mut command = CommandBuilder::new(binary());
        command.env_clear();
        command.env("HOME", home.path(""));
        environment.iter().for_each(|(name, value)| command.env(name, value));
        command.arg("--vault");
        command.arg(home.vault());
        if Path::new(&home.key()).exists() {
            command.arg("--key-file");
            command.arg(home.key());
        }
        command.args(arguments);
        let child = pair.slave.spawn_command(command).unwrap();
        let (reader, writer) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        Self { child, reader, writer, seen: String::new(), looked_at: 0, master: pair.master }
    }

    /// The terminal itself.
    fn terminal(&self) -> File {
        File::options().read(true).write(true).open(self.master.tty_name().unwrap()).unwrap()
    }

    /// Reads on until the text has come.
    pub fn until(&mut self, text: &str) -> &mut Self {
        let mut chunk = [0; 4096];
        while !self.seen[self.looked_at..].contains(text) {
            let count = self.reader.read(&mut chunk).unwrap_or(0);
            assert!(count > 0, "ended before {text:?}: {}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&chunk[..count]));
        }
        self.looked_at += self.seen[self.looked_at..].find(text).unwrap() + text.len();
        self
    }

    /// The word that came after a text that has been seen.
    pub fn after(&self, text: &str) -> String {
        let (_, after) = self.seen.split_once(text).unwrap();
        after.split_whitespace().next().unwrap().to_owned()
    }

    pub fn type_in(&mut self, text: &str) -> &mut Self {
        self.writer.write_all(text.as_bytes()).unwrap();
        self.writer.flush().unwrap();
        self
    }

    /// Reads on until the screen of a dashboard shows the text; what is on it.
    pub fn until_screen(&mut self, text: &str) -> String {
        self.until_screen_of(&[text])
    }

    /// The same, with one text of several.
    pub fn until_screen_of(&mut self, texts: &[&str]) -> String {
        let mut chunk = [0; 4096];
        loop {
            let mut parser = vt100::Parser::new(24, 80, 0);
            parser.process(self.seen.as_bytes());
            let screen = parser.screen().contents();
            if texts.iter().any(|text| screen.contains(text)) {
                return screen;
            }
            let count = self.reader.read(&mut chunk).unwrap_or(0);
            assert!(count > 0, "ended before {texts:?}: {screen}");
            self.seen.push_str(&String::from_utf8_lossy(&chunk[..count]));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    pub fn ends(mut self) -> (u32, String) {
        let mut rest = Vec::new();
        let _ = self.reader.read_to_end(&mut rest);
        self.seen.push_str(&String::from_utf8_lossy(&rest));
        let code = self.child.wait().unwrap().exit_code();
        drop(self.master);
        (code, self.seen)
    }
}

#[test]
fn a_paste_of_sixty_thousand_bytes_is_taken_whole() {
    let tenant = Tenant::new();
    let address = tenant.browse(&tenant.begin(), Answer::Accept);
    let long = format!("{address}&session_state={}\r", "x".repeat(60_000 - address.len()));
    let mut session = Session::start(&tenant.home, &["authorize", NAME]);
    session.until("Paste the address here").type_in(&long);
    let (code, said) = session.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("signed in as ops@contoso.example") && !said.contains("?code="), "{said}");
}

#[test]
fn a_wrong_paste_is_refused_and_asked_for_again() {
    let tenant = Tenant::new();
    let address = tenant.browse(&tenant.begin(), Answer::Accept);
    let mut session = Session::start(&tenant.home, &["authorize", NAME]);
    session.until("Paste the address here").type_in("nonsense from the clipboard\r");
    session.until("4 of 5 tries left").until("Paste the address here");
    session.type_in(&format!("\u{1b}[200~{address}\u{1b}[201~\r"));
    assert_eq!(session.ends().0, 0);
}

#[test]
fn control_c_leaves_with_130_and_keeps_the_sign_in() {
    let tenant = Tenant::new();
    let begun = tenant.begin();
    let mut session = Session::start(&tenant.home, &["authorize", NAME]);
    session.until("Paste the address here").type_in("\u{3}");
    assert_eq!(session.ends().0, 130);
    assert_eq!(tenant.begin(), begun);
}

#[test]
fn being_told_to_end_puts_the_terminal_back() {
    let tenant = Tenant::new();
    let mut session = Session::start(&tenant.home, &["authorize", NAME]);
    let tty = session.terminal();
    let before = modes(&tty);
    session.until("Paste the address here");
    assert!(!modes(&tty).contains(LocalModes::ICANON));
    let pid = i32::try_from(session.child.process_id().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    assert_eq!(session.child.wait().unwrap().exit_code(), 143);
    assert_eq!(modes(&tty), before);
}

#[test]
fn while_something_listens_the_address_may_be_pasted_too() {
    let tenant = Tenant::unused("");
    tenant.add(NAME, &["--redirect-uri", "http://localhost/"]).is(0);
    let mut session = Session::start(&tenant.home, &["authorize", NAME, "--loopback"]);
    session.until("Waiting for the browser").type_in("nonsense from the clipboard\r");
    session.until("4 of 5 tries left").until("Waiting for the browser");
    let address = tenant.browse(&tenant.begin(), Answer::Accept);
    session.type_in(&format!("\u{1b}[200~{address}\u{1b}[201~\r"));
    let (code, said) = session.ends();
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_browser_that_comes_while_the_prompt_waits_puts_the_terminal_back() {
    let tenant = Tenant::unused("");
    tenant.add(NAME, &["--redirect-uri", "http://localhost/"]).is(0);
    let mut session = Session::start(&tenant.home, &["authorize", NAME, "--loopback"]);
    let tty = session.terminal();
    let before = modes(&tty);
    session.until("Waiting for the browser");
    let address = tenant.browse(&tenant.begin(), Answer::Accept);
    assert_eq!(super::visit::get(&address).status, 200);
    session.until("signed in as ops@contoso.example");
    assert_eq!(session.child.wait().unwrap().exit_code(), 0);
    assert_eq!(modes(&tty), before);
}

#[test]
fn a_dashboard_that_is_told_to_end_frees_its_port_at_once() {
    for signal in [Signal::TERM, Signal::HUP] {
        let tenant = Tenant::unused("");
        tenant.add(NAME, &["--redirect-uri", "http://localhost/"]).is(0);
        let mut session = Session::start(&tenant.home, &[]);
        session.until_screen("sign in");
        session.type_in("a").until_screen("Paste it here");
        let screen = session.type_in("T").until_screen("/go/");
        let after = screen.split("http://localhost:").nth(1).unwrap();
        let port: u16 = after.split('/').next().unwrap().parse().unwrap();
        let begun = Instant::now();
        session.signal(signal);
        while TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(1), "the port is still taken");
        }
        assert_eq!(session.child.wait().unwrap().exit_code(), 143);
    }
}

fn modes(tty: &File) -> LocalModes {
    tcgetattr(tty).unwrap().local_modes
}

#[test]
fn removing_asks_for_the_name() {
    let tenant = Tenant::new();
    let mut session = Session::start(&tenant.home, &["remove", NAME]);
    session.until("Type its name").type_in("another\r");
    assert_eq!(session.ends().0, 10);
    let mut session = Session::start(&tenant.home, &["remove", NAME]);
    session.until("Type its name").type_in("contoso\r");
    assert_eq!(session.ends().0, 0);
}

#[test]
fn a_new_passphrase_is_asked_for_twice_and_not_shown() {
    let home = Home::empty();
    let mut session = Session::start(&home, &["vault", "init"]);
    for _ in 0..3 {
        session.until("New passphrase").type_in("correct horse\r");
        session.until("The same again").type_in("another horse\r");
        session.until("differ");
    }
    let (code, said) = session.ends();
    assert_eq!(code, 2);
    assert!(!said.contains("horse"), "{said}");
    assert!(!home.vault().exists());
}

#[test]
fn a_passphrase_that_is_too_short_is_asked_for_again() {
    let home = Home::empty();
    let mut session = Session::start(&home, &["vault", "init"]);
    session.until("New passphrase").type_in("short\r").until("too short");
    session.until("New passphrase").type_in("correct horse battery\r");
    session.until("The same again").type_in("correct horse battery\r");
    let (code, said) = session.ends();
    assert!(code == 0 && said.contains("made a vault") && !said.contains("horse"), "{said}");
}

#[test]
fn the_passphrase_is_changed_after_the_old_one_was_typed() {
    let home = Home::empty();
    let mut session = Session::start(&home, &["vault", "init"]);
    session.until("New passphrase").type_in("correct horse battery\r");
    session.until("The same again").type_in("correct horse battery\r");
    assert_eq!(session.ends().0, 0);
    let mut session = Session::start(&home, &["vault", "passphrase"]);
    session.until("Passphrase of the vault").type_in("another\r").until("does not open");
    session.until("Passphrase of the vault").type_in("correct horse battery\r");
    session.until("New passphrase").type_in("staple of another kind\r");
    session.until("The same again").type_in("staple of another kind\r");
    let (code, said) = session.ends();
    assert!(code == 0 && said.contains("passphrase is changed"), "{said}");
    let mut session = Session::start(&home, &["list"]);
    session.until("Passphrase of the vault").type_in("staple of another kind\r");
    assert_eq!(session.ends().0, 0);
}

#[test]
fn sixty_thousand_bytes_are_pasted_into_a_hidden_answer() {
    let home = Home::empty();
    let long = "correct horse ".repeat(60_000 / 14 + 1)[..60_000].to_owned();
    let pasted = format!("\u{1b}[200~{long}\u{1b}[201~\r");
    let mut session = Session::start(&home, &["vault", "init"]);
    session.until("New passphrase").type_in(&pasted);
    // Unmarked, as a terminal without bracketed paste sends it.
    session.until("The same again").type_in(&format!("{long}\r"));
    let (code, said) = session.ends();
    assert!(code == 0 && !said.contains("horse"), "{said}");
    let file = home.write("passphrase", &format!("{long}\n"));
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut command = home.command();
    command.env("TOKENGAUGE_PASSPHRASE_FILE", file).args(["vault", "status"]);
    assert!(command.output().unwrap().status.success());
}
