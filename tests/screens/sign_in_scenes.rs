//! Signing in by address, by device code and through a listener, and the consent of an administrator.

use tokengauge::app::sign_in::RefusedPaste;
use tokengauge::app::{
    App, Browser, ConsentPanel, ConsentPhase, Delivery, DevicePhase, DeviceSignInPanel, Failure, GoFate,
    Listening, Panel, Phase, Question, RequestId, SignInPanel, Tab, TunnelLine,
};
use tokengauge::domain::{Capture, Overview};

use super::fixtures::{self, Make, on, only};
use super::scenes::{Scene, changed};

fn signing_in(overview: Overview, change: impl FnOnce(&mut SignInPanel)) -> App {
    let mut panel = fixtures::waiting_panel(&overview);
    change(&mut panel);
    changed(only(overview, Tab::Connections), |app| app.panel = Some(Panel::SignIn(panel)))
}

pub fn device_sign_ins() -> Vec<Scene> {
    let shown = |overview: Overview, phase: DevicePhase| {
        let panel = DeviceSignInPanel::new(overview.id.clone(), phase);
        changed(only(overview, Tab::Connections), |app| app.panel = Some(Panel::DeviceSignIn(panel)))
    };
    let open = || Make::unsigned("contoso-prod", "ops@contoso.com").coded();
    let waiting = || DevicePhase::Waiting { since: fixtures::code_began() };
    let silent = "login.microsoftonline.com did not answer within 10 s";
    let blocked = Failure::new(
        "Conditional Access blocks this sign-in (AADSTS53003)",
        "Ask the tenant's administrator; the sign-in log names the policy.",
    );
    let declined =
        Failure::new("the sign-in was declined (AADSTS70018)", "Begin a new one (a) if that was a mistake.");
    let long_address =
        "https://login.microsoftonline.us/common/oauth2/v2.0/deviceauth/enter-your-code-on-this-page";
    vec![
        ("device_beginning", shown(open().done(), DevicePhase::Beginning(RequestId(1)))),
        ("device_waiting", shown(open().done(), waiting())),
        ("device_unanswered", shown(open().silent(silent).done(), waiting())),
        ("device_odd_code", shown(open().code("wdjb-mjht/7", long_address).done(), waiting())),
        (
            "device_blocked",
            shown(Make::unsigned("contoso-prod", "ops@contoso.com").done(), DevicePhase::Blocked(blocked)),
        ),
        (
            "device_declined",
            shown(Make::unsigned("contoso-prod", "ops@contoso.com").done(), DevicePhase::Failed(declined)),
        ),
        (
            "question_device_code",
            changed(on(Tab::Connections, "contoso-prod"), |app| {
                let panel = SignInPanel::waiting(app.chosen().unwrap().id.clone());
                app.panel = Some(Panel::Question(Question::DeviceCode(Box::new(panel))));
            }),
        ),
    ]
}

fn opened(wrong_pastes: u8) -> Overview {
    Make::healthy("contoso-prod", "ops@contoso.com").attempt(wrong_pastes).done()
}

pub fn sign_ins() -> Vec<Scene> {
    let sent = || Some(Ok(Delivery::SentToTerminal { characters: 471 }));
    let refused = RefusedPaste {
        failure: Failure::new(
            "this is the address before the sign-in, not the one after it",
            "sign in first; copy the address when the page cannot be reached",
        ),
        echo: "https://login.microsoftonline.com/●●●".into(),
    };
    let failure = Failure::new(
        "dave@contoso.com signed in; this connection expects ops@contoso.com. Nothing saved",
        "sign out in the browser, or use a private window, then begin again",
    );
    vec![
        (
            "sign_in_beginning",
            signing_in(Make::unsigned("contoso-prod", "ops@contoso.com").done(), |panel| {
                panel.phase = Phase::Beginning(RequestId(1));
            }),
        ),
        (
            "sign_in_not_sent",
            signing_in(opened(0), |panel| {
                panel.sent = Some(Err(Failure::new(
                    "the terminal takes no clipboard text",
                    "use another way: press u",
                )));
            }),
        ),
        ("sign_in_sent", signing_in(opened(0), |panel| panel.sent = sent())),
        (
            "sign_in_pasting",
            signing_in(opened(1), |panel| {
                panel.sent = sent();
                panel.paste.focused = true;
                panel.paste.push("http://localhost:8400/?code=TGSECRETcode&state=sTaTe");
            }),
        ),
        (
            "sign_in_refused",
            signing_in(opened(2), |panel| {
                panel.sent = sent();
                panel.refusal = Some(refused);
            }),
        ),
        (
            "sign_in_other_ways",
            signing_in(opened(0), |panel| {
                panel.sent = sent();
                panel.other_ways = true;
            }),
        ),
        (
            "sign_in_native",
            signing_in(
                Make::unsigned("contoso-prod", "ops@contoso.com")
                    .redirect("https://login.microsoftonline.com/common/oauth2/nativeclient")
                    .attempt(0)
                    .done(),
                |panel| panel.sent = sent(),
            ),
        ),
        ("sign_in_redeeming", signing_in(opened(0), |panel| panel.phase = Phase::Redeeming(RequestId(2)))),
        ("sign_in_failed", signing_in(opened(0), |panel| panel.phase = Phase::Failed(failure))),
    ]
}

pub fn consents() -> Vec<Scene> {
    let at = |phase: ConsentPhase, change: &dyn Fn(&mut ConsentPanel)| {
        let own = fixtures::consent_asked(Make::unsigned("litware", "int@litware.example").done());
        let mut panel = ConsentPanel::new(own.id.clone(), phase);
        change(&mut panel);
        changed(only(own, Tab::Connections), |app| app.panel = Some(Panel::Consent(panel)))
    };
    let refused = || RefusedPaste {
        failure: Failure::new(
            "No answer of an administrator was found in the pasted text.",
            "Paste the address their browser ended on; it holds admin_consent=True.",
        ),
        echo: "http://localhost:8400/?●●●".into(),
    };
    vec![
        ("consent_beginning", at(ConsentPhase::Beginning(RequestId(1)), &|_| {})),
        ("consent_waiting", at(ConsentPhase::Waiting, &|_| {})),
        (
            "consent_sent",
            at(ConsentPhase::Waiting, &|panel| {
                panel.sent = Some(Ok(Delivery::SentToTerminal { characters: 1_204 }));
            }),
        ),
        ("consent_refused", at(ConsentPhase::Waiting, &|panel| panel.refusal = Some(refused()))),
        ("consent_given", at(ConsentPhase::Given, &|_| {})),
        (
            "consent_failed",
            at(
                ConsentPhase::Failed(Failure::new(
                    "consent was declined (AADSTS65004)",
                    "Sign in again (a) and accept.",
                )),
                &|_| {},
            ),
        ),
    ]
}

pub fn listening() -> Vec<Scene> {
    let through =
        |capture| Make::healthy("contoso-prod", "ops@contoso.com").attempt(0).through(capture).done();
    let tunnel = |fate, handed: Option<TunnelLine>| {
        signing_in(through(Capture::Tunnel), |panel| {
            panel.listening = fixtures::listening(Some(fate));
            panel.sent = handed.map(|_| Ok(Delivery::SentToTerminal { characters: 37 }));
            panel.handed = handed;
        })
    };
    let taken = Failure::new(
        "Port 8400 of this machine is taken by another program.",
        "Paste the address (p), or register a redirect URI with another port (e).",
    );
    vec![
        (
            "loopback_listening",
            changed(
                signing_in(through(Capture::Loopback), |panel| {
                    panel.sent = Some(Ok(Delivery::BrowserStarted));
                    panel.listening = fixtures::listening(None);
                }),
                |app| app.environment.browser = Browser::Here,
            ),
        ),
        (
            "tunnel_opening",
            signing_in(through(Capture::Tunnel), |panel| panel.listening = Listening::Starting(RequestId(3))),
        ),
        ("tunnel_listening", tunnel(GoFate::Open, None)),
        ("tunnel_command_sent", tunnel(GoFate::Open, Some(TunnelLine::SshCommand))),
        ("tunnel_address_opened", tunnel(GoFate::Used, Some(TunnelLine::GoAddress))),
        ("tunnel_guessed_at", tunnel(GoFate::Closed, Some(TunnelLine::SshCommand))),
        (
            "tunnel_port_taken",
            signing_in(through(Capture::Tunnel), |panel| {
                panel.sent = Some(Ok(Delivery::SentToTerminal { characters: 471 }));
                panel.listening = Listening::Failed(taken);
            }),
        ),
        (
            "tunnel_impossible",
            signing_in(
                Make::unsigned("contoso-prod", "ops@contoso.com")
                    .redirect("https://login.microsoftonline.com/common/oauth2/nativeclient")
                    .attempt(0)
                    .done(),
                |panel| panel.other_ways = true,
            ),
        ),
    ]
}
