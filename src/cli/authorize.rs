//! `authorize`: a sign-in (RFC 6749 §4.1), with a browser that is somewhere else.

use clap::Args;

use crate::domain::{ConnectionName, Overview, WayIn};
use crate::runtime::prompt::{self, Echo};
use crate::runtime::records;
use crate::runtime::services::Services;
use crate::sanitize::sanitize;

use super::context::{Context, overview};
use super::exit::{CliError, Exit, say, tell};
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
    #[arg(long)]
    print_url: bool,
    /// Sign in by a code that you enter on another device; the connection's way in from then on
    #[arg(long, conflicts_with = "print_url")]
    device: bool,
}

impl Authorize {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        if self.device || (!self.print_url && is_by_device(&services, &self.name)?) {
            return device_code::authorize(&services, &self.name);
        }
        if let Some(done) = self.ask_for_itself(&services)? {
            return Ok(done);
        }
        if !self.print_url && !prompt::is_possible() {
            return Err(CliError::new(
                Exit::Usage,
                "there is no terminal to ask for the browser's address on",
                format!(
                    "begin with: tokengauge authorize {0} --print-url; finish with: tokengauge redeem {0}",
                    self.name
                ),
            ));
        }
        let overview = begun(&services, &self.name)?;
        if self.print_url { print_address(&overview) } else { ask(&services, &overview) }
    }
}

fn is_by_device(services: &Services, name: &ConnectionName) -> Result<bool, CliError> {
    Ok(overview(services, name)?.settings.way_in == WayIn::DeviceCode)
}

impl Authorize {
    /// Nobody signs in to a connection whose client acts for itself: its token is asked for at once.
    fn ask_for_itself(&self, services: &Services) -> Result<Option<Exit>, CliError> {
        let held = overview(services, &self.name)?;
        if held.settings.way_in.is_delegated() {
            return Ok(None);
        }
        if self.print_url {
            return Err(CliError::new(
                Exit::Usage,
                "nobody signs in to this connection: its client acts for itself, and there is no address",
                format!("get the token with: tokengauge authorize {}", self.name),
            ));
        }
        let after = refresh::renew(services, &held)?;
        tell_token(&after);
        Ok(Some(Exit::Ok))
    }
}

/// That a token came says nothing of what it opens.
fn tell_token(overview: &Overview) {
    let until = overview.access_lifetime().map_or_else(String::new, |life| words::moment(life.expires_at));
    say(&format!("{}: the client has its token, until {until}", overview.name));
    match overview.roles() {
        Some(roles) if roles.is_empty() => {
            say(
                "it holds no roles, so it opens nothing yet: an administrator grants application permissions",
            );
            say(&format!("ask for that with: tokengauge consent {}", overview.name));
        }
        Some(roles) => say(&format!("roles: {}", sanitize(&roles.to_wire(), 600))),
        None => {}
    }
}

/// The connection with an open sign-in: the one under way, else a new one.
fn begun(services: &Services, name: &ConnectionName) -> Result<Overview, CliError> {
    let held = overview(services, name)?;
    if held.open_code_attempt(services.clock.now()).is_some() {
        say("going on with the sign-in that was begun before");
        return Ok(held);
    }
    Ok(records::begin_attempt(services, &held.id, None)?)
}

fn address(overview: &Overview) -> &str {
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
        let pasted = prompt::ask("Paste the address here, then Enter (it is not shown): ", Echo::Hidden)?;
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

fn explain(overview: &Overview) {
    let who = overview
        .settings
        .sign_in_as
        .as_ref()
        .map_or("the account of the mailbox", |mailbox| mailbox.as_str());
    say("1  Open this address in a browser, on any computer:");
    say("");
    say(address(overview));
    say("");
    say(&format!("2  Sign in as {who} and accept {} permissions.", overview.settings.scopes.len()));
    if overview.settings.redirect_uri.is_loopback() {
        say("   The browser ends on \"can't reach this page\". That is right.");
    }
    say("3  Copy the address of that page: Ctrl+L, Ctrl+C. Give it to nobody else.");
}
