//! `authorize --device`: a sign-in by device code (RFC 8628), waited for until it is over.

use std::future::pending;

use crate::app::Edit;
use crate::catalogue::aadsts;
use crate::domain::{ConnectionName, DeviceAttemptFacts, Overview, WayIn};
use crate::runtime::exchange::{Asked, Waited, begin_device_sign_in, wait_for_device};
use crate::runtime::prompt::{self, Echo};
use crate::runtime::records;
use crate::runtime::services::Services;
use crate::runtime::stop::{Haste, Leaving, Stop, StopSignal};
use crate::sanitize::sanitize;

use super::authorize::who;
use super::context::{event_loop, exit_of, overview, wait};
use super::exit::{CliError, Exit, say};
use super::{redeem, words};

/// Shows the code and waits until the person has entered it, the code has lapsed, or Ctrl-C gives the sign-in up.
pub fn authorize(services: &Services, name: &ConnectionName) -> Result<Exit, CliError> {
    let held = overview(services, name)?;
    let begun = if held.open_device_attempt(services.clock.now()).is_some() {
        say("going on with the sign-in that was begun before");
        held
    } else {
        agree(&held)?;
        begin(services, &held)?
    };
    let Some(attempt) = begun.open_device_attempt(services.clock.now()).cloned() else {
        return Err(CliError::of_trouble(&begun).unwrap_or_else(|| over(&begun)));
    };
    explain(&begun, &attempt);
    let runtime = event_loop()?;
    let waited = runtime.block_on(wait_for_device(
        services,
        begun,
        stop_signal(services.leaving.clone()),
        tell_changes(attempt.clone()),
    ));
    // A question under way has been awaited; who waits for a lock has sent nothing.
    runtime.shutdown_background();
    let waited = waited.map_err(|error| or_by_browser(CliError::of_exchange(&error, name), name))?;
    match waited {
        Waited::Over(overview) => told(&overview, &attempt),
        Waited::Stopped(signal) => stopped(services, name, &attempt, signal),
    }
}

/// The device code is no connection's way in unless somebody said so.
fn agree(held: &Overview) -> Result<(), CliError> {
    match held.settings.way_in {
        WayIn::DeviceCode => return Ok(()),
        WayIn::ClientCredentials => {
            return Err(CliError::new(
                Exit::Refused,
                format!("nobody signs in for {}: its client acts for itself", held.name),
                format!("get a token with: tokengauge refresh {}", held.name),
            ));
        }
        WayIn::AuthorizationCode(_) => {}
    }
    if !prompt::is_possible() {
        return Err(CliError::new(
            Exit::Refused,
            format!("the device code is not the way in of {}, and there is no terminal to ask on", held.name),
            format!("choose it with: tokengauge edit {} --grant device-code", held.name),
        ));
    }
    say(
        "A device code becomes this connection's way in. Many tenants block it, at once or at a later renewal;",
    );
    say(
        "a browser is the surer way. It is also a known trap: never enter a code that somebody else sent you.",
    );
    let answer = prompt::ask("Sign in by device code? [y/N] ", Echo::Shown)?;
    if matches!(answer.as_bytes(), b"y" | b"Y" | b"yes") {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Refused,
        "nothing was begun",
        format!("sign in with a browser: tokengauge authorize {}", held.name),
    ))
}

fn begin(services: &Services, held: &Overview) -> Result<Overview, CliError> {
    wait(services, begin_device_sign_in(services, &held.id))?
        .map_err(|error| or_by_browser(CliError::of_exchange(&error, &held.name), &held.name))
}

fn explain(overview: &Overview, attempt: &DeviceAttemptFacts) {
    let settings = &overview.settings;
    let who = who(overview);
    let scopes: Vec<String> = settings.scopes.iter().map(|scope| sanitize(scope.as_str(), 200)).collect();
    say("1  Open this page, on any device with a browser:");
    say("");
    say(&format!("   {}", sanitize(attempt.verification_uri.as_str(), 400)));
    say("");
    say(&format!("2  Enter this code there:  {}", sanitize(&attempt.user_code, 40)));
    say(&format!("3  Sign in as {} and accept {} permissions:", sanitize(who, 254), scopes.len()));
    say(&format!("   app          {}", settings.client_id));
    say(&format!("   tenant       {}", sanitize(settings.tenant.as_str(), 254)));
    say(&format!("   permissions  {}", scopes.join(" ")));
    super::authorize::say_who_consents(overview);
    say("");
    say("!  Enter this code only if you yourself started this sign-in.");
    say("");
    say(&format!(
        "waiting; the code ends at {}, Ctrl-C gives the sign-in up",
        words::moment(attempt.expires_at)
    ));
}

/// Tells what a question changed; that nobody has entered the code yet is no news.
fn tell_changes(mut before: DeviceAttemptFacts) -> impl FnMut(Asked<'_>) {
    let mut hindered_by = None;
    move |asked| match asked {
        Asked::Open(attempt) => {
            if hindered_by.take().is_some() {
                say("asking goes on");
            }
            tell_change(&before, attempt);
            before = attempt.clone();
        }
        Asked::Hindered(failure) => {
            if hindered_by.as_ref() != Some(&failure) {
                say(&format!("{}; asked again", sanitize(&failure.what_happened, 400)));
                say(&sanitize(&failure.what_to_do, 400));
            }
            hindered_by = Some(failure);
        }
    }
}

fn tell_change(before: &DeviceAttemptFacts, attempt: &DeviceAttemptFacts) {
    let pause = attempt.poll.interval.num_seconds();
    match &attempt.unanswered {
        Some(why) if before.poll.interval < attempt.poll.interval || before.unanswered.is_none() => {
            let lost = if attempt.lost_since.is_some() { "" } else { ", nothing is lost" };
            say(&format!("{}; asked again{lost}", sanitize(why, 400)));
        }
        None if before.unanswered.is_some() => say("the platform answers again"),
        None if before.poll.interval < attempt.poll.interval => {
            say(&format!("the platform asks for longer pauses: every {pause} s from now on"));
        }
        _ => {}
    }
}

/// A question that is under way when the signal comes hears of it as well.
async fn stop_signal(leaving: Leaving) -> StopSignal {
    let Ok(mut stop) = Stop::listen() else { return pending().await };
    let signal = stop.next().await;
    leaving.tell(Haste::Stopping);
    signal
}

fn told(overview: &Overview, attempt: &DeviceAttemptFacts) -> Result<Exit, CliError> {
    let is_of_it = |at| at >= attempt.started_at;
    if overview.tokens.as_ref().is_some_and(|tokens| is_of_it(tokens.signed_in_at)) {
        redeem::tell_signed_in(overview);
        return Ok(Exit::Ok);
    }
    let trouble =
        overview.trouble.as_ref().filter(|trouble| overview.attempt.is_none() && is_of_it(trouble.at));
    Err(trouble.map_or_else(
        || over(overview),
        |trouble| or_by_browser(CliError::of_one_trouble(trouble, &overview.name), &overview.name),
    ))
}

/// Where device codes are refused as such, another one is no advice.
fn or_by_browser(error: CliError, name: &ConnectionName) -> CliError {
    match error {
        CliError::Told(exit, failure) if failure.aadsts().is_some_and(aadsts::blocks_device_code) => {
            CliError::new(
                exit,
                failure.what_happened,
                format!(
                    "device codes are refused here; sign in with a browser: tokengauge authorize {name} --print-url"
                ),
            )
        }
        error => error,
    }
}

/// The code has lapsed. If the platform was silent to the end, that is what stood in the way.
fn over(overview: &Overview) -> CliError {
    let again = format!("begin anew: tokengauge authorize {} --device", overview.name);
    let Some(attempt) = overview.attempt.as_ref().and_then(|attempt| attempt.device()) else {
        return CliError::new(Exit::SignInNeeded, "the sign-in was ended elsewhere", again);
    };
    match &attempt.unanswered {
        Some(why) => CliError::new(Exit::TryLater, format!("{why}, until the code had lapsed"), again),
        None => CliError::new(Exit::SignInNeeded, "nobody entered the code in time", again),
    }
}

/// Ctrl-C gives the sign-in up; whoever is ended otherwise can go on with it.
fn stopped(
    services: &Services,
    name: &ConnectionName,
    attempt: &DeviceAttemptFacts,
    signal: StopSignal,
) -> Result<Exit, CliError> {
    if signal == StopSignal::Interrupt {
        records::change(
            services,
            &overview(services, name)?.id,
            &Edit::AbandonAttempt { mark: attempt.user_code.clone() },
        )?;
        say("given up: the code is not asked about any more");
    }
    Err(CliError::Quiet(exit_of(signal)))
}
