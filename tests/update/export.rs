//! The export panel: what is chosen is previewed, and written only as the person allowed.

use tokengauge::app::export::{
    ExportFocus, ExportPanel, ExportPhase, ExportQuestion, ExportTo, Exported, NotExported, Permit, Preview,
    Previewed,
};
use tokengauge::app::{Answer, Delivery, Effect, Failure, Panel};
use tokengauge::domain::RenewalKind;
use tokengauge::export::Format;

use super::fixtures::*;

fn panel(desk: &Desk) -> &ExportPanel {
    match &desk.app.panel {
        Some(Panel::Export(panel)) => panel,
        other => panic!("no export: {other:?}"),
    }
}

fn previewed() -> Answer {
    let lines = (0..40).map(|line| format!("line {line}")).collect();
    Answer::Previewed(Ok(Box::new(Previewed { lines, ..Previewed::default() })))
}

/// A desk with the panel open and its preview there.
fn open() -> Desk {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let effects = desk.press("x");
    assert!(matches!(effects[..], [Effect::PreviewExport { .. }]));
    desk.answer(&effects, previewed());
    assert!(matches!(panel(&desk).preview, Preview::Ready(_)));
    desk
}

/// Where an export goes.
fn goes(effects: &[Effect]) -> &ExportTo {
    match effects {
        [Effect::Export { order, .. }] => &order.to,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_format_brings_its_preview_and_its_files_name() {
    let mut desk = open();
    assert_eq!((panel(&desk).format, panel(&desk).file.text()), (Format::Env, "quiet.env"));
    let effects = desk.press("Right");
    let [Effect::PreviewExport { order, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(order.format, Format::KubernetesSecret);
    assert_eq!(panel(&desk).file.text(), "quiet-secret.yaml");
}

#[test]
fn a_file_that_the_person_named_stays() {
    let mut desk = open();
    desk.press("Up");
    assert_eq!(panel(&desk).focus, ExportFocus::File);
    desk.type_text("x");
    desk.press("Down");
    desk.press("Right");
    assert_eq!(panel(&desk).file.text(), "quiet.envx");
}

#[test]
fn an_accounts_file_is_looked_at_again_with_each_change_of_its_name() {
    let mut desk = open();
    desk.press("Right");
    desk.press("Right");
    assert_eq!(panel(&desk).format, Format::AccountsYaml);
    desk.press("Up");
    assert!(matches!(
        desk.send(tokengauge::app::Message::Text(event("x")))[..],
        [Effect::PreviewExport { .. }]
    ));
}

#[test]
fn an_older_preview_is_dropped() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let first = desk.press("x");
    desk.press("Right");
    desk.answer(&first, previewed());
    assert!(matches!(panel(&desk).preview, Preview::Awaited(_)));
}

#[test]
fn a_file_that_is_there_is_written_over_only_when_the_person_says_so() {
    let mut desk = open();
    let effects = desk.press("Enter");
    assert_eq!(*goes(&effects), ExportTo::File("quiet.env".into(), Permit::default()));
    let asks = |question| Answer::Exported(Err(NotExported::Asks(question)));
    desk.answer(&effects, asks(ExportQuestion::WorkTree("/tree/quiet.env".into())));
    let effects = desk.press("Enter");
    let work_tree = Permit { work_tree: true, overwrite: false };
    assert_eq!(*goes(&effects), ExportTo::File("quiet.env".into(), work_tree));
    desk.answer(&effects, asks(ExportQuestion::Overwrite("/tree/quiet.env".into())));
    let effects = desk.press("Enter");
    let both = Permit { work_tree: true, overwrite: true };
    assert_eq!(*goes(&effects), ExportTo::File("quiet.env".into(), both));
    let remembered = Ok(Box::new(desk.own("quiet")));
    let delivery = Delivery::WrittenTo("/tree/quiet.env".into());
    desk.answer(&effects, Answer::Exported(Ok(Exported { delivery: delivery.clone(), remembered })));
    assert_eq!(panel(&desk).phase, ExportPhase::Done(delivery));
    desk.press("Enter");
    assert_eq!(desk.app.panel, None);
}

#[test]
fn what_was_written_is_told_also_if_nothing_remembers_it() {
    let mut desk = open();
    let before = desk.own("quiet");
    let effects = desk.press("Enter");
    let delivery = Delivery::WrittenTo("/tree/quiet.env".into());
    let why = Failure::new("The record is in use.", "Try again.");
    let exported = Exported { delivery: delivery.clone(), remembered: Err(why.clone()) };
    desk.answer(&effects, Answer::Exported(Ok(exported)));
    assert_eq!(panel(&desk).phase, ExportPhase::Unremembered(delivery, why));
    assert_eq!(desk.own("quiet"), before);
    desk.press("Enter");
    assert_eq!(desk.app.panel, None);
}

#[test]
fn a_permission_is_for_one_file_alone() {
    let mut desk = open();
    let effects = desk.press("Enter");
    let question = ExportQuestion::Overwrite("/home/quiet.env".into());
    desk.answer(&effects, Answer::Exported(Err(NotExported::Asks(question))));
    desk.press("Esc");
    assert_eq!(panel(&desk).phase, ExportPhase::Choosing);
    assert_eq!(*goes(&desk.press("Enter")), ExportTo::File("quiet.env".into(), Permit::default()));
}

#[test]
fn the_clipboard_is_asked_about() {
    let mut desk = open();
    assert_eq!(desk.press("y"), []);
    assert!(matches!(panel(&desk).phase, ExportPhase::Asking(ExportQuestion::Clipboard, _)));
    assert_eq!(*goes(&desk.press("Enter")), ExportTo::Clipboard);
}

#[test]
fn little_left_is_renewed_first_and_what_cannot_be_renewed_is_exported_as_it_is() {
    let mut desk = Desk::open(vec![left("one", minutes(5))]);
    let effects = desk.press("x");
    assert_eq!(exchanges(&effects), 1);
    assert_eq!(desk.press("Enter"), []);
    let own = with(desk.own("one"), |own| renew(own, desk.now, RenewalKind::Refresh));
    assert!(matches!(desk.answer_with(&effects, own)[..], [Effect::PreviewExport { .. }]));

    let mut desk = Desk::open(vec![left("one", minutes(5))]);
    let effects = desk.press("x");
    let after = desk.answer(&effects, Answer::Connection(Err(failure())));
    assert!(after.iter().any(|effect| matches!(effect, Effect::PreviewExport { .. })), "{after:?}");
}

#[test]
fn without_a_name_nothing_is_written() {
    let mut desk = open();
    desk.press("Up");
    desk.press("Ctrl-C");
    assert_eq!(desk.press("Enter"), []);
    assert!(matches!(panel(&desk).phase, ExportPhase::Failed(_)));
}

#[test]
fn nobody_signed_in_leaves_nothing_to_export() {
    let mut desk = Desk::open(vec![unsigned("one")]);
    assert_eq!(desk.press("x"), []);
    assert_eq!(desk.app.panel, None);
}
