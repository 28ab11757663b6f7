//! Ways in that listen: when it begins, what comes back, and that every end closes the port.

use tokengauge::app::{
    Action, Answer, Browser, Edit, Effect, GoFate, ListenerFacts, Listening, Panel, Parcel, Phase, RequestId,
    TunnelFacts, Way,
};
use tokengauge::domain::secret::PastedText;
use tokengauge::domain::{AttemptFacts, Capture, Overview, RedirectUri, RenewalKind, TroubleKind, WayIn};

use super::fixtures::*;

fn through(capture: Capture) -> Overview {
    with(unsigned("northwind"), |own| own.settings.way_in = WayIn::AuthorizationCode(capture))
}

fn facts(fate: Option<GoFate>) -> ListenerFacts {
    let tunnel =
        fate.map(|fate| TunnelFacts { ssh_target: "ops@jump".into(), code: "kd7m2xqp".into(), fate });
    ListenerFacts { port: 8400, tunnel }
}

/// The request of the only listener among these.
fn listener(effects: &[Effect]) -> RequestId {
    let mut listeners = effects.iter().filter(|effect| matches!(effect, Effect::Listen { .. }));
    let found = listeners.next().unwrap_or_else(|| panic!("no listener: {effects:?}"));
    assert_eq!(listeners.next(), None);
    request(found)
}

fn tell(desk: &mut Desk, request: RequestId, answer: Answer) -> Vec<Effect> {
    desk.send(tokengauge::app::Message::Answer { request, answer })
}

/// A desk with an open sign-in that is listened for, and the listener's request.
fn listening(capture: Capture) -> (Desk, RequestId) {
    let mut desk = Desk::open(vec![begun(through(capture), start()), healthy("quiet")]);
    let effects = desk.press("a");
    let listener = listener(&effects);
    let fate = (capture == Capture::Tunnel).then_some(GoFate::Open);
    tell(&mut desk, listener, Answer::Listening(Ok(facts(fate))));
    (desk, listener)
}

fn sent_texts(effects: &[Effect]) -> Vec<&str> {
    let texts = effects.iter().filter_map(|effect| match effect {
        Effect::SendText { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn without_port(mut overview: Overview) -> Overview {
    overview.settings.redirect_uri = RedirectUri::parse("http://localhost/").unwrap();
    if let Some(AttemptFacts::Code(attempt)) = &mut overview.attempt {
        attempt.redirect_uri = overview.settings.redirect_uri.clone();
    }
    overview
}

#[test]
fn loopback_listens_at_once_and_sends_the_address_too() {
    let mut desk = Desk::open(vec![through(Capture::Loopback)]);
    let effects = desk.press("a");
    assert!(matches!(effects[..], [Effect::BeginAttempt { capture: Capture::Loopback, .. }]));
    let effects = desk.answer_with(&effects, begun(through(Capture::Loopback), start()));
    assert!(matches!(
        effects[..],
        [
            Effect::Deliver { parcel: Parcel::AuthorizationRequest, way: Way::Clipboard, .. },
            Effect::Listen { capture: Capture::Loopback, .. }
        ]
    ));
}

#[test]
fn a_tunnel_listens_at_once_and_sends_nothing_unasked() {
    let mut desk = Desk::open(vec![begun(through(Capture::Tunnel), start())]);
    let effects = desk.press("a");
    assert!(matches!(effects[..], [Effect::Listen { capture: Capture::Tunnel, .. }]), "{effects:?}");
    assert!(desk.sign_in().shows_tunnel());
}

#[test]
fn what_the_browser_brings_is_redeemed_and_the_listener_may_say_good_bye() {
    for capture in [Capture::Loopback, Capture::Tunnel] {
        let (mut desk, listener) = listening(capture);
        let effects = tell(&mut desk, listener, Answer::Redirected(PastedText::new(GOOD)));
        assert_eq!((exchanges(&effects), effects.len()), (1, 1), "it is not cancelled: {effects:?}");
        assert!(matches!(desk.sign_in().phase, Phase::Redeeming(_)));
        let own = with(desk.own("northwind"), |own| renew(own, desk.now, RenewalKind::SignIn));
        assert_eq!(desk.answer_with(&effects, own), []);
        assert_eq!((&desk.app.panel, desk.said()), (&None, "northwind: signed in, tokens stored."));
        assert_eq!(tell(&mut desk, listener, Answer::Redirected(PastedText::new(GOOD))), [], "once");
    }
}

#[test]
fn it_is_taken_under_help_behind_a_question_and_behind_the_lock() {
    for keys in [&["?"][..], &["X"], &["u", "P"], &["L"]] {
        let (mut desk, listener) = listening(Capture::Loopback);
        for key in keys {
            if *key == "L" {
                desk.act(Action::Lock);
                // In a panel there is no lock by key; time locks as well.
                let effects = desk.after(minutes(11));
                assert!(!effects.contains(&Effect::Cancel(listener)), "{effects:?}");
            } else {
                desk.press(key);
            }
        }
        let effects = tell(&mut desk, listener, Answer::Redirected(PastedText::new(GOOD)));
        assert_eq!(exchanges(&effects), 1, "{keys:?}");
    }
}

#[test]
fn a_question_about_a_device_code_leaves_the_port_open() {
    let (mut desk, listener) = listening(Capture::Tunnel);
    assert_eq!(desk.press("d"), [], "nothing is cancelled yet");
    assert!(matches!(desk.app.panel, Some(Panel::Question(_))));
    let mut answered = desk.clone();
    let effects = tell(&mut answered, listener, Answer::Redirected(PastedText::new(GOOD)));
    assert_eq!(exchanges(&effects), 1, "what comes during the question is taken");
    assert_eq!(desk.press("Esc"), []);
    assert_eq!(desk.sign_in().listening.request(), Some(listener));
    desk.press("d");
    assert_eq!(desk.press("Enter").last(), Some(&Effect::Cancel(listener)), "a device code needs none");
}

#[test]
fn a_paste_works_meanwhile_and_closes_the_port() {
    for capture in [Capture::Loopback, Capture::Tunnel] {
        let (mut desk, listener) = listening(capture);
        let effects = desk.paste(GOOD);
        assert_eq!(exchanges(&effects), 1);
        assert_eq!(effects.last(), Some(&Effect::Cancel(listener)));
    }
}

#[test]
fn a_refused_paste_is_told_and_the_listener_waits_on() {
    let (mut desk, listener) = listening(Capture::Tunnel);
    let effects = desk.paste("http://localhost:8400/?code=0.abc-def&state=another-one");
    assert!(!effects.contains(&Effect::Cancel(listener)));
    assert!(desk.sign_in().refusal.is_some() && !desk.sign_in().shows_tunnel());
    assert_eq!(exchanges(&tell(&mut desk, listener, Answer::Redirected(PastedText::new(GOOD)))), 1);
}

#[test]
fn every_end_of_a_sign_in_closes_the_port() {
    let closes = |what: &str, end: &dyn Fn(&mut Desk) -> Vec<Effect>| {
        let (mut desk, listener) = listening(Capture::Tunnel);
        let effects = end(&mut desk);
        assert_eq!(effects.last(), Some(&Effect::Cancel(listener)), "{what}");
        assert!(!desk.after(seconds(1)).contains(&Effect::Cancel(listener)), "once");
    };
    closes("closed", &|desk| desk.press("Esc"));
    closes("left", &|desk| desk.press("q"));
    closes("given up", &|desk| {
        desk.press("X");
        desk.press("Enter")
    });
    closes("over", &|desk| desk.after(minutes(15)));
    closes("over under help", &|desk| {
        desk.press("?");
        desk.after(minutes(15))
    });
    closes("ended elsewhere", &|desk| {
        let reading = desk.send(tokengauge::app::Message::RecordsChanged);
        let read = with(through(Capture::Tunnel), |own| own.generation = 9);
        desk.answer(&reading, Answer::Contents(Ok(contents(vec![read]))))
    });
    closes("refused by the platform", &|desk| {
        desk.paste("http://localhost:8400/?error=access_denied&state=state-of-northwind")
    });
}

#[test]
fn before_it_listens_it_can_be_closed_too() {
    let mut desk = Desk::open(vec![begun(through(Capture::Tunnel), start())]);
    let effects = desk.press("a");
    let listener = listener(&effects);
    assert_eq!(desk.press("Esc"), [Effect::Cancel(listener)]);
    assert_eq!(tell(&mut desk, listener, Answer::Listening(Ok(facts(Some(GoFate::Open))))), []);
    assert_eq!(desk.app.panel, None);
}

#[test]
fn a_closed_panel_listens_again_when_it_is_opened() {
    let (mut desk, first) = listening(Capture::Tunnel);
    desk.press("Esc");
    let effects = desk.press("a");
    assert_ne!(listener(&effects), first);
}

#[test]
fn a_port_that_is_taken_leaves_pasting() {
    for capture in [Capture::Loopback, Capture::Tunnel] {
        let mut desk = Desk::open(vec![begun(through(capture), start())]);
        let effects = desk.press("a");
        let listener = listener(&effects);
        let effects = tell(&mut desk, listener, Answer::Listening(Err(failure())));
        assert_eq!(desk.sign_in().listening, Listening::Failed(failure()));
        assert!(!desk.sign_in().shows_tunnel());
        // Pasting begins with the whole address, which a tunnel had not sent.
        let sends =
            effects.iter().any(|effect| matches!(effect, Effect::Deliver { way: Way::Clipboard, .. }));
        assert_eq!(sends, capture == Capture::Tunnel);
        assert_eq!(exchanges(&desk.paste(GOOD)), 1);
    }
}

#[test]
fn t_leads_to_the_tunnel_and_back_and_the_connection_keeps_it() {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start())]);
    desk.press("a");
    let theme = desk.app.theme.clone();
    let effects = desk.press("T");
    assert_eq!(desk.app.theme, theme, "here T is the tunnel");
    let [Effect::Change { edit, .. }, Effect::Listen { .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(**edit, Edit::WayIn(WayIn::AuthorizationCode(Capture::Tunnel)));
    let listener = listener(&effects);
    tell(&mut desk, listener, Answer::Listening(Ok(facts(Some(GoFate::Open)))));
    assert!(desk.sign_in().shows_tunnel());

    let effects = desk.press("T");
    let [Effect::Change { edit, .. }, Effect::Deliver { .. }, Effect::Cancel(closed)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(**edit, Edit::WayIn(WayIn::AuthorizationCode(Capture::Paste)));
    assert_eq!(*closed, listener);
    assert!(!desk.sign_in().shows_tunnel());

    desk.press("Esc");
    desk.press("T");
    assert_ne!(desk.app.theme, theme, "elsewhere T is the theme");
}

#[test]
fn p_pastes_for_once_while_the_tunnel_stays_open() {
    let (mut desk, _) = listening(Capture::Tunnel);
    assert_eq!(desk.press("p"), []);
    assert!(!desk.sign_in().shows_tunnel() && desk.app.is_typing());
    assert_eq!(desk.press("Esc"), []);
    assert!(desk.sign_in().shows_tunnel());
}

#[test]
fn y_sends_the_command_then_the_address_then_a_new_address_once_it_is_spent() {
    let (mut desk, first) = listening(Capture::Tunnel);
    let effects = desk.press("y");
    assert_eq!(sent_texts(&effects), ["ssh -L 8400:127.0.0.1:8400 ops@jump"]);
    desk.answer(&effects, sent(37));
    let effects = desk.press("y");
    assert_eq!(sent_texts(&effects), ["http://localhost:8400/go/kd7m2xqp"]);
    desk.answer(&effects, sent(33));
    assert_eq!(sent_texts(&desk.press("y")), ["ssh -L 8400:127.0.0.1:8400 ops@jump"]);

    tell(&mut desk, first, Answer::Listening(Ok(facts(Some(GoFate::Used)))));
    let effects = desk.press("y");
    let second = listener(&effects);
    assert_eq!(effects.len(), 1, "the new one takes the place of the old: {effects:?}");
    tell(&mut desk, second, Answer::Listening(Ok(facts(Some(GoFate::Open)))));
    assert_eq!(sent_texts(&desk.press("y")), ["http://localhost:8400/go/kd7m2xqp"]);
}

#[test]
fn an_address_without_a_port_is_begun_anew_for_a_tunnel() {
    let mut desk = Desk::open(vec![without_port(begun(unsigned("northwind"), start()))]);
    desk.press("a");
    let effects = desk.press("T");
    assert!(matches!(effects[..], [Effect::Change { .. }]));
    let kept = without_port(begun(through(Capture::Tunnel), start()));
    let effects = desk.answer_with(&effects, kept);
    assert!(matches!(effects[..], [Effect::BeginAttempt { capture: Capture::Tunnel, .. }]), "{effects:?}");
    let anew = begun(through(Capture::Tunnel), start());
    listener(&desk.answer_with(&effects, anew));
}

#[test]
fn t_tries_a_port_again_that_was_taken() {
    let (mut desk, first) = listening(Capture::Tunnel);
    tell(&mut desk, first, Answer::Listening(Err(failure())));
    let effects = desk.press("T");
    assert!(matches!(effects[..], [Effect::Listen { .. }, ..]), "{effects:?}");
    assert!(desk.sign_in().shows_tunnel());
}

#[test]
fn where_nothing_can_be_listened_for_t_is_not_on_offer() {
    let elsewhere = with(begun(unsigned("northwind"), start()), |own| {
        let uri = RedirectUri::parse("https://login.microsoftonline.com/common/oauth2/nativeclient").unwrap();
        if let Some(AttemptFacts::Code(attempt)) = &mut own.attempt {
            attempt.redirect_uri = uri;
        }
    });
    let mut desk = Desk::open(vec![elsewhere]);
    desk.press("a");
    assert!(!desk.app.on_offer(desk.now).contains(&Action::Tunnel));
    let theme = desk.app.theme.clone();
    assert_eq!((desk.press("T"), &desk.app.theme), (vec![], &theme), "nor is it the theme here");
}

#[test]
fn a_browser_here_is_listened_for_and_the_connection_stays_as_it_is() {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start())]);
    desk.app.environment.browser = Browser::Here;
    desk.press("a");
    let effects = desk.press("o");
    assert!(matches!(
        effects[..],
        [Effect::Deliver { way: Way::Browser, .. }, Effect::Listen { capture: Capture::Loopback, .. }]
    ));
    assert!(matches!(desk.press("o")[..], [Effect::Deliver { .. }]), "one listener is enough");
}

#[test]
fn a_connection_that_never_stood_is_listened_for_again() {
    let (mut desk, first) = listening(Capture::Tunnel);
    let effects = tell(&mut desk, first, Answer::Redirected(PastedText::new(GOOD)));
    let retry = TroubleKind::TryLater {
        retry_at: start() + seconds(30),
        attempt: 1,
        wait: tokengauge::domain::Wait::BackOff,
    };
    let own = with(desk.own("northwind"), |own| refuse(own, desk.now, retry));
    assert_ne!(listener(&desk.answer_with(&effects, own)), first);
    assert_eq!(desk.sign_in().phase, Phase::Waiting);
}

#[test]
fn what_a_listener_brought_is_kept_until_it_is_redeemed() {
    let (mut desk, first) = listening(Capture::Tunnel);
    let effects = tell(&mut desk, first, Answer::Redirected(PastedText::new(GOOD)));
    let reading = desk.answer(&effects, Answer::Connection(Err(failure())));
    let own = desk.own("northwind");
    let effects = desk.answer(&reading, Answer::Contents(Ok(contents(vec![own]))));
    assert_ne!(listener(&effects), first, "it listens again as well");
    assert_eq!((desk.sign_in().paste.text(), desk.app.is_typing()), (GOOD, true));
    assert_eq!(exchanges(&desk.press("Enter")), 1);
}

#[test]
fn what_a_listener_brings_during_a_renewal_goes_out_when_that_has_ended() {
    let due = with(through(Capture::Loopback), |own| renew(own, start() - minutes(55), RenewalKind::Refresh));
    let mut desk = Desk::open(vec![begun(due, start())]);
    let renewal = desk.press("r");
    let listener = listener(&desk.press("a"));
    assert_eq!(tell(&mut desk, listener, Answer::Redirected(PastedText::new(GOOD))), []);
    let renewed = with(desk.own("northwind"), |own| renew(own, desk.now, RenewalKind::Refresh));
    assert_eq!(exchanges(&desk.answer_with(&renewal, renewed)), 1);
}

#[test]
fn leaving_the_program_needs_no_more_than_that() {
    let (mut desk, listener) = listening(Capture::Loopback);
    let effects = desk.act(Action::Interrupt);
    assert!(matches!(effects[..], [Effect::Quit(_)]), "{effects:?} {listener:?}");
    assert!(matches!(desk.app.panel, Some(Panel::SignIn(_))));
}
