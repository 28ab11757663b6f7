//! An SMTP submission server (RFC 5321, RFC 6409): STARTTLS first, then in by XOAUTH2 alone.

use std::sync::{Arc, Mutex};

use tokio_rustls::TlsAcceptor;

use crate::gate::Gate;
use crate::imap::{Manners, Refusal};
use crate::wire::{Port, Wire};
use crate::xoauth2::{CHALLENGE, encode};

/// A mail that was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Header and body, lines ended by one character.
    pub text: String,
}

/// A running server.
pub struct Smtp {
    pub port: Port,
    pub gate: Gate,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl Smtp {
    /// Must be called inside a tokio runtime.
    pub fn start(gate: Gate, acceptor: TlsAcceptor, manners: Manners) -> Self {
        let mails: Arc<Mutex<Vec<Mail>>> = Arc::default();
        let (own_gate, own_mails) = (gate.clone(), Arc::clone(&mails));
        let port = Port::open(move |stream| {
            let (gate, mails, acceptor) = (own_gate.clone(), Arc::clone(&own_mails), acceptor.clone());
            Box::pin(async move {
                let session = Session {
                    wire: Wire::new(stream),
                    gate,
                    manners,
                    mails,
                    state: State::Plain,
                    mail: Mail::default(),
                };
                session.serve(acceptor).await;
            })
        });
        Self { port, gate, mails }
    }

    /// The mails that were taken, in order.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

/// How far a client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    Secured,
    Admitted,
}

struct Session {
    wire: Wire,
    gate: Gate,
    manners: Manners,
    mails: Arc<Mutex<Vec<Mail>>>,
    state: State,
    mail: Mail,
}

impl Session {
    async fn serve(mut self, acceptor: TlsAcceptor) {
        self.wire.say("220 smtp.office365.example ready").await;
        while let Some(line) = self.wire.line().await {
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let verb = verb.to_ascii_uppercase();
            if verb == "STARTTLS" && self.state == State::Plain {
                self.wire.say("220 2.0.0 go ahead").await;
                let Some(wire) = self.wire.secured(&acceptor).await else { return };
                (self.wire, self.state) = (wire, State::Secured);
                continue;
            }
            let reply = self.command(&verb, rest).await;
            self.wire.say(&reply).await;
            if verb == "QUIT" {
                return;
            }
        }
    }

    async fn command(&mut self, verb: &str, rest: &str) -> String {
        match (verb, self.state) {
            ("EHLO" | "HELO", State::Plain) => "250-smtp.office365.example\r\n250 STARTTLS".into(),
            ("EHLO" | "HELO", _) => "250-smtp.office365.example\r\n250-8BITMIME\r\n250 AUTH XOAUTH2".into(),
            ("QUIT", _) => "221 2.0.0 goodbye".into(),
            ("NOOP", _) => "250 2.0.0 ok".into(),
            ("AUTH", State::Secured) => self.authenticate(rest).await,
            ("MAIL", State::Admitted) => {
                self.mail = Mail { from: address(rest), ..Mail::default() };
                "250 2.1.0 ok".into()
            }
            ("RCPT", State::Admitted) => {
                self.mail.to.push(address(rest));
                "250 2.1.5 ok".into()
            }
            ("DATA", State::Admitted) if !self.mail.to.is_empty() => self.data().await,
            ("RSET", _) => {
                self.mail = Mail::default();
                "250 2.0.0 ok".into()
            }
            _ => "530 5.7.57 client not authenticated".into(),
        }
    }

    async fn authenticate(&mut self, rest: &str) -> String {
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        if !mechanism.eq_ignore_ascii_case("XOAUTH2") {
            return "504 5.7.4 unrecognized authentication type".into();
        }
        let response = if initial.is_empty() { self.asked("334 ").await } else { initial.to_owned() };
        if self.gate.admits(&response) {
            self.state = State::Admitted;
            return "235 2.7.0 Authentication successful".into();
        }
        if self.manners.refusal == Refusal::Challenge {
            self.asked(&format!("334 {}", encode(CHALLENGE))).await;
        }
        "535 5.7.3 Authentication unsuccessful".into()
    }

    async fn asked(&mut self, question: &str) -> String {
        self.wire.say(question).await;
        self.wire.line().await.unwrap_or_default()
    }

    /// Lines up to a lone dot; a dot before others was doubled by the client (RFC 5321 §4.5.2).
    async fn data(&mut self) -> String {
        self.wire.say("354 go on").await;
        while let Some(line) = self.wire.line().await {
            if line == "." {
                self.mails.lock().unwrap().push(std::mem::take(&mut self.mail));
                return "250 2.0.0 taken".into();
            }
            self.mail.text.push_str(line.strip_prefix('.').unwrap_or(&line));
            self.mail.text.push('\n');
        }
        "451 4.0.0 that was not all".into()
    }
}

/// The address of `FROM:<address>`, and what follows it left out.
fn address(rest: &str) -> String {
    let after = rest.split_once('<').map_or("", |(_, after)| after);
    after.split('>').next().unwrap_or_default().to_owned()
}
