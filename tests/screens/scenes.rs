//! The screens that are looked at: every tab, panel, question and error.

use chrono::TimeDelta;
use tokengauge::app::connections::{Showing, Sort};
use tokengauge::app::{
    App, Browser, Door, Failure, Field, FirstChoice, FirstRun, FirstStep, Line, LockReason, Notice, Panel,
    Question, RequestId, Reveal, SignInPanel, Tab, Unlocking,
};
use tokengauge::domain::secret::RevealedValue;
use tokengauge::domain::{ConnectionValue, Event, EventKind, Overview, RenewalPolicy};

use super::fixtures::{self, Make, app, days, forty, now, on, only, with};
use super::form_scenes::{self, form};
use super::hand_over_scenes;
use super::permission_scenes;
use super::secret_scenes;
use super::sign_in_scenes;
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
        form_scenes::forms(),
        sign_in_scenes::sign_ins(),
        sign_in_scenes::device_sign_ins(),
        sign_in_scenes::consents(),
        sign_in_scenes::listening(),
        hand_over_scenes::hand_overs(),
        secret_scenes::all(),
        hand_over_scenes::exports(),
        hand_over_scenes::probes(),
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

/// Its access token ended, and it renews when somebody asks.
fn on_demand() -> Overview {
    let mut own = Make::healthy("adatum", "ops@adatum.com").access_left(fixtures::minutes(-180)).done();
    own.settings.renewal.policy = RenewalPolicy::Manual;
    own
}

fn connections() -> Vec<Scene> {
    vec![
        ("connections_twelve", on(Tab::Connections, "northwind")),
        ("connections_consent", on(Tab::Connections, "litware")),
        ("connections_forty", changed(app(forty()), |app| fixtures::choose(app, "adatum"))),
        ("connections_forty_last", changed(app(forty()), |app| fixtures::choose(app, "alpine"))),
        ("connections_new_secret", secret_scenes::begun_elsewhere()),
        ("connections_empty", app(Vec::new())),
        ("connections_one", only(Make::healthy("contoso-prod", "ops@contoso.com").done(), Tab::Connections)),
        (
            "connections_on_demand",
            app(vec![on_demand(), Make::healthy("contoso-prod", "ops@contoso.com").done()]),
        ),
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
