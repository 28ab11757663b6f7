//! The replacement of a client secret: the form, the renewals row by row, how they end, and who is to be told.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use tokengauge::app::{
    App, AskedIn, Failure, Panel, ReplacementFacts, SecretForm, SecretPanel, SecretPhase, SecretToProve, Tab,
};
use tokengauge::domain::{ConnectionId, HandOver, Overview, Proof, ProofRun, TroubleKind, Unproven, Verdict};

use super::fixtures::{Make, app, choose, days, handed_over, now};
use super::scenes::{Scene, changed};

fn served() -> Vec<Overview> {
    let mut all: Vec<Overview> = (1..=38)
        .map(|number| {
            let tenant = ["contoso", "fabrikam", "northwind", "litware"][number % 4];
            let name = format!("{tenant}-mail{number:02}");
            let made = Make::healthy(&name, &format!("mail{number:02}@{tenant}.example"));
            let made = made.secret_left(Some(days(9)));
            let mut own = made.done();
            own.hand_overs.clear();
            if number % 5 == 0 {
                let client_secret = Some(now() - days(300));
                own.hand_overs = vec![HandOver { client_secret, ..handed_over(now() - days(3), "older") }];
            }
            own
        })
        .collect();
    let lines = ("the refresh token expired unused", "Sign in again (a).");
    all[10] = Make::healthy("northwind-mail11", "mail11@northwind.example")
        .secret_left(Some(days(9)))
        .trouble(TroubleKind::SignInNeeded, lines, 700_082)
        .done();
    all
}

fn with(all: Vec<Overview>, phase: impl FnOnce(ProofRun) -> SecretPhase) -> App {
    let run = ProofRun::new(&all, |_| false, now());
    let panel = SecretPanel {
        client_id: all[0].settings.client_id,
        serves: all.len(),
        in_use_since: None,
        candidate_since: None,
        row: None,
        phase: phase(run),
    };
    changed(app(all), |app| {
        app.tab = Tab::Connections;
        app.panel = Some(Panel::Secret(Box::new(panel)));
    })
}

fn at(phase: impl FnOnce(ProofRun) -> SecretPhase) -> App {
    with(served(), phase)
}

/// The list, while a new secret is proven for some of them.
pub fn begun_elsewhere() -> App {
    let all = served();
    let proven_for = all.iter().take(22).map(|own| own.id.clone()).collect();
    let candidate = all[0].credential.clone();
    changed(app(all), |app| {
        app.tab = Tab::Connections;
        choose(app, "contoso-mail04");
        app.connections.apps[0].replacement = Some(ReplacementFacts { candidate, proven_for });
    })
}

/// So far that so many have ended, and eight are in the air.
fn proven(mut run: ProofRun, count: usize, refused: bool) -> ProofRun {
    let mut open: BTreeSet<ConnectionId> = run.begin_next(8, |_| true).into_iter().collect();
    for number in 0..count {
        let Some(id) = open.pop_first() else { break };
        let name = run.rows().iter().find(|row| row.id == id).map(|row| row.name.to_string());
        let is_refused = refused && name.is_some_and(|name| name.starts_with("litware"));
        run.take(&id, if is_refused && number > 0 { wrong() } else { Proof::Proven });
        open.extend(run.begin_next(8 - open.len(), |_| true));
    }
    run
}

fn wrong() -> Proof {
    Proof::Refused("the client secret is wrong (AADSTS7000215)".to_owned())
}

fn form(secret: &str, ends: &str, failure: Option<Failure>) -> SecretForm {
    let mut form = SecretForm { failure, ..SecretForm::default() };
    form.secret.paste(secret);
    form.ends.paste(ends);
    form
}

pub fn all() -> Vec<Scene> {
    let held = SecretToProve::Held;
    let settled = |run: ProofRun| {
        let mut run = proven(run, 99, true);
        let last = run.rows().last().unwrap().id.clone();
        run.take(&last, Proof::Unproven(Unproven::Paused(now() + TimeDelta::minutes(2))));
        SecretPhase::Settled(run, SecretToProve::Held, Verdict::Partly)
    };
    vec![
        ("secret_form", at(|_| SecretPhase::Typing(SecretForm::default()))),
        ("secret_typed", at(|_| SecretPhase::Typing(form("new~secret.value-0001", "2028-11-22", None)))),
        ("secret_id", at(|_| SecretPhase::Typing(form("6e5d4c3b-2a19-4f08-9e7d-6c5b4a392817", "", None)))),
        ("secret_first", at(|run| SecretPhase::Proving(proven(run, 0, false), held.clone()))),
        ("secret_proving", at(|run| SecretPhase::Proving(proven(run, 17, false), held.clone()))),
        (
            "secret_wrong",
            at(|mut run| {
                let first = run.begin_next(1, |_| true).remove(0);
                run.take(&first, wrong());
                SecretPhase::Settled(run, held.clone(), Verdict::Wrong)
            }),
        ),
        ("secret_partly", at(settled)),
        (
            "secret_stopped",
            with(served(), |run| {
                let proven_for: BTreeSet<_> = run.rows().iter().take(9).map(|row| row.id.clone()).collect();
                let run = ProofRun::new(&served(), |id| proven_for.contains(id), now());
                SecretPhase::Settled(run, SecretToProve::Held, Verdict::Partly)
            }),
        ),
        (
            "secret_going_back",
            at(|run| SecretPhase::Asking(proven(run, 99, true), held.clone(), AskedIn::GoingBack)),
        ),
        (
            "secret_asking",
            at(|run| SecretPhase::Asking(proven(run, 17, false), held.clone(), AskedIn::Proving)),
        ),
        ("secret_done", at(|run| SecretPhase::Done { run: proven(run, 99, false), copies: 9 })),
        (
            "secret_done_alone",
            with(vec![Make::healthy("contoso-prod", "ops@contoso.com").secret_left(None).done()], |run| {
                SecretPhase::Done { run: proven(run, 99, false), copies: 0 }
            }),
        ),
    ]
}
