//! The screens that are looked at: every tab, panel, question and error.

use chrono::TimeDelta;
use tokengauge::app::connections::{Showing, Sort};
use tokengauge::app::export::{
    ExportFocus, ExportPanel, ExportPhase, ExportQuestion, Permit, Preview, Previewed,
};
use tokengauge::app::sign_in::RefusedPaste;
use tokengauge::app::{Action, Answer, Effect, Message, ProbeNews};
use tokengauge::app::{
    App, Browser, ConsentPanel, ConsentPhase, Delivery, DevicePhase, DeviceSignInPanel, Door, Failure, Field,
    FieldId, FirstChoice, FirstRun, FirstStep, GoFate, HandOverPanel, HandOverPhase, HandOverRow, InputPane,
    Line, Listening, LockReason, Notice, Panel, Phase, Question, RequestId, Reveal, SignInPanel, Tab,
    TunnelLine, Unlocking,
};
use tokengauge::domain::app_registration::CredentialKind;
use tokengauge::domain::hand_over::Label;
use tokengauge::domain::probe::{Check, Finding, Meaning, Outcome, Probe, Refused};
use tokengauge::domain::secret::RevealedValue;
use tokengauge::domain::{
    Capture, ConnectionValue, Consumer, Destination, Event, EventKind, HandOver, HandedOver, Overview,
    ScopeSet, WayIn,
};
use tokengauge::export::Format;
use tokengauge::oauth::graph;

use super::fixtures::{self, Make, app, days, every_state, forty, handed_over, now, on, only, with};
use super::permission_scenes;
use super::unsaved_scenes;
use super::warning_scenes;

pub type Scene = (&'static str, App);

/// All of them, by name.
pub fn all() -> Vec<Scene> {
    [
        connections(),
        tokens(),
        permission_scenes::all(),
        activity(),
        forms(),
        sign_ins(),
        device_sign_ins(),
        consents(),
        listening(),
        hand_overs(),
        super::secret_scenes::all(),
        exports(),
        probes(),
        questions(),
        doors(),
        unsaved_scenes::all(),
        warning_scenes::all(),
    ]
    .concat()
}

pub fn changed(mut app: App, change: impl FnOnce(&mut App)) -> App {
    change(&mut app);
    app
}

fn connections() -> Vec<Scene> {
    vec![
        ("connections_twelve", on(Tab::Connections, "northwind")),
        ("connections_consent", on(Tab::Connections, "litware")),
        ("connections_forty", changed(app(forty()), |app| fixtures::choose(app, "adatum"))),
        ("connections_forty_last", changed(app(forty()), |app| fixtures::choose(app, "alpine"))),
        ("connections_new_secret", super::secret_scenes::begun_elsewhere()),
        ("connections_empty", app(Vec::new())),
        ("connections_one", only(Make::healthy("contoso-prod", "ops@contoso.com").done(), Tab::Connections)),
        (
            "connections_damaged",
            changed(on(Tab::Connections, "contoso-prod"), |app| {
                app.connections.damaged = vec![fixtures::damaged()];
            }),
        ),
        (
            "connections_filter_typed",
            changed(on(Tab::Connections, "contoso-prod"), |app| {
                app.connections.filter.paste("con");
                app.line = Some(Line::ConnectionFilter);
                app.connections.keep_selection(now());
            }),
        ),
        (
            "connections_narrowed",
            changed(on(Tab::Connections, "northwind"), |app| {
                app.connections.filter.paste("example");
                app.connections.needs_me = true;
                app.connections.sort = Sort::Mailbox;
                app.connections.keep_selection(now());
            }),
        ),
        (
            "connections_notice",
            changed(on(Tab::Connections, "contoso-prod"), |app| {
                app.notice = Some(Notice::good("contoso-prod renewed, tokens stored", now()));
            }),
        ),
        (
            "connections_failure",
            changed(on(Tab::Connections, "contoso-prod"), |app| {
                app.notice = Some(Notice::bad(Failure::new(
                    "the vault's disk is full: nothing was sent, nothing is lost",
                    "free some room in /home/ops/.local/share/tokengauge, then press r again",
                )));
            }),
        ),
        (
            "connections_demo",
            changed(on(Tab::Connections, "contoso-prod"), |app| app.environment.browser = Browser::Simulated),
        ),
        (
            "forecast",
            changed(on(Tab::Connections, "contoso-prod"), |app| app.connections.showing = Showing::Forecast),
        ),
        (
            "forecast_of_nothing",
            changed(on(Tab::Connections, "contoso-prod"), |app| {
                app.connections.showing = Showing::Forecast;
                app.connections.filter.paste("nothing has this name");
            }),
        ),
        ("help", changed(on(Tab::Connections, "northwind"), |app| app.panel = Some(Panel::Help(0)))),
        ("help_scrolled", changed(on(Tab::Connections, "northwind"), |app| app.panel = Some(Panel::Help(9)))),
    ]
}

fn app_only(roles: &str) -> Overview {
    Make::healthy("contoso-journal", "ops@contoso.com").app_only(roles).done()
}

fn reveal(value: ConnectionValue, text: &str) -> Reveal {
    Reveal { value, text: RevealedValue::new(text), until: now() + TimeDelta::seconds(8) }
}

fn tokens() -> Vec<Scene> {
    vec![
        ("tokens_soon", on(Tab::Tokens, "contoso-prod")),
        ("tokens_expired", on(Tab::Tokens, "northwind")),
        ("tokens_never_signed_in", on(Tab::Tokens, "proseware")),
        ("tokens_no_refresh", on(Tab::Tokens, "wingtip")),
        ("tokens_retrying", on(Tab::Tokens, "tailspin")),
        ("tokens_app_only", only(app_only("Mail.Read Calendars.Read"), Tab::Tokens)),
        ("tokens_app_only_no_roles", only(app_only(""), Tab::Tokens)),
        ("connections_app_only", only(app_only("Mail.Read Calendars.Read"), Tab::Connections)),
        ("permissions_app_only", only(app_only("Mail.Read Calendars.Read"), Tab::Permissions)),
        ("permissions_app_only_no_roles", only(app_only(""), Tab::Permissions)),
        (
            "tokens_revealed",
            changed(on(Tab::Tokens, "contoso-prod"), |app| {
                app.tokens.value = ConnectionValue::AccessToken;
                app.tokens.reveal =
                    Some(reveal(ConnectionValue::AccessToken, &"eyJ0eXAiOiJKV1Qi.".repeat(130)));
            }),
        ),
        (
            "tokens_sent",
            changed(on(Tab::Tokens, "contoso-prod"), |app| {
                let text = "sent to your terminal (2,114 characters). Nothing there? u other ways";
                app.notice = Some(Notice::plain(text, now()));
            }),
        ),
    ]
}

fn activity() -> Vec<Scene> {
    vec![
        ("activity", on(Tab::Activity, "northwind")),
        (
            "activity_chosen",
            changed(on(Tab::Activity, "northwind"), |app| {
                app.activity.note(Event {
                    at: now(),
                    kind: EventKind::Failed,
                    connection: app.connections.selected().map(|own| own.name.clone()),
                    what_happened: "the refresh token expired unused (AADSTS700082)".into(),
                    what_to_do: Some("sign in again: press a. Who acts: ops@northwind.com".into()),
                });
            }),
        ),
        ("activity_empty", changed(app(Vec::new()), |app| app.tab = Tab::Activity)),
    ]
}

fn form(app: &App, like: Option<&Overview>) -> InputPane {
    let taken = app.connections.all().iter().map(|own| own.name.to_string()).collect();
    InputPane::new(app.connections.apps.clone(), app.environment.authorities.clone(), taken, like)
}

fn with_form(app: App, fill: impl FnOnce(&mut InputPane)) -> App {
    let mut pane = form(&app, None);
    fill(&mut pane);
    changed(app, |app| app.panel = Some(Panel::Input(Box::new(pane))))
}

fn typed(pane: &mut InputPane, id: FieldId, text: &str) {
    pane.focus = id;
    pane.clear_field();
    pane.paste(text);
}

fn forms() -> Vec<Scene> {
    let none = || app(Vec::new());
    let edit = {
        let app = on(Tab::Connections, "contoso-prod");
        let chosen = app.chosen().unwrap().clone();
        let pane = InputPane::edit(
            &chosen,
            app.connections.apps.clone(),
            app.environment.authorities.clone(),
            vec![],
        );
        changed(app, |app| app.panel = Some(Panel::Input(Box::new(pane))))
    };
    vec![
        ("form_empty", with_form(none(), |_| {})),
        ("form_tried", with_form(none(), |pane| pane.tried = true)),
        (
            "form_secret_id",
            with_form(none(), |pane| {
                typed(pane, FieldId::Name, "contoso-prod");
                typed(pane, FieldId::ClientId, "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44");
                typed(pane, FieldId::ClientSecret, "6e5d4c3b-2a19-4f08-9e7d-6c5b4a392817");
            }),
        ),
        (
            "form_secret_elsewhere",
            with_form(none(), |pane| {
                typed(pane, FieldId::ClientSecret, "Ab1~x8Q.once_only-16+planted");
                pane.focus = FieldId::RedirectUri;
            }),
        ),
        (
            "form_wrong_everywhere",
            with_form(none(), |pane| {
                typed(pane, FieldId::Name, "-x");
                typed(pane, FieldId::ClientId, "my-app");
                typed(pane, FieldId::SecretEnds, "May");
                typed(pane, FieldId::Tenant, "contoso");
                typed(pane, FieldId::SignInAs, "ops");
                typed(pane, FieldId::RedirectUri, "http://apps.contoso.com/");
            }),
        ),
        ("form_known_app", with_form(app(every_state()), |pane| pane.focus = FieldId::AppRegistration)),
        (
            "form_not_saved",
            with_form(app(every_state()), |pane| {
                pane.failure =
                    Some(Failure::new("another process has just taken this name", "choose another name"));
            }),
        ),
        ("form_edit", edit),
        (
            "form_app_only",
            with_form(none(), |pane| {
                typed(pane, FieldId::Name, "contoso-journal");
                typed(pane, FieldId::Tenant, "contoso.com");
                pane.way_in = WayIn::ClientCredentials;
                pane.credential = CredentialKind::Certificate;
                typed(pane, FieldId::CertificateFile, "~/connector.pem");
                pane.focus = FieldId::Permissions;
            }),
        ),
        (
            "form_device_code",
            with_form(none(), |pane| {
                pane.way_in = WayIn::DeviceCode;
                pane.focus = FieldId::WayIn;
            }),
        ),
    ]
}

fn signing_in(overview: Overview, change: impl FnOnce(&mut SignInPanel)) -> App {
    let mut panel = fixtures::waiting_panel(&overview);
    change(&mut panel);
    changed(only(overview, Tab::Connections), |app| app.panel = Some(Panel::SignIn(panel)))
}

fn device_sign_ins() -> Vec<Scene> {
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

fn sign_ins() -> Vec<Scene> {
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

fn consents() -> Vec<Scene> {
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

fn listening() -> Vec<Scene> {
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

fn probes() -> Vec<Scene> {
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

fn hand_overs() -> Vec<Scene> {
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

fn exports() -> Vec<Scene> {
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

fn questions() -> Vec<Scene> {
    let asked = |question: fn(&App) -> Question| {
        changed(on(Tab::Connections, "contoso-prod"), |app| app.panel = Some(Panel::Question(question(app))))
    };
    vec![
        (
            "question_remove",
            asked(|app| {
                let mut field = Field::open(64);
                field.paste("contoso");
                Question::Remove { connection: app.chosen().unwrap().id.clone(), field, removing: None }
            }),
        ),
        (
            "question_copy",
            asked(|app| Question::Copy {
                connection: app.chosen().unwrap().id.clone(),
                value: ConnectionValue::RefreshToken,
            }),
        ),
        (
            "question_renew_all",
            asked(|app| Question::RenewAll(app.connections.all().iter().map(|own| own.id.clone()).collect())),
        ),
        (
            "question_abandon",
            asked(|app| Question::Abandon(Box::new(SignInPanel::waiting(app.chosen().unwrap().id.clone())))),
        ),
        ("question_discard", asked(|app| Question::DiscardForm(Box::new(form(app, None))))),
    ]
}

fn doors() -> Vec<Scene> {
    let first = |step: FirstStep| FirstRun { choice: FirstChoice::Passphrase, step, failure: None };
    let secret = |text: &str| {
        let mut field = Field::masked(1024);
        field.paste(text);
        field
    };
    let mut again = first(FirstStep::Again { first: secret("TGSECRET long"), again: secret("TGSEC") });
    again.failure = Some(Failure::new("the two are not the same", "type the second one again"));
    let mut wrong = Unlocking::new(LockReason::Start);
    wrong.failure = Some(Failure::new("that passphrase does not open this vault", "type it again"));
    let mut typed = Unlocking::new(LockReason::ByKey);
    typed.field.paste("TGSECRET");
    let mut trying = Unlocking::new(LockReason::Start);
    trying.trying = Some(RequestId(4));
    let mut path = Field::open(256);
    path.paste("/home/ops/.config/tokengauge/key");
    vec![
        ("first_run", with(Door::FirstRun(FirstRun::new()))),
        ("first_run_passphrase", with(Door::FirstRun(first(FirstStep::Passphrase(secret("short")))))),
        ("first_run_again", with(Door::FirstRun(again))),
        ("first_run_key_file", with(Door::FirstRun(first(FirstStep::KeyFile(path))))),
        ("first_run_making", with(Door::FirstRun(first(FirstStep::Making(RequestId(5)))))),
        ("unlock", with(Door::Locked(Unlocking::new(LockReason::Start)))),
        ("unlock_by_key", with(Door::Locked(typed))),
        ("unlock_idle", with(Door::Locked(Unlocking::new(LockReason::Idle)))),
        ("unlock_wrong", with(Door::Locked(wrong))),
        ("unlock_trying", with(Door::Locked(trying))),
        ("unlock_opening", with(Door::Opening(RequestId(6)))),
        (
            "unlock_closed",
            with(Door::Closed(Failure::new(
                "the key file is not there: /home/ops/.config/tokengauge/key",
                "bring it back, or name another one with --key-file",
            ))),
        ),
    ]
}

/// A moment at which nothing of the fixtures is left.
pub fn long_after() -> chrono::DateTime<chrono::Utc> {
    now() + days(4_000)
}
