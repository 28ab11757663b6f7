//! `authorize`: a sign-in (RFC 6749 §4.1), by the connection's own way in or the one that is asked for.

use clap::Args;

use crate::app::Failure;
use crate::app::GrantStep;
use crate::app::permissions::consent_statement;
use crate::domain::{Capture, ConnectionName, Overview, WayIn};
use crate::runtime::listener::{self, BeginError};
use crate::runtime::prompt::{self, Echo};
use crate::runtime::services::Services;
use crate::sanitize::sanitize;

use super::context::{self, Context, overview};
use super::exit::{CliError, Exit, say, tell};
use super::listen::{self, Browser};
use super::redeem::{self, Judged};
use super::{device_code, output, parse, refresh, words};

/// Sign in: gives an address for your browser, asks for the one that the browser ends on
///
/// A sign-in that is still open is gone on with.
#[derive(Debug, Args)]
pub struct Authorize {
    /// The connection
    #[arg(value_parser = parse::name)]
    name: ConnectionName,
    /// Print the address alone and end; `redeem` finishes the sign-in
    #[arg(long, group = "way")]
    print_url: bool,
    #[command(flatten)]
    asked: AskedCapture,
    /// Start a browser on this machine with the address
    #[arg(long, conflicts_with_all = ["print_url", "paste", "tunnel"])]
    open: bool,
    /// Sign in by a code that you enter on another device; the connection's way in from then on
    #[arg(long, group = "way", conflicts_with = "open")]
    device: bool,
}

/// A way for the browser's answer to come back, other than the connection's own.
#[derive(Debug, Args)]
struct AskedCapture {
    /// Ask for the address that the browser ends on
    #[arg(long, group = "way")]
    paste: bool,
    /// Listen for a browser on this machine
    #[arg(long, group = "way")]
    loopback: bool,
    /// Listen for your own browser, at the other end of an SSH tunnel
    #[arg(long, group = "way")]
    tunnel: bool,
}

impl Authorize {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let held = overview(&services, &self.name)?;
        if self.device || (self.asked_for().is_none() && held.settings.way_in == WayIn::DeviceCode) {
            return device_code::authorize(&services, &self.name);
        }
        if !held.settings.way_in.is_delegated() {
            return self.ask_for_itself(&services, &held);
        }
        warn_of_ended_credential(&held, &services);
        let capture = self.asked_for().or(held.settings.way_in.capture()).unwrap_or_default();
        if capture.listens() {
            listen::check(&held)?;
        } else if !self.print_url && !prompt::is_possible() {
            return Err(no_terminal(&self.name));
        }
        let overview = begun(&services, held, capture)?;
        match capture {
            _ if self.print_url => print_address(&overview),
            Capture::Paste => ask(&services, &overview),
            Capture::Loopback | Capture::Tunnel => self.listen(&services, &overview, capture),
        }
    }

    /// The way that an option names; an address alone is for pasting.
    fn asked_for(&self) -> Option<Capture> {
        match self.asked {
            AskedCapture { paste: true, .. } => Some(Capture::Paste),
            AskedCapture { loopback: true, .. } => Some(Capture::Loopback),
            AskedCapture { tunnel: true, .. } => Some(Capture::Tunnel),
            _ if self.print_url => Some(Capture::Paste),
            _ if self.open => Some(Capture::Loopback),
            _ => None,
        }
    }

    /// Waits for the browser; where nothing can listen, pasting goes on.
    fn listen(&self, services: &Services, overview: &Overview, capture: Capture) -> Result<Exit, CliError> {
        let browser = if self.open { Browser::Started } else { Browser::Left };
        match listen::wait(services, overview, capture, browser)? {
            Ok(exit) => Ok(exit),
            Err(failure) if prompt::is_possible() => {
                tell(&Failure::new(failure.what_happened, "pasting goes on:"));
                ask(services, overview)
            }
            Err(failure) => Err(CliError::new(
                Exit::LocalIo,
                failure.what_happened,
                format!(
                    "end what has the port, or sign in by pasting: tokengauge authorize {} --print-url",
                    overview.name
                ),
            )),
        }
    }
}

/// No more than a word: the date may have been mistyped.
fn warn_of_ended_credential(held: &Overview, services: &Services) {
    let life = held.credential_lifetime().filter(|life| life.is_expired_at(services.clock.now()));
    if let Some(life) = life {
        let (noun, day) = (held.credential.noun(), life.expires_at.date_naive());
        say(&format!("the {noun} ended on {day}: unless that date is mistyped, the sign-in will be refused"));
    }
}

fn no_terminal(name: &ConnectionName) -> CliError {
    CliError::new(
        Exit::Usage,
        "there is no terminal to ask for the browser's address on",
        format!("begin with: tokengauge authorize {name} --print-url; finish with: tokengauge redeem {name}"),
    )
}

impl Authorize {
    /// Nobody signs in to a connection whose client acts for itself: its token is asked for at once.
    fn ask_for_itself(&self, services: &Services, held: &Overview) -> Result<Exit, CliError> {
        if self.print_url {
            return Err(CliError::new(
                Exit::Usage,
                "nobody signs in to this connection: its client acts for itself, and there is no address",
                format!("get the token with: tokengauge authorize {}", self.name),
            ));
        }
        let after = refresh::renew(services, held, GrantStep::renew(held))?;
        tell_token(&after);
        Ok(Exit::Ok)
    }
}

/// That a token came says nothing of what it opens.
fn tell_token(overview: &Overview) {
    say(&format!("{}: the client has its token, {}", overview.name, words::access_until(overview)));
    match overview.roles() {
        Some(roles) if roles.is_empty() => {
            say("it holds no roles, so it may open nothing: an administrator grants application permissions");
            say(&format!("ask for that with: tokengauge consent {}", overview.name));
        }
        Some(roles) => say(&format!("roles: {}", sanitize(&roles.to_wire(), 600))),
        None => {}
    }
}

/// The connection with an open sign-in: the one under way, else a new one.
fn begun(services: &Services, held: Overview, capture: Capture) -> Result<Overview, CliError> {
    let open = held.open_code_attempt(services.clock.now());
    if open.is_some_and(|attempt| attempt.can_come_back_by(capture)) {
        say("going on with the sign-in that was begun before");
        return Ok(held);
    }
    match listener::begin_attempt(services, &held.id, capture) {
        Ok(overview) => Ok(overview),
        Err(BeginError::Record(error)) => Err(error.into()),
        Err(BeginError::Listen(error)) => {
            Err(CliError::new(Exit::LocalIo, error.to_string(), "sign in by pasting: --paste"))
        }
    }
}

/// The address to be opened.
pub fn address(overview: &Overview) -> &str {
    let attempt = overview.code_attempt();
    attempt.map_or("", |attempt| attempt.authorization_request.as_str())
}

fn print_address(overview: &Overview) -> Result<Exit, CliError> {
    output::print_line(address(overview))?;
    if let Some(attempt) = &overview.attempt {
        say(&format!(
            "open it, sign in, and give the address that the browser ends on to: tokengauge redeem {}",
            overview.name
        ));
        say(&format!("this sign-in ends at {}", words::moment(attempt.ends_at())));
    }
    Ok(Exit::Ok)
}

fn ask(services: &Services, overview: &Overview) -> Result<Exit, CliError> {
    explain(overview);
    loop {
        let pasted = context::ask(services, redeem::QUESTION, Echo::Hidden)?;
        match redeem::take(services, &overview.id, pasted.as_bytes())? {
            Judged::Redeemed(overview) => {
                redeem::tell_signed_in(&overview);
                return Ok(Exit::Ok);
            }
            Judged::Refused { failure, tries_left: 0 } => {
                tell(&failure);
                return Err(redeem::attempt_over(&overview.name));
            }
            Judged::Refused { failure, tries_left } => {
                tell(&failure);
                say(&format!("{tries_left} of 5 tries left"));
            }
        }
    }
}

/// Who is to sign in.
pub fn who(overview: &Overview) -> &str {
    let expected = overview.settings.sign_in_as.as_ref();
    expected.map_or("the account of the mailbox", |mailbox| mailbox.as_str())
}

/// Who will have to consent, before the person meets it in the browser.
pub fn say_who_consents(overview: &Overview) {
    if let Some(statement) = consent_statement(overview) {
        say(&format!("   Consent: {}.", sanitize(&statement.long, 400)));
    }
}

fn explain(overview: &Overview) {
    let who = who(overview);
    say("1  Open this address in a browser, on any computer:");
    say("");
    say(address(overview));
    say("");
    say(&format!("2  Sign in as {who} and accept {} permissions.", overview.settings.scopes.len()));
    say_who_consents(overview);
    if overview.settings.redirect_uri.is_loopback() {
        say("   The browser ends on \"can't reach this page\". That is right.");
    }
    say("3  Copy the address of that page: Ctrl+L, Ctrl+C. Give it to nobody else.");
}
