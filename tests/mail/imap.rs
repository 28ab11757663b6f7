//! An IMAP server with one message in one inbox (RFC 9051, as far as mutt and mbsync go). TLS from the first byte; in by
//! XOAUTH2 alone.

use std::sync::{Arc, Mutex};

use tokio_rustls::TlsAcceptor;

use crate::gate::Gate;
use crate::imap_items::{answer, holds_the_message, items};
use crate::wire::{Port, Wire};
use crate::xoauth2::{CHALLENGE, encode};

/// How a server behaves where servers differ.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// Whether it takes the response in the line of the command (SASL-IR, RFC 4959).
    pub initial_response: bool,
    /// How it refuses.
    pub refusal: Refusal,
}

/// How somebody is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// At once, as Exchange Online documents it.
    Plain,
    /// After a challenge that tells why in JSON, to be answered with nothing.
    Challenge,
}

impl Default for Manners {
    fn default() -> Self {
        Self { initial_response: true, refusal: Refusal::Challenge }
    }
}

/// A running server.
pub struct Imap {
    pub port: Port,
    pub gate: Gate,
    /// The commands that were given, without their tags and without what was secret.
    commands: Arc<Mutex<Vec<String>>>,
}

impl Imap {
    /// Must be called inside a tokio runtime.
    pub fn start(gate: Gate, acceptor: TlsAcceptor, manners: Manners) -> Self {
        let commands: Arc<Mutex<Vec<String>>> = Arc::default();
        let (own_gate, own_commands) = (gate.clone(), Arc::clone(&commands));
        let port = Port::open(move |stream| {
            let (gate, commands) = (own_gate.clone(), Arc::clone(&own_commands));
            let acceptor = acceptor.clone();
            Box::pin(async move {
                if let Some(wire) = Wire::new(stream).secured(&acceptor).await {
                    let flags = String::new();
                    Session { wire, gate, manners, commands, state: State::Stranger, flags }.serve().await;
                }
            })
        });
        Self { port, gate, commands }
    }

    /// How often a command was given.
    pub fn count(&self, command: &str) -> usize {
        self.commands.lock().unwrap().iter().filter(|given| given.starts_with(command)).count()
    }
}

/// How far a client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Stranger,
    Admitted,
    Selected,
}

/// What is to be said after a command, behind its tag.
type Ending = Result<&'static str, &'static str>;

struct Session {
    wire: Wire,
    gate: Gate,
    manners: Manners,
    commands: Arc<Mutex<Vec<String>>>,
    state: State,
    flags: String,
}

impl Session {
    async fn serve(mut self) {
        self.wire.say("* OK The simulated Exchange is ready.").await;
        while let Some(line) = self.wire.line().await {
            let Some((tag, command)) = line.split_once(' ') else { break };
            let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
            let ending = self.command(&verb.to_ascii_uppercase(), rest).await;
            let (word, text) = match ending {
                Ok(text) => ("OK", text),
                Err(text) => ("NO", text),
            };
            self.wire.say(&format!("{tag} {word} {text}")).await;
            if verb.eq_ignore_ascii_case("LOGOUT") {
                break;
            }
        }
    }

    async fn command(&mut self, verb: &str, rest: &str) -> Ending {
        let told = if verb == "AUTHENTICATE" { "" } else { rest };
        self.commands.lock().unwrap().push(format!("{verb} {told}").trim_end().to_owned());
        match (verb, self.state) {
            ("CAPABILITY", _) => self.capability().await,
            ("NOOP", _) => Ok("done"),
            ("LOGOUT", _) => {
                self.wire.say("* BYE until next time").await;
                Ok("LOGOUT completed")
            }
            ("AUTHENTICATE", State::Stranger) => self.authenticate(rest).await,
            (_, State::Stranger) => Err("log in first"),
            ("LIST" | "LSUB", _) => self.list(verb, rest).await,
            ("STATUS", _) => {
                self.wire.say("* STATUS INBOX (MESSAGES 1 RECENT 0 UNSEEN 1 UIDNEXT 2 UIDVALIDITY 1)").await;
                Ok("STATUS completed")
            }
            ("SELECT" | "EXAMINE", _) => self.select(rest).await,
            ("CREATE" | "SUBSCRIBE", _) => Err("there is only the inbox"),
            (verb, State::Selected) => self.selected(verb, rest).await,
            _ => Err("unknown, or no mailbox is selected"),
        }
    }

    async fn capability(&mut self) -> Ending {
        let more = if self.manners.initial_response { " SASL-IR" } else { "" };
        self.wire.say(&format!("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2{more}")).await;
        Ok("CAPABILITY completed")
    }

    async fn authenticate(&mut self, rest: &str) -> Ending {
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        if !mechanism.eq_ignore_ascii_case("XOAUTH2") {
            return Err("only XOAUTH2");
        }
        let response = match (initial, self.manners.initial_response) {
            ("", _) => {
                self.wire.say("+ ").await;
                self.wire.line().await.unwrap_or_default()
            }
            (initial, true) => initial.to_owned(),
            (_, false) => return Err("no initial response was offered"),
        };
        if self.gate.admits(&response) {
            self.state = State::Admitted;
            return Ok("AUTHENTICATE completed.");
        }
        if self.manners.refusal == Refusal::Challenge {
            self.wire.say(&format!("+ {}", encode(CHALLENGE))).await;
            let _ = self.wire.line().await;
        }
        Err("AUTHENTICATE failed.")
    }

    async fn list(&mut self, verb: &str, rest: &str) -> Ending {
        let name = if rest.ends_with(r#" """#) { r#""""# } else { "INBOX" };
        let attribute = if name == "INBOX" { r"\HasNoChildren" } else { r"\Noselect" };
        self.wire.say(&format!(r#"* {verb} ({attribute}) "/" {name}"#)).await;
        Ok("LIST completed")
    }

    async fn select(&mut self, rest: &str) -> Ending {
        if !rest.trim_matches('"').eq_ignore_ascii_case("INBOX") {
            return Err("there is only the inbox");
        }
        self.state = State::Selected;
        for line in [
            r"* FLAGS (\Answered \Flagged \Deleted \Seen \Draft)",
            r"* OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft)] kept",
            "* 1 EXISTS",
            "* 0 RECENT",
            "* OK [UIDVALIDITY 1] valid",
            "* OK [UIDNEXT 2] next",
        ] {
            self.wire.say(line).await;
        }
        Ok("[READ-WRITE] SELECT completed")
    }

    async fn selected(&mut self, verb: &str, rest: &str) -> Ending {
        let (verb, rest) = match (verb, rest.split_once(' ')) {
            ("UID", Some((verb, rest))) => (verb.to_ascii_uppercase(), rest),
            _ => (verb.to_owned(), rest),
        };
        match verb.as_str() {
            "FETCH" => self.fetch(rest).await,
            "SEARCH" => {
                self.wire.say("* SEARCH 1").await;
                Ok("SEARCH completed")
            }
            "STORE" => {
                self.flags = r"\Seen".into();
                Ok("STORE completed")
            }
            "CLOSE" | "UNSELECT" => {
                self.state = State::Admitted;
                Ok("CLOSE completed")
            }
            "CHECK" | "EXPUNGE" => Ok("done"),
            _ => Err("unknown"),
        }
    }

    async fn fetch(&mut self, rest: &str) -> Ending {
        let (set, list) = rest.split_once(' ').ok_or("what is to be fetched?")?;
        if holds_the_message(set) {
            let mut items = items(list);
            if !items.iter().any(|item| item.eq_ignore_ascii_case("UID")) {
                items.insert(0, "UID".into());
            }
            let answers: Option<Vec<String>> = items.iter().map(|item| answer(item, &self.flags)).collect();
            let answers = answers.ok_or("an item is unknown")?;
            self.wire.say(&format!("* 1 FETCH ({})", answers.join(" "))).await;
        }
        Ok("FETCH completed")
    }
}
