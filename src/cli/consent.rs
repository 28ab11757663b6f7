//! `consent`: the address at which an administrator consents for the tenant, a message to send with it, and the answer.

use std::io::{self, IsTerminal};

use clap::Args;

use crate::app::consent_message::consent_message;
use crate::app::{Edit, Failure};
use crate::domain::{AdminConsentRequest, ConnectionName, Overview};
use crate::oauth::redirect_response::{AdminConsentResponse, read_admin_consent};
use crate::oauth::token_answer::refused_by_redirect;
use crate::runtime::records;
use crate::runtime::services::Services;

use super::context::{Context, overview};
use super::exit::{CliError, Exit, say};
use super::redeem::address;
use super::{output, parse};

/// Ask an administrator to consent: prints a message to send, with the address in it
///
/// A request that waits for its answer is gone on with.
#[derive(Debug, Args)]
pub struct Consent {
    /// The connection
    #[arg(value_parser = parse::name)]
    name: ConnectionName,
    /// Print the address alone, without the message
    #[arg(long, conflicts_with = "answer")]
    print_url: bool,
    /// Read the address that the administrator's browser ended on from stdin
    #[arg(long)]
    answer: bool,
}

impl Consent {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let held = overview(&services, &self.name)?;
        if self.answer {
            return take_answer(&services, &held);
        }
        let asked = match held.open_consent_request() {
            Some(_) => held,
            None => records::begin_admin_consent(&services, &held.id)?,
        };
        let request = asked.open_consent_request().ok_or_else(|| no_request(&self.name))?;
        print(&asked, request, self.print_url)?;
        say(&format!(
            "when the administrator sends back what the browser ended on: tokengauge consent {} --answer",
            self.name
        ));
        Ok(Exit::Ok)
    }
}

fn print(asked: &Overview, request: &AdminConsentRequest, address_alone: bool) -> Result<(), CliError> {
    if address_alone {
        return output::print_line(request.address.as_str());
    }
    output::print(&consent_message(asked, request))
}

fn take_answer(services: &Services, held: &Overview) -> Result<Exit, CliError> {
    let request = held.open_consent_request().ok_or_else(|| no_request(&held.name))?;
    if io::stdin().is_terminal() {
        say("no code and no secret is in it");
    }
    match read_admin_consent(&address(services)?, request) {
        Ok(AdminConsentResponse::Given { tenant: Some(told) }) if held.is_of_another_tenant_than(&told) => {
            Err(CliError::new(
                Exit::Refused,
                format!("the consent was given in another tenant ({told}) than that of {}", held.name),
                "an administrator of the mailbox's own tenant opens the address",
            ))
        }
        Ok(AdminConsentResponse::Given { tenant }) => {
            let after = records::change(services, &held.id, &Edit::AdminConsentGiven { tenant })?;
            say(&format!("{}: the administrator has consented", after.name));
            if after.settings.way_in.is_delegated() {
                say(&format!("now sign in: tokengauge authorize {}", after.name));
            }
            Ok(Exit::Ok)
        }
        Ok(AdminConsentResponse::Refused(error)) => {
            records::change(services, &held.id, &Edit::AdminConsentRefused)?;
            let refusal = refused_by_redirect(error.error);
            let advice = format!(
                "ask again, with what the administrator wants to know: tokengauge consent {}",
                held.name
            );
            Err(CliError::Told(Exit::SetUpWrong, Failure::new(refusal.what_happened, advice)))
        }
        Err(refusal) => {
            let failure = Failure::new(refusal.what_happened(), refusal.what_to_do());
            Err(CliError::Told(Exit::Refused, failure))
        }
    }
}

fn no_request(name: &ConnectionName) -> CliError {
    CliError::new(
        Exit::Usage,
        format!("no request for admin consent of {name} waits for an answer"),
        format!("make one with: tokengauge consent {name}"),
    )
}
