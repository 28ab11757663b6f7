//! Delivering: a value or an address goes to the clipboard, into a file, or into a browser.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};

use crate::app::consent_message::consent_message;
use crate::app::{Delivery, Failure, Parcel, Way};
use crate::domain::hand_over::FormValue;
use crate::domain::secret::{RevealedValue, Secret};
use crate::domain::{AppRegistration, Attempt, Connection, ConnectionId, ConnectionValue};

use crate::export::snippet::VaultOptions;

use super::blocking::blocking;
use super::clipboard::{Clipboard, osc52, send_by_tmux};
use super::entropy;
use super::services::{Services, failure};

/// A sequence for the terminal, written by the loop between two frames.
#[derive(Debug)]
pub struct TerminalOrder {
    /// The sequence.
    pub sequence: RevealedValue,
    /// Told when it is written.
    pub written: oneshot::Sender<bool>,
}

/// What delivering needs beside the vault.
#[derive(Debug, Clone)]
pub struct Outlets {
    /// Which clipboard there is.
    pub clipboard: Clipboard,
    /// Orders for the terminal.
    pub terminal: mpsc::UnboundedSender<TerminalOrder>,
    /// Where a file with an address is made: the user's runtime directory, else the home directory.
    pub directory: PathBuf,
    /// How another program that runs ours finds and opens this vault.
    pub vault_options: VaultOptions,
}

/// Delivers something of a connection.
pub async fn deliver(
    services: &Services,
    outlets: &Outlets,
    id: &ConnectionId,
    parcel: Parcel,
    way: Way,
) -> Result<Delivery, Failure> {
    let contents = contents(services, id, parcel).await?;
    match way {
        Way::Clipboard => to_clipboard(outlets, contents).await,
        Way::File => to_file(outlets, file_name(parcel), &contents),
        Way::Browser => to_browser(&outlets.directory, &contents),
    }
}

/// Sends a text that is no secret to the clipboard.
pub async fn send_text(outlets: &Outlets, text: String) -> Result<Delivery, Failure> {
    to_clipboard(outlets, RevealedValue::new(text)).await
}

/// Reads one value to show it.
pub async fn value(
    services: &Services,
    id: &ConnectionId,
    value: ConnectionValue,
) -> Result<RevealedValue, Failure> {
    contents(services, id, Parcel::Value(value)).await
}

async fn contents(services: &Services, id: &ConnectionId, parcel: Parcel) -> Result<RevealedValue, Failure> {
    let (services, id) = (services.clone(), id.clone());
    blocking(move || read(&services, &id, parcel)).await
}

fn read(services: &Services, id: &ConnectionId, parcel: Parcel) -> Result<RevealedValue, Failure> {
    let vault = |error| failure(&error);
    let connection = services.vault.connection_by_id(id).map_err(vault)?;
    if let Parcel::Value(_) | Parcel::ValueOfSet(..) = parcel {
        // What is in the record may be used up.
        services.vault.check_nothing_waits(&connection).map_err(vault)?;
    }
    let app = services.vault.app_registration_of(&connection).map_err(vault)?;
    let text = match parcel {
        Parcel::AuthorizationRequest => open_page(&connection, services.clock.now()),
        Parcel::AdminConsentMessage => {
            let overview = services.overview(&connection);
            overview.open_consent_request().map(|request| consent_message(&overview, request))
        }
        Parcel::Value(value) => connection_value(&connection, app.as_ref(), value),
        Parcel::ValueOfSet(value, set) => {
            let same = connection.tokens.as_ref().is_some_and(|tokens| tokens.renewed_at() == set);
            if !same {
                return Err(Failure::new(
                    "The tokens were renewed while they were handed over.",
                    "Begin again (Y): the values must be of one set.",
                ));
            }
            form_value(&connection, app.as_ref(), value)
        }
    };
    text.map(RevealedValue::new)
        .ok_or_else(|| Failure::new("The connection does not hold that.", "Sign in (a), or enter it (e)."))
}

/// The page that the open sign-in begins on.
fn open_page(connection: &Connection, now: DateTime<Utc>) -> Option<String> {
    match connection.attempt.as_ref()? {
        Attempt::Code(own) => own.is_open_at(now).then(|| own.authorization_request.to_string()),
        Attempt::Device(own) => own.is_open_at(now).then(|| own.verification_uri.to_string()),
    }
}

/// One of the four connection values in clear.
pub fn connection_value(
    connection: &Connection,
    app: Option<&AppRegistration>,
    value: ConnectionValue,
) -> Option<String> {
    let tokens = connection.tokens.as_ref();
    match value {
        ConnectionValue::ClientId => Some(connection.settings.client_id.to_string()),
        ConnectionValue::ClientSecret => Some(app?.credential.secret()?.value.expose().to_owned()),
        ConnectionValue::AccessToken => Some(tokens?.access.primary().token.expose().to_owned()),
        ConnectionValue::OtherAccessToken(place) => {
            Some(tokens?.access.other(usize::from(place))?.token.expose().to_owned())
        }
        ConnectionValue::RefreshToken => Some(tokens?.refresh.as_ref()?.current.expose().to_owned()),
    }
}

/// What goes into a field of a consumer's form.
fn form_value(connection: &Connection, app: Option<&AppRegistration>, value: FormValue) -> Option<String> {
    let settings = &connection.settings;
    match value {
        FormValue::Value(value) => connection_value(connection, app, value),
        FormValue::AccessTokenEnd => {
            let access = connection.tokens.as_ref()?.access.primary();
            Some(access.lifetime.expires_at.timestamp().to_string())
        }
        FormValue::AuthorizationEndpoint => {
            Some(settings.authority.endpoint(&settings.tenant, "authorize").to_string())
        }
        FormValue::TokenEndpoint => Some(settings.authority.endpoint(&settings.tenant, "token").to_string()),
    }
}

/// Sends a text to the clipboard.
pub async fn to_clipboard(outlets: &Outlets, text: RevealedValue) -> Result<Delivery, Failure> {
    let characters = text.characters();
    let sent = match outlets.clipboard {
        Clipboard::Tmux => send_by_tmux(&text).await,
        Clipboard::Terminal => false,
    };
    // A tmux that is too old for `load-buffer -w` still passes OSC 52 on where it is allowed to.
    if !sent {
        let (written, done) = oneshot::channel();
        let order = TerminalOrder { sequence: RevealedValue::new(osc52(&text)), written };
        let ordered = outlets.terminal.send(order).is_ok();
        if !(ordered && done.await.unwrap_or(false)) {
            return Err(Failure::new("The terminal did not take it.", "u shows other ways."));
        }
    }
    Ok(Delivery::SentToTerminal { characters })
}

/// A new file that only its owner can read.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn file_name(parcel: Parcel) -> &'static str {
    match parcel {
        Parcel::AdminConsentMessage => "consent",
        Parcel::AuthorizationRequest => "sign-in",
        Parcel::Value(_) | Parcel::ValueOfSet(..) => "value",
    }
}

fn to_file(outlets: &Outlets, name: &str, text: &RevealedValue) -> Result<Delivery, Failure> {
    // One name for each address, so that the file of an earlier sign-in is neither in the way nor taken for this one.
    let path = outlets.directory.join(format!("tokengauge-{name}-{}.txt", entropy::file_suffix()));
    let refused = |error: std::io::Error| {
        Failure::new(
            format!("{} could not be written: {error}", path.display()),
            "P prints the address on a page instead.",
        )
    };
    write_private(&path, &format!("{}\n", text.expose())).map_err(refused)?;
    Ok(Delivery::WrittenTo(path.display().to_string()))
}

/// Starts a browser on this machine with a page that leads to the address. The address itself would stand in the list of
/// processes, for everybody on the machine to open and to answer with an account of their own.
pub fn to_browser(directory: &Path, text: &RevealedValue) -> Result<Delivery, Failure> {
    let path = directory.join(format!("tokengauge-sign-in-{}.html", entropy::file_suffix()));
    let refused = |what: String| Failure::new(what, "y sends the address again.");
    let page = write_private(&path, &browser_page(text.expose()))
        .map_err(|error| refused(format!("{} could not be written: {error}", path.display())));
    page?;
    open::that_detached(&path)
        .map(|()| Delivery::BrowserStarted)
        .map_err(|_| refused("No browser could be started on this machine.".to_owned()))
}

/// A page that goes on to the address by itself. An address is ASCII without quotes or angle brackets; `&` is written as
/// HTML wants it.
fn browser_page(address: &str) -> String {
    let address = address.replace('&', "&amp;").replace('"', "%22").replace('<', "%3C").replace('>', "%3E");
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">\
         <meta http-equiv=\"refresh\" content=\"0;url={address}\"><title>Sign in</title></head>\
         <body><a href=\"{address}\">Sign in</a></body></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_the_browser_leads_to_the_address_and_to_nothing_else() {
        let page = browser_page("https://login.example/authorize?a=1&b=\"><script>");
        assert!(
            page.contains("content=\"0;url=https://login.example/authorize?a=1&amp;b=%22%3E%3Cscript%3E\"")
        );
        assert!(!page.contains("<script>"));
    }
}
