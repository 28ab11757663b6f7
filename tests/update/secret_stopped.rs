//! Leaving the replacement of a client secret before its end, and what other programs do to it meanwhile.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use tokengauge::app::{
    Action, Answer, AskedIn, DoorFailure, Effect, Message, ReplacementEnd, ReplacementFacts, SecretPhase,
    SecretToProve,
};
use tokengauge::domain::app_registration::CredentialFacts;
use tokengauge::domain::{Overview, Proof, ProofState, Verdict};

use super::fixtures::*;
use super::secret_replacement::{answered, begun, hindered, many, panel, proofs, refused, typed};

fn entered(at: DateTime<Utc>) -> CredentialFacts {
    CredentialFacts::Secret { characters: 40, lifetime: None, entered_at: at }
}

fn begun_for(names: &[&str]) -> ReplacementFacts {
    let proven_for: BTreeSet<_> = names.iter().map(|name| id(name)).collect();
    ReplacementFacts { candidate: entered(start() - minutes(5)), proven_for }
}

/// Begun by another program, for these of them.
fn desk_with(connections: Vec<Overview>, proven: &[&str]) -> Desk {
    let mut desk = Desk::open(Vec::new());
    let mut contents = contents(connections);
    contents.apps[0].replacement = Some(begun_for(proven));
    desk.app.connections.load(contents, start());
    desk
}

/// What the records say when they are read again.
fn read(desk: &mut Desk, effects: &[Effect], replacement: Option<ReplacementFacts>) -> Vec<Effect> {
    let [effect @ Effect::LoadVault { .. }] = effects else { panic!("{effects:?}") };
    let mut contents = contents(desk.app.connections.all().to_vec());
    contents.apps.clone_from(&desk.app.connections.apps);
    contents.apps[0].replacement = replacement;
    desk.answer(std::slice::from_ref(effect), Answer::Contents(Ok(contents)))
}

#[test]
fn stopping_asks_no_further_connection_keeps_both_secrets_and_s_leads_back() {
    let mut desk = Desk::open(many(20));
    let first = begun(&mut desk);
    let open = answered(&mut desk, &first[0], Proof::Proven);
    desk.press("Esc");
    assert_eq!(answered(&mut desk, &open[0], Proof::Proven), [], "nothing more is begun while it asks");
    let reading = desk.press("Enter");
    assert_eq!((desk.app.panel.is_none(), desk.said()), (true, "Both secrets are kept. S goes on."));
    assert_eq!(read(&mut desk, &reading, Some(begun_for(&["c00", "c01"]))), []);
    // What is in the air comes to its end.
    let reading = answered(&mut desk, &open[1], Proof::Proven);
    desk.press("S");
    assert_eq!(panel(&desk).run().unwrap().count().proven, 2);
    assert_eq!(read(&mut desk, &reading, Some(begun_for(&["c00", "c01", "c02"]))), []);
    assert_eq!(panel(&desk).run().unwrap().count().proven, 3);
    for late in &open[2..] {
        answered(&mut desk, late, Proof::Proven);
    }
    assert_eq!(proofs(&desk.press("r")).len(), 8, "it goes on where it stopped");
}

#[test]
fn the_first_one_in_the_air_decides_whether_the_new_secret_is_kept() {
    let mut desk = Desk::open(many(3));
    let first = begun(&mut desk);
    desk.press("Esc");
    desk.press("Enter");
    assert!(desk.said().starts_with("If the renewal under way works"), "{}", desk.said());
    answered(&mut desk, &first[0], Proof::Proven);
    assert!(desk.said().contains("c00 uses the new secret; both are kept"), "{}", desk.said());

    let mut desk = Desk::open(many(3));
    let first = begun(&mut desk);
    desk.press("Esc");
    desk.press("Enter");
    answered(&mut desk, &first[0], refused());
    assert!(desk.said().contains("c00 keeps the old secret"), "{}", desk.said());
}

#[test]
fn what_was_in_the_air_for_one_secret_proves_no_other() {
    let mut desk = Desk::open(many(3));
    let first = begun(&mut desk);
    desk.press("Esc");
    desk.press("Enter");
    let other = begun(&mut desk);
    assert_eq!(proofs(&other).len(), 1);
    answered(&mut desk, &first[0], Proof::Proven);
    let SecretPhase::Proving(run, secret) = &panel(&desk).phase else { panic!("{:?}", panel(&desk).phase) };
    assert_eq!((secret, run.count().proven), (&typed(), 0));
    assert!(run.rows().iter().any(|row| row.id == id("c00") && row.state == ProofState::Waiting));
}

#[test]
fn a_no_leads_back_to_where_it_was_asked() {
    let mut desk = desk_with(many(4), &["c00", "c01"]);
    desk.press("S");
    desk.press("Esc");
    assert!(matches!(panel(&desk).phase, SecretPhase::Asking(..)));
    assert_eq!(desk.press("Esc"), [], "nothing is set going");
    assert!(matches!(panel(&desk).phase, SecretPhase::Settled(_, SecretToProve::Held, Verdict::Partly)));

    let mut desk = Desk::open(many(4));
    let first = begun(&mut desk);
    desk.press("Esc");
    answered(&mut desk, &first[0], Proof::Proven);
    assert_eq!(proofs(&desk.press("Esc")).len(), 3, "it was under way, and goes on");
}

#[test]
fn a_secret_that_never_worked_is_not_kept() {
    let mut desk = Desk::open(many(1));
    desk.press("r");
    assert_eq!(begun(&mut desk), [], "its turn comes after the renewal under way");
    assert!(desk.app.holds_unsaved_secret());
    desk.press("Esc");
    desk.press("Enter");
    assert_eq!(desk.app.panel, None);
    assert!(!desk.app.holds_unsaved_secret());
    assert_eq!(desk.said(), "Nothing was changed: the old secret is in use.");
}

#[test]
fn what_another_program_has_proven_counts() {
    let mut desk = desk_with(many(4), &["c00"]);
    desk.press("S");
    let reading = desk.send(Message::RecordsChanged);
    read(&mut desk, &reading, Some(begun_for(&["c00", "c01", "c02"])));
    assert_eq!(panel(&desk).run().unwrap().count().proven, 3);
    assert_eq!(proofs(&desk.press("r")).len(), 1);
}

#[test]
fn what_another_program_has_ended_is_told() {
    let mut desk = desk_with(many(4), &["c00"]);
    desk.press("S");
    let open = desk.press("r");
    answered(&mut desk, &open[0], Proof::Proven);
    answered(&mut desk, &open[1], Proof::Proven);
    let mut taken = desk.clone();
    // It is told where no renewal is under way any more.
    let reading = hindered(&mut desk, &open[2]);
    assert!(matches!(panel(&desk).phase, SecretPhase::Settled(_, SecretToProve::Held, _)));
    read(&mut desk, &reading, None);
    assert_eq!(desk.app.panel, None);
    assert!(desk.said().ends_with("all connections use the old secret again."), "{}", desk.said());

    let reading = hindered(&mut taken, &open[2]);
    let told = |in_use: CredentialFacts| {
        let mut desk = taken.clone();
        desk.app.connections.apps[0].credential = in_use;
        read(&mut desk, &reading, None);
        assert_eq!(desk.app.panel, None);
        desk.said().to_owned()
    };
    let (new, third) = (entered(start() - minutes(5)), entered(start() - minutes(1)));
    assert!(told(new).ends_with("all connections use the new secret."));
    assert!(told(third).ends_with("another secret is in use."));
    assert!(told(CredentialFacts::Public).ends_with("no secret is in use any more."));
}

#[test]
fn a_registration_that_cannot_be_read_ends_no_replacement() {
    let mut desk = desk_with(many(4), &["c00"]);
    desk.press("S");
    let reading = desk.send(Message::RecordsChanged);
    let mut contents = contents(desk.app.connections.all().to_vec());
    contents.apps.clear();
    desk.answer(&reading, Answer::Contents(Ok(contents)));
    assert!(matches!(panel(&desk).phase, SecretPhase::Settled(_, SecretToProve::Held, _)));
}

#[test]
fn records_that_were_read_before_the_first_proof_end_nothing() {
    let mut desk = Desk::open(many(2));
    let reading = desk.send(Message::RecordsChanged);
    let first = begun(&mut desk);
    let open = answered(&mut desk, &first[0], Proof::Proven);
    answered(&mut desk, &open[0], refused());
    assert!(matches!(panel(&desk).phase, SecretPhase::Settled(_, SecretToProve::Held, Verdict::Partly)));
    let again = read(&mut desk, &reading, None);
    assert!(matches!(panel(&desk).phase, SecretPhase::Settled(..)), "they are read once more");
    read(&mut desk, &again, Some(begun_for(&["c00"])));
    assert_eq!(panel(&desk).run().unwrap().count().proven, 1);
}

#[test]
fn records_that_were_read_before_any_later_proof_take_nothing_back() {
    let mut desk = desk_with(many(3), &["c00"]);
    desk.press("S");
    let open = desk.press("r");
    let reading = desk.send(Message::RecordsChanged);
    answered(&mut desk, &open[0], Proof::Proven);
    answered(&mut desk, &open[1], refused());
    let again = read(&mut desk, &reading, Some(begun_for(&["c00"])));
    assert_eq!(panel(&desk).run().unwrap().count().proven, 2, "{:?}", panel(&desk).phase);
    read(&mut desk, &again, Some(begun_for(&["c00", "c01"])));
    assert_eq!(panel(&desk).run().unwrap().count().proven, 2);
}

#[test]
fn a_replacement_that_waited_behind_a_locked_vault_is_brought_up_to_date() {
    let mut desk = desk_with(many(4), &["c00"]);
    desk.press("S");
    let reading = desk.send(Message::RecordsChanged);
    desk.answer(&reading, Answer::Contents(Err(DoorFailure::Locked)));
    desk.type_text("correct horse");
    let open = desk.press("Enter");
    let mut contents = contents(many(4));
    contents.apps[0].replacement = Some(begun_for(&["c00"]));
    let reading = desk.answer(&open, Answer::Contents(Ok(contents)));
    read(&mut desk, &reading, None);
    assert_eq!(desk.app.panel, None);
    assert!(desk.said().ends_with("all connections use the old secret again."), "{}", desk.said());
}

#[test]
fn enter_goes_on_with_a_replacement_that_was_stopped_and_keeps_one_that_has_been_tried() {
    let mut desk = desk_with(many(4), &["c00", "c01"]);
    desk.press("S");
    let open = desk.press("Enter");
    assert_eq!(proofs(&open).len(), 2);
    answered(&mut desk, &open[0], refused());
    answered(&mut desk, &open[1], refused());
    assert!(!panel(&desk).may_go_on());
    desk.press("Enter");
    assert_eq!((desk.app.panel.is_none(), desk.said()), (true, "Both secrets are kept. S goes on."));
}

#[test]
fn x_takes_all_back_from_where_nothing_runs_after_a_question() {
    let mut desk = desk_with(many(4), &["c00", "c01"]);
    desk.press("S");
    assert_eq!(desk.press("X"), []);
    assert!(matches!(panel(&desk).phase, SecretPhase::Asking(_, _, AskedIn::GoingBack)));
    assert_eq!(desk.press("X"), [], "one key twice is no answer");
    desk.press("Esc");
    assert!(panel(&desk).may_go_on(), "a no changes nothing");
    desk.press("X");
    let back = desk.press("Enter");
    assert!(matches!(back[..], [Effect::EndReplacement { end: ReplacementEnd::BackToOld, .. }]), "{back:?}");
}

#[test]
fn whoever_wants_to_leave_from_the_question_sets_nothing_going() {
    let mut desk = Desk::open(many(12));
    let first = begun(&mut desk);
    answered(&mut desk, &first[0], Proof::Proven);
    desk.press("Ctrl-C");
    for key in ["Ctrl-C", "q"] {
        assert_eq!(desk.press(key), []);
        assert!(matches!(panel(&desk).phase, SecretPhase::Asking(..)), "{key}");
    }
}

#[test]
fn only_what_may_be_held_is_given_up() {
    let mut desk = Desk::open(many(1));
    desk.press("r");
    begun(&mut desk);
    desk.press("Esc");
    assert!(!desk.app.on_offer(desk.now).contains(&Action::Abandon), "nothing is under way");
    desk.press("X");
    assert!(matches!(panel(&desk).phase, SecretPhase::Asking(..)));
}

#[test]
fn after_a_wrong_secret_the_right_one_is_pasted_right_there() {
    let mut desk = Desk::open(many(3));
    let first = begun(&mut desk);
    answered(&mut desk, &first[0], refused());
    desk.paste("another~secret.value-of-forty-characters");
    assert!(panel(&desk).is_typing());
    assert_eq!(proofs(&desk.press("Enter")).len(), 1);

    let mut desk = Desk::open(many(3));
    let first = begun(&mut desk);
    answered(&mut desk, &first[0], refused());
    desk.press("Ctrl-C");
    assert!(panel(&desk).is_typing() && !desk.app.holds_unsaved_secret());
}
