//! `authorize` where something listens here: for a browser on this machine, or for one at the other end of a tunnel.
//! Where there is a terminal the address may be pasted meanwhile as well.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use zeroize::Zeroizing;

use crate::app::{Failure, GoFate, ListenerFacts};
use crate::domain::secret::{PastedText, RevealedValue, Secret};
use crate::domain::{Capture, ConnectionId, Overview};
use crate::runtime::delivery;
use crate::runtime::listener::{self, Heard, ListenError, Listener};
use crate::runtime::process::prove_limits;
use crate::runtime::prompt::{self, Echo, PromptError};
use crate::runtime::services::Services;
use crate::runtime::stop::{Stop, StopSignal};

use super::context::{exit_of, no_event_loop, ordered_to_lock};
use super::dashboard::surroundings;
use super::exit::{CliError, Exit, say, tell};
use super::redeem::{self, Judged};

/// Whether a browser here is to be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    /// The person opens one.
    Left,
    /// Start one with the address.
    Started,
}

/// A code that was not used is tried again after these.
const AGAIN_AFTER: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(30)];

/// What ends the waiting.
enum Came {
    Answer(PastedText),
    Pasted(Zeroizing<String>),
    Opened,
    Guessed,
    Over,
}

/// Refuses what nothing here could listen for, before a sign-in is begun.
pub fn check(overview: &Overview) -> Result<(), CliError> {
    let redirect_uri = &overview.settings.redirect_uri;
    if redirect_uri.listen_at().is_some() {
        return Ok(());
    }
    let failure = ListenError::NotLoopback(redirect_uri.to_string()).failure();
    Err(CliError::new(
        Exit::Usage,
        failure.what_happened,
        format!(
            "only http://localhost and http://127.0.0.1 can be listened for; by pasting: tokengauge authorize {} --paste",
            overview.name
        ),
    ))
}

/// Opens the port and waits for the browser. `Err` in `Ok` if nothing can listen: the address may still be pasted.
pub fn wait(
    services: &Services,
    overview: &Overview,
    capture: Capture,
    browser: Browser,
) -> Result<Result<Exit, Failure>, CliError> {
    let runtime = event_loop()?;
    let (stop, listener) = {
        let _inside = runtime.enter();
        // Before anything is said: whoever reads it may end us at once.
        let stop = Stop::listen().map_err(PromptError::from)?;
        match listener::for_sign_in(services, overview, capture) {
            Ok(listener) => (stop, listener),
            Err(failure) => return Ok(Err(failure)),
        }
    };
    explain(overview, listener.facts());
    if browser == Browser::Started {
        start_browser(overview);
    }
    let waited = Waiting::begin(&runtime, listener, stop, capture).until_signed_in(services, overview);
    // A request under way has been awaited; nobody waits for the port.
    runtime.shutdown_background();
    waited.map(Ok)
}

/// Of its own: what listens goes on while a code is redeemed.
fn event_loop() -> Result<Runtime, CliError> {
    let built =
        prove_limits().and_then(|()| Builder::new_multi_thread().worker_threads(1).enable_all().build());
    built.map_err(|error| no_event_loop(&error))
}

struct Waiting<'r> {
    runtime: &'r Runtime,
    heard: UnboundedReceiver<Heard>,
    stop: Stop,
    capture: Capture,
}

/// Listens in the background; what is heard comes out here.
fn serve(runtime: &Runtime, listener: Listener) -> UnboundedReceiver<Heard> {
    let (teller, heard) = mpsc::unbounded_channel();
    runtime.spawn(listener.serve(move |heard| {
        // Whoever waited may have been told otherwise.
        let _ = teller.send(heard);
    }));
    heard
}

/// The connection, if its sign-in is open in the record as it is now.
fn still_open(services: &Services, id: &ConnectionId) -> Option<Overview> {
    // Its answer came: it is only not in the record.
    if services.vault.has_emergency_copy(id) {
        return None;
    }
    let connection = services.vault.connection_by_id(id).ok()?;
    let held = services.overview(&connection);
    held.open_code_attempt(services.clock.now()).is_some().then_some(held)
}

impl<'r> Waiting<'r> {
    fn begin(runtime: &'r Runtime, listener: Listener, stop: Stop, capture: Capture) -> Self {
        Self { runtime, heard: serve(runtime, listener), stop, capture }
    }

    /// A listener ends with the answer that it heard. Where that was refused and tries are left, another follows.
    fn listen_again(&mut self, services: &Services, overview: &Overview) -> Result<(), CliError> {
        let Some(held) = still_open(services, &overview.id) else {
            return Err(redeem::attempt_over(&overview.name));
        };
        let listener = {
            let _inside = self.runtime.enter();
            listener::for_sign_in(services, &held, self.capture)
        };
        let listener = listener
            .map_err(|failure| CliError::new(Exit::LocalIo, failure.what_happened, failure.what_to_do))?;
        say("the sign-in is still open, and its answer is listened for again");
        explain(&held, listener.facts());
        self.heard = serve(self.runtime, listener);
        Ok(())
    }

    /// Redeems. A browser's answer exists once: while the sign-in stays open, what failed is tried again.
    fn take(&mut self, services: &Services, overview: &Overview, text: &[u8]) -> Result<Judged, CliError> {
        for pause in AGAIN_AFTER {
            match redeem::take(services, &overview.id, text) {
                Err(error) if still_open(services, &overview.id).is_some() => {
                    error.tell();
                    say(&format!("the sign-in is still open: tried again in {} seconds", pause.as_secs()));
                    self.runtime.block_on(wait_out(pause, &mut self.stop))?;
                }
                judged => return judged,
            }
        }
        redeem::take(services, &overview.id, text)
    }

    fn until_signed_in(mut self, services: &Services, overview: &Overview) -> Result<Exit, CliError> {
        loop {
            let came = self.runtime.block_on(next(services, &mut self.heard, &mut self.stop))?;
            let judged = match came {
                Came::Answer(text) => self.take(services, overview, text.expose().as_bytes())?,
                Came::Pasted(text) => self.take(services, overview, text.as_bytes())?,
                Came::Opened => {
                    say("the address was opened; the answer comes back by itself");
                    continue;
                }
                Came::Guessed => {
                    say("somebody guessed at the address ten times: it is closed. The port still listens");
                    continue;
                }
                Came::Over => {
                    self.listen_again(services, overview)?;
                    continue;
                }
            };
            match judged {
                Judged::Redeemed(overview) => {
                    redeem::tell_signed_in(&overview);
                    return Ok(Exit::Ok);
                }
                Judged::Refused { failure, tries_left } => {
                    tell(&failure);
                    if tries_left == 0 {
                        return Err(redeem::attempt_over(&overview.name));
                    }
                    say(&format!("{tries_left} of 5 tries left"));
                }
            }
        }
    }
}

/// A pause that a signal ends.
async fn wait_out(pause: Duration, stop: &mut Stop) -> Result<(), CliError> {
    tokio::select! {
        () = tokio::time::sleep(pause) => Ok(()),
        signal = stop.next() => Err(stopped(signal)),
    }
}

/// The next thing that happens: the browser, a paste, a signal, the end of the sign-in, the order to lock the vault.
async fn next(
    services: &Services,
    heard: &mut UnboundedReceiver<Heard>,
    stop: &mut Stop,
) -> Result<Came, CliError> {
    tokio::select! {
        heard = heard.recv() => Ok(match heard {
            Some(Heard::Redirected(text)) => Came::Answer(text),
            Some(Heard::Go(GoFate::Closed)) => Came::Guessed,
            Some(Heard::Go(_)) => Came::Opened,
            None => Came::Over,
        }),
        pasted = pasted() => Ok(Came::Pasted(pasted?)),
        signal = stop.next() => Err(stopped(signal)),
        locked = ordered_to_lock(services) => Err(locked),
    }
}

/// What is pasted on the terminal; without one nothing ever is.
async fn pasted() -> Result<Zeroizing<String>, PromptError> {
    if !prompt::is_possible() {
        return std::future::pending().await;
    }
    prompt::answer(
        "Waiting for the browser. Its address may be pasted here too (it is not shown): ",
        Echo::Hidden,
    )
    .await
}

fn stopped(signal: StopSignal) -> CliError {
    CliError::Quiet(exit_of(signal))
}

fn explain(overview: &Overview, facts: &ListenerFacts) {
    let (who, count) = (super::authorize::who(overview), overview.settings.scopes.len());
    let Some(command) = facts.ssh_command() else {
        say("1  Open this address in a browser on this machine:");
        say("");
        say(super::authorize::address(overview));
        say("");
        say(&format!("2  Sign in as {who} and accept {count} permissions."));
        super::authorize::say_who_consents(overview);
        say(&format!("   The browser brings its answer to port {} here by itself.", facts.port));
        return;
    };
    say("1  On your own computer, open a tunnel to this machine:");
    say("");
    say(&format!("   {command}"));
    say("");
    say("   In PuTTY, Connection > SSH > Tunnels:");
    say(&format!("   Source port {}, Destination {}, Local; then Add", facts.port, facts.destination()));
    say("2  In a browser there, open this address. It works once:");
    say("");
    say(&format!("   {}", facts.go_address().unwrap_or_default()));
    say("");
    say(&format!("3  Sign in as {who} and accept {count} permissions."));
    super::authorize::say_who_consents(overview);
    say("   The answer comes back through the tunnel by itself.");
}

fn start_browser(overview: &Overview) {
    let address = RevealedValue::new(super::authorize::address(overview));
    if let Err(failure) = delivery::to_browser(&surroundings().directory, &address) {
        tell(&Failure::new(failure.what_happened, "open the address yourself"));
    }
}
