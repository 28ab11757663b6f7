//! What the tokens are for: tests of them, the hand-over, exports.

use chrono::TimeDelta;
use tokengauge::app::export::{
    ExportFocus, ExportPanel, ExportPhase, ExportQuestion, Permit, Preview, Previewed,
};
use tokengauge::app::{
    Action, Answer, App, Delivery, Effect, Failure, HandOverPanel, HandOverPhase, HandOverRow, Message,
    Panel, ProbeNews, RequestId, Tab,
};
use tokengauge::domain::hand_over::Label;
use tokengauge::domain::probe::{Check, Finding, Meaning, Outcome, Probe, Refused};
use tokengauge::domain::{Consumer, Destination, HandOver, HandedOver, ScopeSet};
use tokengauge::export::Format;
use tokengauge::oauth::graph;

use super::fixtures::{Make, handed_over, now, on};
use super::scenes::{Scene, changed};

/// A probe with two permissions missing, and a mailbox that does not answer.
fn refused_probe() -> Probe {
    let mut own = Make::healthy("contoso-prod", "ops@contoso.com").done();
    let tokens = own.tokens.as_mut().unwrap();
    let narrow = ScopeSet::parse_lenient("Calendars.ReadWrite Mail.ReadWrite User.Read");
    tokens.access.primary_mut().claims.scp = Some(narrow);
    let mut probe = graph::probe(&own, None, now());
    let person = Finding::Person { username: Some("ops@contoso.com".into()) };
    probe.note(Check::Profile, Outcome::Answered(person));
    let refused = |status, code: &str, meaning| {
        Outcome::Refused(Refused { status, code: Some(code.into()), told: None, meaning })
    };
    probe.note(Check::Inbox, refused(404, "MailboxNotEnabledForRESTAPI", Meaning::NoMailbox));
    probe.note(Check::Calendar, refused(403, "ErrorAccessDenied", Meaning::MailboxDenied));
    probe
}

pub fn probes() -> Vec<Scene> {
    let shown = |news: Vec<ProbeNews>, tab| {
        changed(on(tab, "contoso-prod"), |app| {
            let id = app.chosen().unwrap().id.clone();
            let effects = app.update(Message::Action(Action::Probe), now());
            let request = match effects.first() {
                Some(Effect::Probe { request, .. }) => *request,
                other => panic!("{other:?}"),
            };
            for news in news {
                app.update(Message::Answer { request, answer: Answer::Probe(news) }, now());
            }
            assert!(app.probes.of(&id).is_some());
        })
    };
    let ended = || ProbeNews::Ended(Ok(Box::new(refused_probe())));
    let mut begun = graph::probe(&Make::healthy("contoso-prod", "ops@contoso.com").done(), None, now());
    begun.note(
        Check::Profile,
        Outcome::Answered(Finding::Person { username: Some("ops@contoso.com".into()) }),
    );
    begun.note(Check::Inbox, Outcome::Asking);
    vec![
        ("probe_asking", shown(vec![ProbeNews::SoFar(Box::new(begun))], Tab::Tokens)),
        ("probe_refused", shown(vec![ended()], Tab::Tokens)),
        ("tokens_probed", changed(shown(vec![ended()], Tab::Tokens), |app| app.panel = None)),
    ]
}

pub fn hand_overs() -> Vec<Scene> {
    let rows = |sent: usize| -> Vec<HandOverRow> {
        let delivered = |place: usize| {
            (place < sent).then_some(Delivery::SentToTerminal { characters: 36 + 500 * place })
        };
        let fields = Consumer::AppConnect.form().iter().enumerate();
        fields.map(|(place, field)| HandOverRow { field: *field, sent: delivered(place) }).collect()
    };
    let set = now() - TimeDelta::minutes(28);
    let at = |phase: HandOverPhase| {
        changed(on(Tab::Tokens, "contoso-prod"), |app| {
            let connection = app.chosen().unwrap().id.clone();
            let consumer = Consumer::AppConnect;
            app.panel = Some(Panel::HandOver(HandOverPanel { connection, consumer, phase }));
        })
    };
    let ended = changed(on(Tab::Tokens, "northwind"), |app| {
        let connection = app.chosen().unwrap().id.clone();
        let consumer = Consumer::AppConnect;
        let phase = HandOverPhase::Handing { set, rows: rows(0), errand: None };
        app.panel = Some(Panel::HandOver(HandOverPanel { connection, consumer, phase }));
    });
    vec![
        ("hand_over_choosing", choosing()),
        ("hand_over_ended", ended),
        ("hand_over_renewing", at(HandOverPhase::Renewing(RequestId(3)))),
        ("hand_over_second", at(HandOverPhase::Handing { set, rows: rows(1), errand: None })),
        ("hand_over_done", at(HandOverPhase::Done { set, rows: rows(4) })),
        (
            "hand_over_failed",
            at(HandOverPhase::Failed(Failure::new(
                "the set was renewed meanwhile: these values no longer belong together",
                "begin again: press Y",
            ))),
        ),
    ]
}

/// Consumers, and a file that was exported before.
fn choosing() -> App {
    changed(on(Tab::Tokens, "contoso-prod"), |app| {
        let mut overview = app.chosen().unwrap().clone();
        overview.hand_overs.push(HandOver {
            what: HandedOver::Export(Label::of("env")),
            destination: Destination::File(Label::of("/etc/exchange/contoso-prod.env")),
            ..handed_over(now() - TimeDelta::days(3), "an older one")
        });
        let (connection, consumer) = (overview.id.clone(), Consumer::AppConnect);
        app.connections.put(overview);
        let phase = HandOverPhase::Choosing(0);
        app.panel = Some(Panel::HandOver(HandOverPanel { connection, consumer, phase }));
    })
}

pub fn exports() -> Vec<Scene> {
    let with = |change: fn(&mut ExportPanel)| {
        changed(on(Tab::Tokens, "contoso-prod"), |app| {
            let overview = app.chosen().unwrap().clone();
            let preview = Preview::Ready(Box::new(Previewed {
                lines: (0..9)
                    .map(|line| format!("EXCHANGE_VALUE_{line}='eyJ0**** 1,832 characters'"))
                    .collect(),
                remarks: Vec::new(),
                is_patch: false,
            }));
            let mut panel = ExportPanel::new(&overview, "/home/ops", preview);
            change(&mut panel);
            app.panel = Some(Panel::Export(Box::new(panel)));
        })
    };
    vec![
        ("export_choosing", with(|_| {})),
        (
            "export_overwrite",
            with(|panel| {
                let question = ExportQuestion::Overwrite("/home/ops/contoso-prod.env".into());
                panel.phase = ExportPhase::Asking(question, Permit::default());
            }),
        ),
        (
            "export_patch",
            with(|panel| {
                panel.format = Format::AccountsYaml;
                panel.focus = ExportFocus::File;
                panel.file.set("/srv/app-connect/accounts.yaml");
                panel.preview = Preview::Ready(Box::new(Previewed {
                    lines: vec![
                        "In the account \"Account 1\" of the file that is there:".into(),
                        "  replaced: client secret, access token, refresh token".into(),
                        "  everything else: unchanged".into(),
                    ],
                    remarks: vec![
                        "App Connect is not told the tenant (contoso.com) and may not renew".into(),
                    ],
                    is_patch: true,
                }));
            }),
        ),
        (
            "export_done",
            with(|panel| {
                panel.phase = ExportPhase::Done(Delivery::WrittenTo("/home/ops/contoso-prod.env".into()));
            }),
        ),
        (
            "export_unremembered",
            with(|panel| {
                panel.phase = ExportPhase::Unremembered(
                    Delivery::WrittenTo("/home/ops/contoso-prod.env".into()),
                    Failure::new("Another process is using contoso-prod.", "Try again when it has ended."),
                );
            }),
        ),
    ]
}
