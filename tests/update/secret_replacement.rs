//! Replacing a client secret: one first, then eight at a time, and what follows from how that ends.

use std::collections::BTreeSet;

use tokengauge::app::{
    Answer, Effect, Message, Panel, ProofNews, ReplacementEnd, ReplacementFacts, SecretPanel, SecretPhase,
    SecretToProve,
};
use tokengauge::domain::app_registration::CredentialFacts;
use tokengauge::domain::secret::ClientSecret;
use tokengauge::domain::{
    ConnectionId, Consumer, Destination, HandOver, HandedOver, Overview, Proof, ProofRun, ProofState,
    TroubleKind, Unproven, Verdict,
};

use super::fixtures::*;

pub const NEW: &str = "new~secret.value-of-forty-characters-0001";

pub fn many(count: usize) -> Vec<Overview> {
    (0..count).map(|place| healthy(&format!("c{place:02}"))).collect()
}

pub fn panel(desk: &Desk) -> &SecretPanel {
    match &desk.app.panel {
        Some(Panel::Secret(panel)) => panel,
        other => panic!("no replacement: {other:?}"),
    }
}

/// The renewals among the effects.
pub fn proofs(effects: &[Effect]) -> Vec<(ConnectionId, SecretToProve)> {
    let of = |effect: &Effect| match effect {
        Effect::ProveSecret { connection, secret, .. } => Some((connection.clone(), secret.clone())),
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

pub fn typed() -> SecretToProve {
    SecretToProve::Typed { value: ClientSecret::new(NEW), ends_on: None }
}

/// Opens the panel, gives the secret and lets the first renewal go.
pub fn begun(desk: &mut Desk) -> Vec<Effect> {
    assert_eq!(desk.press("S"), []);
    assert_eq!(desk.paste(NEW), []);
    desk.press("Enter")
}

pub fn answered(desk: &mut Desk, effect: &Effect, proof: Proof) -> Vec<Effect> {
    let Effect::ProveSecret { request, connection, .. } = effect else { panic!("{effect:?}") };
    let overview = desk.app.connections.get(connection).cloned().map(Box::new);
    let news = ProofNews { connection: connection.clone(), proof: Ok(proof), overview };
    desk.send(Message::Answer { request: *request, answer: Answer::SecretProved(news) })
}

pub fn hindered(desk: &mut Desk, effect: &Effect) -> Vec<Effect> {
    let Effect::ProveSecret { request, connection, .. } = effect else { panic!("{effect:?}") };
    let news = ProofNews { connection: connection.clone(), proof: Err(failure()), overview: None };
    desk.send(Message::Answer { request: *request, answer: Answer::SecretProved(news) })
}

/// Answers all renewals, and those that follow from it; the effects that are no renewals, and how many were in the air at
/// most.
fn prove_all(
    desk: &mut Desk,
    first: Vec<Effect>,
    answer: impl Fn(&ConnectionId) -> Proof,
) -> (Vec<Effect>, usize) {
    let (mut open, mut others, mut most): (Vec<Effect>, Vec<Effect>, usize) = (first, Vec::new(), 0);
    while !open.is_empty() {
        most = most.max(open.len());
        let effect = open.remove(0);
        let Effect::ProveSecret { connection, .. } = &effect else { panic!("{effect:?}") };
        for next in answered(desk, &effect, answer(&connection.clone())) {
            match next {
                Effect::ProveSecret { .. } => open.push(next),
                other => others.push(other),
            }
        }
    }
    (others, most)
}

pub fn refused() -> Proof {
    Proof::Refused("the client secret is wrong (AADSTS7000215)".to_owned())
}

#[test]
fn one_goes_first_then_eight_at_a_time_and_the_new_secret_is_taken() {
    let mut desk = Desk::open(many(38));
    let first = begun(&mut desk);
    assert_eq!(proofs(&first).iter().map(|own| own.1.clone()).collect::<Vec<_>>(), [typed()]);
    let next = answered(&mut desk, &first[0], Proof::Proven);
    assert_eq!(next.len(), 8);
    assert!(proofs(&next).iter().all(|(_, secret)| *secret == SecretToProve::Held), "the record holds it");
    let (others, most) = prove_all(&mut desk, next, |_| Proof::Proven);
    assert_eq!(most, 8);
    let [Effect::EndReplacement { end: ReplacementEnd::TakeNew, proven, .. }] = &others[..] else {
        panic!("{others:?}")
    };
    assert_eq!(proven.len(), 38);
    let after = desk.answer(&others, Answer::ReplacementEnded(Ok(())));
    assert!(matches!(after[..], [Effect::LoadVault { .. }]), "{after:?}");
    assert!(matches!(panel(&desk).phase, SecretPhase::Done { .. }));
    assert_eq!(panel(&desk).run().unwrap().count().proven, 38);
    assert!(!desk.app.holds_unsaved_secret());
}

#[test]
fn a_wrong_secret_stops_after_the_first_and_another_may_be_given() {
    let mut desk = Desk::open(many(38));
    let first = begun(&mut desk);
    assert!(desk.app.holds_unsaved_secret());
    assert_eq!(answered(&mut desk, &first[0], refused()), []);
    assert!(matches!(panel(&desk).phase, SecretPhase::Settled(_, _, Verdict::Wrong)));
    desk.press("Enter");
    assert!(matches!(panel(&desk).phase, SecretPhase::Typing(_)));
    desk.press("Esc");
    assert_eq!(desk.app.panel, None);
}

#[test]
fn a_person_who_insists_tries_all_with_the_same_secret() {
    let mut desk = Desk::open(many(3));
    let first = begun(&mut desk);
    answered(&mut desk, &first[0], refused());
    let again = desk.press("r");
    assert_eq!(proofs(&again).len(), 3);
    assert!(proofs(&again).iter().all(|(_, secret)| *secret == typed()));
}

#[test]
fn a_failure_of_ours_keeps_the_secret_that_was_typed() {
    let mut desk = Desk::open(many(3));
    let first = begun(&mut desk);
    assert_eq!(hindered(&mut desk, &first[0]), []);
    assert!(matches!(
        panel(&desk).phase,
        SecretPhase::Settled(_, SecretToProve::Typed { .. }, Verdict::Untried)
    ));
    assert_eq!(desk.said(), failure().what_happened);
    assert!(desk.app.holds_unsaved_secret());
    let again = desk.press("r");
    assert!(proofs(&again).iter().all(|(_, secret)| *secret == typed()));
    // What else is in the air is awaited, and counts.
    assert_eq!(hindered(&mut desk, &again[0]), []);
    answered(&mut desk, &again[1], Proof::Proven);
    answered(&mut desk, &again[2], Proof::Proven);
    assert!(matches!(panel(&desk).phase, SecretPhase::Settled(_, SecretToProve::Held, Verdict::Partly)));
    assert_eq!(panel(&desk).run().unwrap().count().proven, 2);
}

#[test]
fn a_failure_while_going_back_does_not_lead_to_the_form() {
    let mut desk = Desk::open(many(3));
    let first = begun(&mut desk);
    desk.press("Esc");
    assert_eq!(desk.press("X"), []);
    assert_eq!(hindered(&mut desk, &first[0]), []);
    assert_eq!(desk.app.panel, None);
    assert!(desk.said().starts_with("Nothing was changed"), "{}", desk.said());
}

#[test]
fn those_that_refuse_keep_the_old_one_and_esc_asks_before_all_go_back() {
    let mut desk = Desk::open(many(5));
    let first = begun(&mut desk);
    let odd = |own: &ConnectionId| own.as_str().ends_with('3') || own.as_str().ends_with('4');
    let (others, _) = prove_all(&mut desk, first, |own| if odd(own) { refused() } else { Proof::Proven });
    assert_eq!(others, []);
    assert!(matches!(panel(&desk).phase, SecretPhase::Settled(_, _, Verdict::Partly)));
    assert_eq!(desk.press("Esc"), []);
    assert!(matches!(panel(&desk).phase, SecretPhase::Asking(..)));
    desk.press("Esc");
    assert!(matches!(panel(&desk).phase, SecretPhase::Settled(_, _, Verdict::Partly)));
    desk.press("Esc");
    let back = desk.press("X");
    let [Effect::EndReplacement { end: ReplacementEnd::BackToOld, .. }] = &back[..] else {
        panic!("{back:?}")
    };
    desk.answer(&back, Answer::ReplacementEnded(Ok(())));
    assert_eq!(desk.app.panel, None);
    assert!(desk.said().contains("old secret"), "{}", desk.said());
}

#[test]
fn going_back_waits_for_what_is_in_the_air() {
    let mut desk = Desk::open(many(12));
    let first = begun(&mut desk);
    let mut open = answered(&mut desk, &first[0], Proof::Proven);
    desk.press("Esc");
    assert_eq!(desk.press("X"), [], "eight renewals are awaited");
    while open.len() > 1 {
        assert_eq!(answered(&mut desk, &open.pop().unwrap(), Proof::Proven), []);
    }
    let back = answered(&mut desk, &open[0], Proof::Proven);
    assert!(matches!(back[..], [Effect::EndReplacement { end: ReplacementEnd::BackToOld, .. }]), "{back:?}");
}

#[test]
fn a_pause_of_the_server_stops_all_that_were_to_follow() {
    let mut desk = Desk::open(many(20));
    let first = begun(&mut desk);
    let open = answered(&mut desk, &first[0], Proof::Proven);
    let until = start() + minutes(1);
    assert_eq!(answered(&mut desk, &open[0], Proof::Unproven(Unproven::Paused(until))), []);
    let (others, _) = prove_all(&mut desk, open[1..].to_vec(), |_| Proof::Proven);
    assert_eq!(others, []);
    let run = panel(&desk).run().unwrap();
    assert_eq!((run.count().proven, run.count().hindered, run.paused_until()), (8, 12, Some(until)));
    assert_eq!(proofs(&desk.press("r")), [], "a pause is kept, whoever insists");
    assert!(desk.app.next_deadline(desk.now) <= until);
    desk.now = until - seconds(1);
    assert_eq!(proofs(&desk.send(Message::Wake)), []);
    assert_eq!(desk.app.next_deadline(desk.now), until);
    desk.now = until;
    assert_eq!(proofs(&desk.send(Message::Wake)).len(), 8, "it goes on by itself");
}

#[test]
fn a_person_who_insists_does_not_cut_a_pause_short() {
    let until = start() + minutes(1);
    let mut run = ProofRun::new(&many(2), |_| false, start());
    run.begin_next(1, |_| true);
    run.take(&id("c00"), Proof::Unproven(Unproven::Paused(until)));
    run.try_again(start());
    assert_eq!(run.begin_next(8, |_| true), []);
    run.try_again(until);
    assert_eq!(run.begin_next(8, |_| true).len(), 2);
}

#[test]
fn a_secret_that_the_record_holds_goes_also_where_nobody_is_left_who_uses_it() {
    let mut desk = Desk::open(Vec::new());
    let mut contents = contents(many(2));
    contents.apps[0].replacement =
        Some(ReplacementFacts { candidate: secret(None), proven_for: BTreeSet::from([id("removed")]) });
    desk.app.connections.load(contents, start());
    desk.press("S");
    desk.press("Esc");
    let back = desk.press("X");
    assert!(matches!(back[..], [Effect::EndReplacement { end: ReplacementEnd::BackToOld, .. }]), "{back:?}");
}

#[test]
fn what_needs_a_sign_in_is_not_tried_and_takes_the_new_secret_with_the_others() {
    let mut desk = Desk::open(vec![healthy("a"), troubled("b", TroubleKind::SignInNeeded), unsigned("c")]);
    let first = begun(&mut desk);
    let others = answered(&mut desk, &first[0], Proof::Proven);
    assert!(matches!(others[..], [Effect::EndReplacement { end: ReplacementEnd::TakeNew, .. }]));
    assert_eq!(panel(&desk).run().unwrap().count().untried, 2);
}

#[test]
fn an_id_in_place_of_a_secret_is_refused_before_anything_is_sent() {
    let mut desk = Desk::open(many(2));
    desk.press("S");
    desk.paste("6e5d4c3b-2a19-4f08-9e7d-6c5b4a392817");
    assert_eq!(desk.press("Enter"), []);
    let SecretPhase::Typing(form) = &panel(&desk).phase else { panic!() };
    assert!(form.failure.as_ref().unwrap().what_happened.contains("secret's ID"));
    desk.paste(&"x".repeat(60_000));
    assert_eq!(desk.press("Enter"), []);
    let SecretPhase::Typing(form) = &panel(&desk).phase else { panic!() };
    assert!(form.failure.as_ref().unwrap().what_happened.contains("1,024"));
    desk.paste(NEW);
    desk.press("Tab");
    desk.type_text("2027-5");
    assert_eq!(desk.press("Enter"), []);
    desk.press("Ctrl-C");
    desk.type_text("2027-05-22");
    let first = desk.press("Enter");
    let (_, secret) = proofs(&first).remove(0);
    assert!(
        matches!(secret, SecretToProve::Typed { ends_on: Some(date), .. } if date.to_string() == "2027-05-22")
    );
}

#[test]
fn a_secret_that_has_ended_is_refused_and_stays_in_its_field() {
    let mut desk = Desk::open(many(2));
    desk.press("S");
    desk.paste(NEW);
    desk.press("Tab");
    let today = start().date_naive();
    for date in [today - days(400), today] {
        desk.type_text(&date.to_string());
        assert_eq!(desk.press("Enter"), []);
        let SecretPhase::Typing(form) = &panel(&desk).phase else { panic!("{date}") };
        let failure = form.failure.as_ref().unwrap();
        assert!(failure.what_happened.contains(&date.to_string()), "{failure:?}");
        assert!(failure.what_to_do.contains("column Expires"), "{failure:?}");
        assert_eq!(form.secret.text(), NEW);
        desk.press("Ctrl-C");
    }
    desk.type_text(&(today + days(1)).to_string());
    assert_eq!(proofs(&desk.press("Enter")).len(), 1);
}

#[test]
fn a_replacement_that_was_begun_elsewhere_is_gone_on_with() {
    let mut desk = Desk::open(Vec::new());
    let mut contents = contents(many(4));
    contents.apps[0].replacement = Some(ReplacementFacts {
        candidate: secret(None),
        proven_for: BTreeSet::from([id("c00"), id("c01")]),
    });
    desk.app.connections.load(contents, start());
    desk.press("S");
    assert!(matches!(panel(&desk).phase, SecretPhase::Settled(_, SecretToProve::Held, Verdict::Partly)));
    let next = desk.press("r");
    let ids: Vec<ConnectionId> = proofs(&next).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [id("c02"), id("c03")]);
}

#[test]
fn a_connection_that_renews_just_now_has_its_turn_afterwards() {
    let mut desk = Desk::open(many(1));
    let renewal = desk.press("r");
    assert_eq!(begun(&mut desk), []);
    assert_eq!(panel(&desk).run().unwrap().rows()[0].state, ProofState::Waiting);
    let own = desk.own("c00");
    let next = desk.answer_with(&renewal, own);
    assert_eq!(proofs(&next).len(), 1);
}

/// Given the old secret, which was entered on another day than the one in use.
fn handed_over(name: &str) -> Overview {
    with(healthy(name), |own| {
        own.hand_overs = vec![HandOver {
            at: start() - days(3),
            what: HandedOver::Form(Consumer::N8n),
            destination: Destination::Clipboard,
            set: None,
            refresh_token: None,
            client_secret: Some(start() - days(400)),
        }];
    })
}

#[test]
fn y_walks_through_those_who_still_hold_the_old_secret() {
    let mut desk = Desk::open(vec![handed_over("a"), healthy("b"), handed_over("c")]);
    let first = begun(&mut desk);
    let (others, _) = prove_all(&mut desk, first, |_| Proof::Proven);
    desk.answer(&others, Answer::ReplacementEnded(Ok(())));
    assert!(matches!(panel(&desk).phase, SecretPhase::Done { copies: 2, .. }));
    desk.press("Y");
    let Some(Panel::HandOver(over)) = &desk.app.panel else { panic!("{:?}", desk.app.panel) };
    assert_eq!((over.connection.clone(), over.consumer), (id("a"), Consumer::N8n));
    desk.press("Esc");
    assert!(matches!(panel(&desk).phase, SecretPhase::Done { copies: 2, .. }), "the panel comes back");
    let given = with(handed_over("a"), |own| own.hand_overs.clear());
    desk.app.connections.put(given);
    desk.press("Y");
    let Some(Panel::HandOver(over)) = &desk.app.panel else { panic!("{:?}", desk.app.panel) };
    assert_eq!(over.connection, id("c"));
    desk.press("Esc");
    assert!(matches!(panel(&desk).phase, SecretPhase::Done { copies: 2, .. }), "one of two is done");
    assert_eq!(desk.app.old_copies(panel(&desk)).len(), 1);
}

#[test]
fn a_certificate_and_a_public_client_have_no_secret_to_replace() {
    let mut desk = Desk::open(vec![with(healthy("a"), |own| own.credential = CredentialFacts::Public)]);
    desk.press("S");
    assert_eq!(desk.app.panel, None);
    assert!(desk.said().contains("public client"), "{}", desk.said());
}
