//! `authorize` where something listens: whole sign-ins in every response mode, and how the waiting ends.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, ChildStderr, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokengauge::app::Edit;
use tokengauge::domain::{Capture, ConnectionName, WayIn};
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::records;
use tokengauge::runtime::services::Services;
use tokengauge::simulator::browser::Answer;
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};

use super::home::Home;
use super::tenant::{NAME, Tenant};
use super::visit;

/// A connection whose redirect URI names no port, so that tests take none from one another.
fn tenant(more: &[&str]) -> Tenant {
    let tenant = Tenant::unused("");
    let options = [&["--redirect-uri", "http://localhost/"], more].concat();
    tenant.add(NAME, &options).is(0);
    tenant
}

/// `authorize` with these options, without a terminal, waiting.
struct Waiting {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStderr>>,
}

impl Waiting {
    fn start(home: &Home, options: &[&str]) -> Self {
        let mut command = home.under(&["setsid", "--wait"], &["authorize", NAME]);
        command.args(options).env("USER", "ops");
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that holds this.
    fn line_with(&mut self, text: &str) -> String {
        let found = self.lines.find(|line| line.as_ref().is_ok_and(|line| line.contains(text)));
        found.unwrap_or_else(|| panic!("nothing with {text}")).unwrap().trim().to_owned()
    }

    /// The exit code, and what was said until then.
    fn end(mut self) -> (Option<i32>, String) {
        let said = self.lines.by_ref().map_while(Result::ok).collect::<Vec<_>>().join("\n");
        (self.child.wait().unwrap().code(), said)
    }
}

#[test]
fn a_browser_here_signs_in_in_every_response_mode() {
    for mode in ["query", "fragment", "form_post"] {
        let tenant = tenant(&["--response-mode", mode]);
        let mut waiting = Waiting::start(&tenant.home, &["--loopback"]);
        let address = waiting.line_with("/oauth2/v2.0/authorize?");
        waiting.line_with("by itself");
        let landing = tenant.land(&address, Answer::Accept);
        assert_eq!(visit::land(&landing).status, 200);
        let (code, said) = waiting.end();
        assert_eq!(code, Some(0), "{mode}: {said}");
        assert!(said.contains("signed in as ops@contoso.example"), "{mode}: {said}");
        assert_eq!(tenant.requests(), 1);
    }
}

#[test]
fn a_browser_at_the_other_end_of_a_tunnel_signs_in() {
    for mode in ["query", "fragment", "form_post"] {
        let tenant = tenant(&["--response-mode", mode]);
        let mut waiting = Waiting::start(&tenant.home, &["--tunnel"]);
        let command = waiting.line_with("ssh -L ");
        let port = command.split([' ', ':']).nth(2).unwrap().to_owned();
        assert!(command.starts_with(&format!("ssh -L {port}:127.0.0.1:{port} ops@")), "{command}");
        waiting.line_with(&format!("Source port {port}, Destination 127.0.0.1:{port}, Local"));
        let go = waiting.line_with(&format!("http://localhost:{port}/go/"));
        let first = visit::get(&go);
        assert_eq!(first.status, 302);
        waiting.line_with("was opened");
        assert_eq!(visit::get(&go).status, 410);
        assert_eq!(visit::land(&tenant.land(first.location(), Answer::Accept)).status, 200);
        let (code, said) = waiting.end();
        assert_eq!(code, Some(0), "{mode}: {said}");
    }
}

#[test]
fn an_answer_that_was_refused_leaves_the_port_open_for_the_next() {
    let tenant = tenant(&[]);
    let mut waiting = Waiting::start(&tenant.home, &["--loopback"]);
    let address = waiting.line_with("/oauth2/v2.0/authorize?");
    waiting.line_with("by itself");
    let request = url::Url::parse(&address).unwrap();
    let sent = |name: &str| request.query_pairs().find(|(own, _)| own == name).unwrap().1.into_owned();
    let wrong = format!("{}?code=%20&state={}", sent("redirect_uri"), sent("state"));
    assert_eq!(visit::get(&wrong).status, 200);
    waiting.line_with("4 of 5 tries left");
    waiting.line_with("listened for again");
    waiting.line_with("by itself");
    assert_eq!(visit::land(&tenant.land(&address, Answer::Accept)).status, 200);
    let (code, said) = waiting.end();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn declining_in_the_browser_ends_the_waiting() {
    let tenant = tenant(&[]);
    let mut waiting = Waiting::start(&tenant.home, &["--loopback"]);
    let address = waiting.line_with("/oauth2/v2.0/authorize?");
    waiting.line_with("by itself");
    assert_eq!(visit::land(&tenant.land(&address, Answer::Decline)).status, 200);
    assert_eq!(waiting.end().0, Some(4));
    assert_eq!(tenant.requests(), 0);
}

#[test]
fn the_connection_s_own_way_in_decides() {
    let tenant = tenant(&[]);
    choose(&tenant.home, Capture::Tunnel);
    let mut waiting = Waiting::start(&tenant.home, &[]);
    let go = waiting.line_with("/go/");
    let first = visit::get(&go);
    assert_eq!(visit::land(&tenant.land(first.location(), Answer::Accept)).status, 200);
    assert_eq!(waiting.end().0, Some(0));
}

#[test]
fn a_signal_ends_the_waiting_and_frees_the_port() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 143)] {
        let tenant = tenant(&[]);
        let mut waiting = Waiting::start(&tenant.home, &["--tunnel"]);
        let go = waiting.line_with("/go/");
        let port = url::Url::parse(&go).unwrap().port().unwrap();
        waiting.line_with("by itself");
        // Whoever started it stands between.
        let parent = waiting.child.id();
        let own = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
        let own = own.split_whitespace().next().map_or(parent, |own| own.parse().unwrap());
        kill_process(Pid::from_raw(i32::try_from(own).unwrap()).unwrap(), signal).unwrap();
        assert_eq!(waiting.end().0, Some(code));
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        // The sign-in itself is kept: it can be gone on with.
        assert!(tenant.run(&["authorize", NAME, "--print-url"]).is(0).err.contains("going on"));
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let tenant = Tenant::unused("");
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = held.local_addr().unwrap().port();
    tenant.add(NAME, &["--redirect-uri", &format!("http://localhost:{port}/")]).is(0);
    let (code, said) = Waiting::start(&tenant.home, &["--loopback"]).end();
    assert_eq!(code, Some(7));
    assert!(
        said.contains(&format!("Port {port} of this machine is taken")) && said.contains("--print-url"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_listened_for_is_refused_before_anything_is_begun() {
    let tenant = Tenant::unused("");
    tenant.add(NAME, &["--redirect-uri", "https://connect.contoso.example/oauth/callback"]).is(0);
    for option in ["--loopback", "--tunnel"] {
        let run = tenant.run(&["authorize", NAME, option]).fails(2);
        assert!(run.err.contains("connect.contoso.example") && run.err.contains("--paste"), "{}", run.err);
    }
    assert!(!tenant.run(&["authorize", NAME, "--print-url"]).is(0).err.contains("going on"));
    tenant.run(&["authorize", NAME, "--loopback", "--tunnel"]).is(2);
    tenant.run(&["authorize", NAME, "--print-url", "--open"]).is(2);
}

/// As the dashboard's key does.
fn choose(home: &Home, capture: Capture) {
    let sources = Sources { key_file: Some(home.key()), keyring: Keyring::Left, ..Sources::default() };
    let Unlocked::Open(vault, _) = unlock(&home.vault(), &sources).unwrap() else {
        panic!("a key file opens it")
    };
    let id = vault.connection(&ConnectionName::parse(NAME).unwrap()).unwrap().id;
    let services = Services::new(vault, Clock::system());
    records::change(&services, &id, &Edit::WayIn(WayIn::AuthorizationCode(capture))).unwrap();
}
