//! The dashboard in a terminal and in tmux: what it writes beside the screen, and what is left after it.

#[path = "../terminal/pty.rs"]
#[expect(dead_code, reason = "the terminal's tests need more of it")]
mod pty;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use portable_pty::CommandBuilder;
use tokengauge::simulator::browser::Answer;

use crate::home::binary;
use crate::needles::Needles;
use crate::needs;
use crate::stage::{Prints, Stage};
use crate::tenant::{CLIENT_ID, NAME, OPS, SECRET, Tenant};
use pty::Terminal;

/// A condition may take so long; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// A vault with one connection that is signed in.
struct SignedIn {
    stage: Stage,
    key: String,
    _tenant: Tenant,
}

impl SignedIn {
    fn new() -> Self {
        let stage = Stage::new(Needles::of([("client secret", SECRET)]));
        let tenant = Tenant::unused("");
        let key = stage.asked_for("key");
        stage.run(&["vault", "init", "--new-key-file", &key], &[], "", Prints::Nothing).is(0);
        let run = |arguments: &[&str], stdin: &str| {
            stage.run(arguments, &[("TOKENGAUGE_KEY_FILE", &key)], stdin, Prints::Nothing).is(0).out
        };
        let url = tenant.url();
        let add = ["add", NAME, "--client-id", CLIENT_ID, "--authority-url", &url, "--sign-in-as", OPS];
        run(&[&add[..], &["--secret-stdin"]].concat(), SECRET);
        let address = run(&["authorize", NAME, "--print-url"], "");
        run(&["redeem", NAME], &tenant.browse(address.trim_end(), Answer::Accept));
        for (number, secret) in tenant.secrets().iter().enumerate() {
            stage.plant(&format!("issued secret {number}"), secret);
        }
        stage.nothing_in_files("the sign-in");
        Self { stage, key, _tenant: tenant }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.stage.variables();
        variables.extend([("TOKENGAUGE_KEY_FILE", self.key.clone()), ("TERM", "xterm-256color".into())]);
        variables
    }

    fn in_terminal(&self, more: &[(&str, &str)]) -> Terminal {
        let mut command = CommandBuilder::new(binary());
        command.env_clear();
        command.arg("-vvv");
        command.cwd(self.stage.home());
        self.variables().iter().for_each(|(name, value)| command.env(name, value));
        more.iter().for_each(|(name, value)| command.env(name, value));
        Terminal::start(command, (100, 30))
    }
}

/// What is written beside the screen: titles, and other orders to the terminal but those for the clipboard.
fn orders(written: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(written);
    let sequences = text.split("\u{1b}]").skip(1).filter(|rest| !rest.starts_with("52;"));
    let ends = |rest: &str| rest.find(['\u{7}', '\u{1b}']).unwrap_or(rest.len());
    sequences.map(|rest| rest[..ends(rest)].to_owned() + "\n").collect::<String>().into_bytes()
}

#[test]
fn the_dashboard_writes_no_secret_beside_the_one_that_was_asked_for() {
    let here = SignedIn::new();
    let mut terminal = here.in_terminal(&[]);
    terminal.until("the list", |screen| screen.contains(NAME) && screen.contains("help"));
    for (key, waited_for) in
        [("2", "Mail.Send"), ("3", "Connection values"), ("4", "stored"), ("1", "App registration")]
    {
        terminal.keys(key);
        terminal.until(waited_for, |screen| screen.to_lowercase().contains(&waited_for.to_lowercase()));
    }
    here.stage.nothing_in("the terminal", &terminal.written);
    terminal.keys("3");
    terminal.until("the values", |screen| screen.contains("► Client ID"));
    // Down, to the client secret.
    terminal.keys("\u{1b}[B");
    terminal.until("the secret", |screen| screen.contains("► Client secret"));
    terminal.keys("v");
    terminal.until("the value", |screen| screen.contains(SECRET));
    here.stage.nothing_in("titles and orders", &orders(&terminal.written));
    terminal.keys("\u{1b}");
    terminal.keys("q");
    assert!(terminal.ended().success());
    here.stage.nothing_in("titles and orders", &orders(&terminal.written));
    here.stage.nothing_in_files("the dashboard");
}

#[test]
fn a_panic_of_the_dashboard_tells_its_place_alone() {
    let here = SignedIn::new();
    let mut terminal = here.in_terminal(&[("TOKENGAUGE_TEST_PANIC", "1")]);
    assert!(!terminal.ended().success());
    let said = String::from_utf8_lossy(&terminal.written).into_owned();
    assert!(said.contains("a fault of tokengauge itself"), "{said}");
    here.stage.nothing_in("the terminal", &terminal.written);
    here.stage.nothing_in_files("a panic");
}

/// A tmux server of the test's own, which goes with it.
struct Tmux<'a> {
    here: &'a SignedIn,
    socket: PathBuf,
    /// Looks on, and tells of whatever happens.
    onlooker: Option<(Child, Receiver<()>)>,
}

impl<'a> Tmux<'a> {
    fn start(here: &'a SignedIn) -> Self {
        let mut own = Self { here, socket: here.stage.home().join("tmux"), onlooker: None };
        let trace = here.stage.home().join("trace");
        // Every program that is started tells its arguments and environment.
        let watched = format!(
            "strace -f -qq -v -s 1000000 -e trace=execve -e signal=none -o {} {} -vvv; exec sh",
            trace.display(),
            binary().display()
        );
        own.run(&["new-session", "-d", "-x", "100", "-y", "30", "sh", "-c", &watched]);
        own.onlooker = Some(own.look_on());
        own
    }

    fn look_on(&self) -> (Child, Receiver<()>) {
        let mut command = self.command();
        command.args(["-C", "attach-session", "-f", "ignore-size"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // A line may end within a character.
        let lines = BufReader::new(child.stdout.take().unwrap()).split(b'\n');
        let (teller, told) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|_| teller.send(())));
        (child, told)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        command.env_clear().envs(self.here.variables()).args(["-f", "/dev/null", "-S"]).arg(&self.socket);
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The screen and all that has scrolled away.
    fn history(&self) -> String {
        self.run(&["capture-pane", "-p", "-S", "-", "-E", "-"])
    }

    fn until(&self, what: &str, condition: impl Fn(&str) -> bool) {
        let (_, happenings) = self.onlooker.as_ref().expect("it is there since the start");
        while !condition(&self.history()) {
            let happened = happenings.recv_timeout(PATIENCE);
            assert!(happened.is_ok(), "{what}:\n{}", self.history());
        }
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
        if let Some((mut child, _)) = self.onlooker.take() {
            // It may wait for a reader that is gone.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn nothing_stays_in_tmux_after_a_reveal_and_a_copy() {
    if !needs::program("tmux") || !needs::program("strace") {
        return;
    }
    let here = SignedIn::new();
    let tmux = Tmux::start(&here);
    tmux.until("the list", |screen| screen.contains(NAME) && screen.contains("help"));
    tmux.run(&["send-keys", "3"]);
    tmux.until("the values", |screen| screen.contains("► Client ID"));
    tmux.run(&["send-keys", "Down"]);
    tmux.until("the secret", |screen| screen.contains("► Client secret"));
    tmux.run(&["send-keys", "v"]);
    tmux.until("the value", |screen| screen.contains(SECRET));
    tmux.run(&["send-keys", "Escape"]);
    tmux.until("the mask", |screen| !screen.contains(SECRET));
    tmux.run(&["send-keys", "y"]);
    tmux.until("the question", |screen| screen.contains("Enter send"));
    tmux.run(&["send-keys", "Enter"]);
    tmux.until("the copy", |screen| screen.contains("Sent to your terminal"));
    tmux.run(&["send-keys", "q"]);
    tmux.until("the end", |screen| !screen.contains("Connections"));
    here.stage.nothing_in("the history of tmux", tmux.history().as_bytes());
    for buffer in tmux.run(&["list-buffers", "-F", "#{buffer_name}"]).lines() {
        here.stage.nothing_in("a buffer", tmux.run(&["show-buffer", "-b", buffer]).as_bytes());
    }
    let told = tmux.run(&["display-message", "-p", "#{pane_title} #{window_name} #{pane_current_command}"]);
    here.stage.nothing_in("the titles of tmux", told.as_bytes());
    let trace = std::fs::read(here.stage.home().join("trace")).unwrap();
    let traced = String::from_utf8_lossy(&trace);
    assert!(traced.contains("load-buffer"), "{traced}");
    here.stage.nothing_in_files("the dashboard in tmux");
}
