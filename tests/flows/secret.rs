//! Replacing the client secret of thirty-eight connections: a right one, a wrong one, one that works for some, and what
//! other processes use meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use tempfile::TempDir;
use tokengauge::app::{CredentialEdit, Edit, GrantStep, NewConnection, Shown};
use tokengauge::domain::secret::ClientSecret;
use tokengauge::domain::{
    AppRegistration, ClientId, ConnectionId, Overview, Proof, ProofRun, ReplacementError, SecretCredential,
    Unproven, Verdict,
};
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::exchange::{ExchangeError, NewSecret, exchange, prove_secret};
use tokengauge::runtime::records;
use tokengauge::runtime::secret_replacement::{EndError, go_back_to_old_secret, take_new_secret};
use tokengauge::runtime::services::Services;

use crate::child;
use crate::disk::run_read_only;
use crate::one_secret::{COUNT, NEW, OLD, Platform, SOME, WRONG};

struct Desk {
    home: TempDir,
    platform: Platform,
    services: Services,
}

fn given(value: &str) -> NewSecret {
    NewSecret::Given(SecretCredential {
        value: ClientSecret::new(value),
        ends_on: None,
        entered_at: Clock::system().now(),
    })
}

impl Desk {
    fn with(more: &str) -> Self {
        let (home, platform) = (TempDir::new().unwrap(), Platform::start(more));
        let services = Services::new(platform.fill(home.path()), Clock::system());
        Self { home, platform, services }
    }

    fn overviews(&self) -> Vec<Overview> {
        self.services.contents().unwrap().connections
    }

    fn id(&self, name: &str) -> ConnectionId {
        self.overviews().into_iter().find(|own| own.name.as_str() == name).unwrap().id
    }

    fn app(&self) -> AppRegistration {
        self.services.vault.app_registration(&self.platform.client_id()).unwrap().unwrap()
    }

    /// The secret that each connection uses, by how many.
    fn in_use(&self) -> (usize, usize) {
        let app = self.app();
        let uses = |own: &Overview| app.clone().used_by(&own.id).credential.secret().unwrap().value.clone();
        let old = self.overviews().iter().filter(|own| uses(own) == ClientSecret::new(OLD)).count();
        (old, COUNT - old)
    }

    /// All files of the vault.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        ["connections", "apps"]
            .iter()
            .flat_map(|name| files(&self.home.path().join("vault").join(name)))
            .collect()
    }

    fn run(&self) -> ProofRun {
        let app = self.app();
        let is_proven =
            |id: &ConnectionId| app.replacement.as_ref().is_some_and(|own| own.proven_for.contains(id));
        ProofRun::new(&self.overviews(), is_proven, Clock::system().now())
    }

    /// Proves as far as it goes, one after the other.
    async fn prove(&self, run: &mut ProofRun, secret: NewSecret) {
        let mut secret = secret;
        while let Some(id) = run.begin_next(1, |_| true).pop() {
            let proof = prove_secret(&self.services, &id, &secret).await.unwrap();
            if proof == Proof::Proven {
                secret = NewSecret::Held;
            }
            run.take(&id, proof);
        }
    }

    /// Proves the secret, and lets something happen before the platform answers.
    async fn held_answer(
        &self,
        id: &ConnectionId,
        secret: NewSecret,
        happens: impl FnOnce(&ClientId) -> Result<(), EndError>,
    ) -> Result<Proof, ExchangeError> {
        let (before, client_id) = (self.platform.requests(), self.platform.client_id());
        let simulator = self.platform.simulator.lock().unwrap();
        let (services, id) = (self.services.clone(), id.clone());
        let proof = tokio::spawn(async move { prove_secret(&services, &id, &secret).await });
        while self.platform.requests() == before {
            std::thread::yield_now();
        }
        happens(&client_id).unwrap();
        drop(simulator);
        proof.await.unwrap()
    }

    async fn renew_all(&self) {
        for own in self.overviews() {
            let after = exchange(&self.services, &own.id, GrantStep::renew(&own)).await.unwrap();
            assert_eq!(after.trouble, None, "{}", own.name);
        }
    }
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

#[tokio::test]
async fn a_right_secret_is_proven_on_all_and_takes_the_old_ones_place() {
    let desk = Desk::with("");
    let mut run = desk.run();
    desk.prove(&mut run, given(NEW)).await;
    assert_eq!((run.verdict(), desk.platform.requests()), (Some(Verdict::AllProven), 38));
    assert_eq!(desk.in_use(), (0, 38));
    take_new_secret(&desk.services, &desk.platform.client_id()).unwrap();
    let app = desk.app();
    assert_eq!(app.credential.secret().unwrap().value, ClientSecret::new(NEW));
    assert_eq!(app.replacement, None);
    desk.renew_all().await;
    let told = desk.overviews();
    let outdated: Vec<_> = told.iter().filter(|own| !own.holders_of_old_secret().is_empty()).collect();
    assert_eq!(outdated.len(), 5);
}

#[tokio::test]
async fn a_wrong_secret_costs_one_request_and_changes_no_byte() {
    let desk = Desk::with("");
    let before = desk.files();
    let mut run = desk.run();
    desk.prove(&mut run, given(WRONG)).await;
    assert_eq!((run.verdict(), desk.platform.requests()), (Some(Verdict::Wrong), 1));
    assert!(desk.files() == before, "the vault is as it was");
    let refused = run.rows().iter().find_map(|row| match &row.state {
        tokengauge::domain::ProofState::Ended(Proof::Refused(why)) => Some(why.clone()),
        _ => None,
    });
    assert!(refused.unwrap().contains("AADSTS7000215"));
    desk.renew_all().await;
}

#[tokio::test]
async fn a_secret_that_works_for_some_leaves_the_others_on_the_old_one() {
    let desk = Desk::with("");
    let mut run = desk.run();
    desk.prove(&mut run, given(SOME)).await;
    assert_eq!(run.verdict(), Some(Verdict::Partly));
    assert_eq!((run.count().proven, run.count().refused), (22, 16));
    assert_eq!(desk.in_use(), (16, 22));
    // Whoever renews now, in whatever process, uses what works.
    desk.renew_all().await;
    let reopened = crate::desk::reopen(desk.home.path());
    let northwind = reopened.services_overview("northwind-mail01");
    assert!(
        exchange(&reopened, &northwind.id, GrantStep::renew(&northwind)).await.unwrap().trouble.is_none()
    );
    // Another one has to wait until this is settled.
    let another = prove_secret(&desk.services, &northwind.id, &given(NEW)).await.unwrap_err();
    assert!(matches!(another, ExchangeError::Replacement(_)), "{another:?}");
    go_back_to_old_secret(&desk.services, &desk.platform.client_id()).unwrap();
    assert_eq!(desk.in_use(), (38, 0));
    desk.renew_all().await;
    let mut again = desk.run();
    desk.prove(&mut again, given(NEW)).await;
    assert_eq!(again.verdict(), Some(Verdict::AllProven));
}

trait ByName {
    fn services_overview(&self, name: &str) -> Overview;
}

impl ByName for Services {
    fn services_overview(&self, name: &str) -> Overview {
        let all = self.contents().unwrap().connections;
        all.into_iter().find(|own| own.name.as_str() == name).unwrap()
    }
}

#[tokio::test]
async fn what_is_not_about_the_secret_is_no_proof_against_it() {
    let faults = "[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\ncode = 700082\nnth = 1\n\
                  [[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\nstatus = 429\nretry_after = 60\nnth = 3\n";
    let desk = Desk::with(faults);
    let mut run = desk.run();
    let first = run.begin_next(8, |_| true);
    assert_eq!(first.len(), 1, "one goes first");
    let proof = prove_secret(&desk.services, &first[0], &given(NEW)).await.unwrap();
    assert!(
        matches!(&proof, Proof::Unproven(Unproven::NeedsPerson(why)) if why.contains("700082")),
        "{proof:?}"
    );
    run.take(&first[0], proof);
    let second = run.begin_next(8, |_| true);
    assert_eq!(second.len(), 1, "nothing is proven so far");
    let proof = prove_secret(&desk.services, &second[0], &given(NEW)).await.unwrap();
    assert_eq!(proof, Proof::Proven);
    run.take(&second[0], proof);
    let rest = run.begin_next(8, |_| true);
    assert_eq!(rest.len(), 8);
    let paused = prove_secret(&desk.services, &rest[0], &NewSecret::Held).await.unwrap();
    assert!(matches!(paused, Proof::Unproven(Unproven::Paused(_))), "{paused:?}");
    run.take(&rest[0], paused);
    assert_eq!(run.begin_next(8, |_| true), Vec::new(), "a pause is for all");
    let until = run.paused_until().unwrap() - Clock::system().now();
    assert!(until > TimeDelta::seconds(50) && until <= TimeDelta::seconds(60), "{until}");
    assert_eq!(desk.app().replacement.unwrap().proven_for.len(), 1);
}

#[tokio::test]
async fn the_secret_held_is_no_new_one_and_a_held_one_must_be_there() {
    let desk = Desk::with("");
    let id = desk.id("contoso-mail01");
    let same = prove_secret(&desk.services, &id, &given(OLD)).await.unwrap_err();
    let none = prove_secret(&desk.services, &id, &NewSecret::Held).await.unwrap_err();
    assert!(matches!((same, none), (ExchangeError::Replacement(_), ExchangeError::Replacement(_))));
    assert_eq!(desk.platform.requests(), 0);
}

#[tokio::test]
async fn a_form_changes_the_date_of_the_secret_that_the_connection_uses_and_a_new_one_is_for_all() {
    let desk = Desk::with("");
    let id = desk.id("contoso-mail01");
    prove_secret(&desk.services, &id, &given(NEW)).await.unwrap();
    let own = desk.services.services_overview("contoso-mail01");
    let date = chrono::NaiveDate::from_ymd_opt(2030, 1, 31);
    let form =
        |credential| NewConnection { name: own.name.clone(), settings: own.settings.clone(), credential };
    let change = |credential| {
        let edit = Edit::Form(form(credential), Box::new(Shown::of(&own)));
        records::change(&desk.services, &id, &edit).unwrap();
    };
    change(CredentialEdit::EndsOn(date));
    // Once more, by a form that was opened before: the new secret has that date already.
    change(CredentialEdit::EndsOn(date));
    let app = desk.app();
    assert_eq!(app.replacement.as_ref().unwrap().candidate.ends_on, date);
    assert_eq!(app.credential.secret().unwrap().ends_on, None);
    change(CredentialEdit::Keep);
    assert_eq!(desk.app().replacement, app.replacement);
    change(CredentialEdit::Secret { value: ClientSecret::new(NEW), ends_on: date });
    assert_eq!((desk.app().replacement, desk.in_use()), (None, (0, 38)));
}

#[tokio::test]
async fn a_connection_that_is_gone_or_damaged_stops_no_run() {
    let desk = Desk::with("");
    let (gone, damaged) = (desk.id("contoso-mail01"), desk.id("contoso-mail02"));
    let mut run = desk.run();
    records::remove(&desk.services, &gone).unwrap();
    let file = desk.home.path().join("vault/connections/contoso-mail02.age");
    assert!(file.exists());
    fs::write(&file, "no age file").unwrap();
    for id in [&gone, &damaged] {
        let proof = prove_secret(&desk.services, id, &given(NEW)).await.unwrap();
        assert!(matches!(proof, Proof::Unproven(Unproven::NeedsPerson(_))), "{proof:?}");
    }
    desk.prove(&mut run, given(NEW)).await;
    let count = run.count();
    assert_eq!((count.proven, count.refused, desk.platform.requests()), (36, 0, 36));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_program_that_gives_up_or_takes_the_secret_is_not_overruled() {
    let desk = Desk::with("");
    let (first, second) = (desk.id("contoso-mail01"), desk.id("contoso-mail02"));
    let other = crate::desk::reopen(desk.home.path());
    let prove = async |id: &ConnectionId, secret: &NewSecret| prove_secret(&desk.services, id, secret).await;
    assert_eq!(prove(&first, &given(NEW)).await.unwrap(), Proof::Proven);

    // One is in the air while the other program gives it up.
    let in_the_air = desk
        .held_answer(&second, NewSecret::Held, |client_id| go_back_to_old_secret(&other, client_id))
        .await;
    assert!(matches!(in_the_air, Err(ExchangeError::Replacement(ReplacementError::NoneUnderWay))));
    assert_eq!((desk.app().replacement, desk.in_use()), (None, (38, 0)));
    desk.renew_all().await;

    // And while it takes it.
    assert_eq!(prove(&first, &given(NEW)).await.unwrap(), Proof::Proven);
    let in_the_air =
        desk.held_answer(&second, NewSecret::Held, |client_id| take_new_secret(&other, client_id)).await;
    assert_eq!(in_the_air.unwrap(), Proof::Proven);
    assert_eq!((desk.app().replacement, desk.in_use()), (None, (0, 38)));
    desk.renew_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_given_secret_that_was_given_up_meanwhile_does_not_come_back_with_a_late_proof() {
    let desk = Desk::with("");
    let (first, second) = (desk.id("contoso-mail01"), desk.id("contoso-mail02"));
    let other = crate::desk::reopen(desk.home.path());
    let is_none_under_way = |proof: Result<Proof, ExchangeError>| {
        matches!(proof, Err(ExchangeError::Replacement(ReplacementError::NoneUnderWay)))
    };

    // It was begun when this one set out.
    prove_secret(&desk.services, &first, &given(NEW)).await.unwrap();
    let proof =
        desk.held_answer(&second, given(NEW), |client_id| go_back_to_old_secret(&other, client_id)).await;
    assert!(is_none_under_way(proof));
    assert_eq!((desk.app().replacement, desk.in_use()), (None, (38, 0)));

    // It was begun and given up while this one was in the air.
    let begun_and_given_up = |client_id: &ClientId| {
        let NewSecret::Given(secret) = given(NEW) else { panic!("given") };
        let mut locked = other.vault.lock_app(client_id, std::time::Duration::ZERO).unwrap();
        let mut app = locked.read().unwrap().unwrap();
        app.note_proof(&secret, first.clone()).unwrap();
        locked.save(&mut app).unwrap();
        drop(locked);
        go_back_to_old_secret(&other, client_id)
    };
    assert!(is_none_under_way(desk.held_answer(&second, given(NEW), begun_and_given_up).await));
    assert_eq!((desk.app().replacement, desk.in_use()), (None, (38, 0)));
    desk.renew_all().await;
}

#[tokio::test]
async fn on_a_full_disk_no_secret_is_proven_and_nothing_is_sent() {
    let desk = Desk::with("");
    let before = desk.files();
    let test = "secret::child_that_proves_on_a_full_disk";
    child::run(test, desk.home.path(), "trap '' XFSZ; ulimit -f 128;").await;
    assert!(desk.files() == before, "the vault is as it was");
    assert_eq!(desk.platform.requests(), 0);
    desk.renew_all().await;
}

#[tokio::test]
#[ignore = "run by on_a_full_disk_no_secret_is_proven_and_nothing_is_sent"]
async fn child_that_proves_on_a_full_disk() {
    let Some(home) = child::home() else { return };
    let proof = prove_first(&home).await;
    assert!(
        matches!(&proof, Proof::Unproven(Unproven::Hindered(why)) if why.contains("contoso-mail01")),
        "{proof:?}"
    );
}

#[tokio::test]
async fn a_proof_that_cannot_be_noted_loses_no_sign_in() {
    let desk = Desk::with("");
    let apps = desk.home.path().join("vault/apps");
    let before = files(&apps);
    let renewed = |desk: &Desk| desk.services.services_overview("contoso-mail01").renewals.len();
    assert_eq!(renewed(&desk), 0);
    let test = "secret::child_that_cannot_note_a_proof";
    run_read_only(test, desk.home.path(), std::slice::from_ref(&apps)).await;
    // The tokens that the new secret brought are saved; the connection goes on with the secret that it had.
    assert_eq!((desk.platform.requests(), renewed(&desk)), (1, 1));
    assert_eq!(files(&apps), before);
    assert_eq!(desk.in_use(), (38, 0));
    desk.renew_all().await;
    let mut run = desk.run();
    desk.prove(&mut run, given(NEW)).await;
    assert_eq!(run.verdict(), Some(Verdict::AllProven));
}

#[tokio::test]
#[ignore = "run by a_proof_that_cannot_be_noted_loses_no_sign_in"]
async fn child_that_cannot_note_a_proof() {
    let Some(home) = child::home() else { return };
    let proof = prove_first(&home).await;
    assert!(matches!(proof, Proof::Unproven(Unproven::Hindered(_))), "{proof:?}");
}

async fn prove_first(home: &Path) -> Proof {
    let services = crate::desk::reopen(home);
    let id = services.services_overview("contoso-mail01").id;
    prove_secret(&services, &id, &given(NEW)).await.unwrap()
}
