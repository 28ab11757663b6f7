//! Warning from one program to the next: what is told once, and what stays owed.

use super::*;
use crate::app::{CredentialEdit, NewConnection};
use crate::domain::secret::ClientSecret;
use crate::domain::warning::Hold;
use crate::domain::{
    Authority, ClientId, ConnectionName, RedirectUri, RenewalRule, ResponseMode, ScopeSet, Settings, Tenant,
    WayIn,
};
use crate::runtime::clock::Clock;
use crate::runtime::records;
use crate::runtime::stop::Haste;
use crate::vault::Vault;
use crate::vault::unlock::{Keyring, Sources};

/// One connection, whose secret ends in five days.
fn near(home: &Path) -> Services {
    let vault = Vault::init_ephemeral(&home.join("vault")).unwrap();
    let sources = Sources { notes: Some(home.join("notes")), keyring: Keyring::Left, ..Sources::default() };
    sources.introduce(&vault);
    let services = Services::new(vault, Clock::system());
    create(&services, 0);
    services
}

/// One with a registration of its own, whose secret ends in five days.
fn create(services: &Services, number: u8) {
    let ends_on = (services.clock.now() + TimeDelta::days(5)).date_naive();
    let connection = NewConnection {
        name: ConnectionName::parse(&format!("contoso-{number}")).unwrap(),
        settings: Settings {
            client_id: ClientId::parse(&format!("5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b{number:02}")).unwrap(),
            authority: Authority::custom("http://127.0.0.1:9", None).unwrap(),
            tenant: Tenant::organizations(),
            sign_in_as: None,
            way_in: WayIn::default(),
            redirect_uri: RedirectUri::parse("http://localhost:8400/").unwrap(),
            response_mode: ResponseMode::Query,
            scopes: ScopeSet::parse_lenient("User.Read"),
            renewal: RenewalRule::default(),
        },
        credential: CredentialEdit::Secret { value: ClientSecret::new("a~secret"), ends_on: Some(ends_on) },
    };
    records::create(services, &connection).unwrap();
}

fn warner() -> Warner {
    Warner::new(Setup { rules: WarningRules::default(), hook: None, signals: None }, Run::Stays)
}

#[tokio::test(start_paused = true)]
async fn while_another_program_holds_the_books_nothing_is_told_and_soon_asked_again() {
    let home = tempfile::tempdir().unwrap();
    let (services, warner) = (near(home.path()), warner());
    let held = BookFile::of(&services).unwrap().lock(&services.leaving).await.unwrap();
    let told = warner.report(&services, Report::default()).await.unwrap().warned;
    assert_eq!((told.news.len(), told.again_at), (0, Some(told.at + TimeDelta::minutes(1))));
    drop(held);
    for count in [1, 0] {
        let told = warner.report(&services, Report::default()).await.unwrap().warned;
        assert_eq!((told.news.len(), told.not_noted), (count, None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_that_leaves_waits_for_nobody_and_tells_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (services, warner) = (near(home.path()), warner());
    let _held = BookFile::of(&services).unwrap().lock(&services.leaving).await.unwrap();
    services.leaving.tell(Haste::Leaving);
    let told = warner.report(&services, Report::default()).await.unwrap().warned;
    assert_eq!((told.news.len(), told.again_at), (0, None));
}

/// A hook that writes down what it hears.
fn with_hook(told: &Path, run: Run) -> Warner {
    let script = format!("cat >> {}", told.display());
    let hook = Hook::new("/bin/sh", &["-c", &script], std::time::Duration::from_secs(60));
    Warner::new(Setup { rules: WarningRules::default(), hook: Some(hook), signals: None }, run)
}

fn events(told: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(told).unwrap_or_default();
    let event = |line: &str| {
        let own: serde_json::Value = serde_json::from_str(line).unwrap();
        own["event"].as_str().unwrap().to_owned()
    };
    text.lines().map(event).collect()
}

fn replace_secret(services: &Services) {
    let id = services.contents().unwrap().apps[0].client_id;
    let mut app = services.vault.app_registration(&id).unwrap().unwrap();
    let ends_on = Some((services.clock.now() + TimeDelta::days(300)).date_naive());
    app.credential = crate::domain::ClientCredential::Secret(crate::domain::SecretCredential {
        value: ClientSecret::new("another~secret"),
        ends_on,
        entered_at: services.clock.now(),
    });
    services.vault.lock_app(&id, crate::vault::PATIENCE).unwrap().save(&mut app).unwrap();
}

/// The time passes for which programs claim what they tell.
async fn let_claims_lapse(services: &Services) {
    let locked = BookFile::of(services).unwrap().lock(&services.leaving).await.unwrap();
    let lapsed = Hold::Claimed(services.clock.now());
    locked.change(|books| books.owed.values_mut().for_each(|own| own.hold = lapsed)).unwrap();
}

#[tokio::test]
async fn what_a_killed_program_had_noted_the_next_one_tells_the_hook_once() {
    let home = tempfile::tempdir().unwrap();
    let (services, told) = (near(home.path()), home.path().join("told"));
    let report = async |run| {
        let warner = with_hook(&told, run);
        let reported = warner.report(&services, Report::default()).await.unwrap();
        (warner, reported)
    };
    for expected in [&["warned"][..], &["warned", "recovered"]] {
        // Killed before its hook runs.
        drop(report(Run::Stays).await);
        let (warner, at_work) = report(Run::Stays).await;
        assert!(at_work.hook.is_empty() && at_work.warned.again_at.is_some(), "the other seems to be at it");
        warner.tell_hook(&services, at_work).await.unwrap();
        let_claims_lapse(&services).await;
        for _ in 0..2 {
            let (warner, reported) = report(Run::OneCommand).await;
            warner.tell_hook(&services, reported).await.unwrap();
        }
        assert_eq!(events(&told), expected);
        assert_eq!(owing(&home.path().join("notes")), None);
        replace_secret(&services);
    }
}

#[tokio::test]
async fn a_recovery_that_the_end_of_the_program_cuts_off_is_told_by_the_next_at_once() {
    let home = tempfile::tempdir().unwrap();
    let (services, told) = (near(home.path()), home.path().join("told"));
    let warner = with_hook(&told, Run::Stays);
    let reported = warner.report(&services, Report::default()).await.unwrap();
    warner.tell_hook(&services, reported).await.unwrap();
    replace_secret(&services);
    let reported = warner.report(&services, Report::default()).await.unwrap();
    services.leaving.tell(Haste::Leaving);
    warner.tell_hook(&services, reported).await.unwrap();
    assert_eq!(events(&told), ["warned"]);
    let services = Services { leaving: crate::runtime::stop::Leaving::default(), ..services };
    let next = with_hook(&told, Run::OneCommand);
    let reported = next.report(&services, Report::default()).await.unwrap();
    next.tell_hook(&services, reported).await.unwrap();
    assert_eq!(events(&told), ["warned", "recovered"]);
}

/// How such a hook is told when a recovery comes after its first try of the warning has begun: all tries, and what it has
/// heard of them.
async fn told_of_a_recovery_meanwhile(script: &str) -> [Vec<String>; 2] {
    let home = tempfile::tempdir().unwrap();
    let (services, told) = (near(home.path()), home.path().join("told"));
    let begun = home.path().join("begun");
    let script = format!("cd {}; read -r own; echo \"$own\" >> begun; {script}", home.path().display());
    let hook = Hook::new("/bin/sh", &["-c", &script], std::time::Duration::from_secs(60));
    let setup = Setup { rules: WarningRules::default(), hook: Some(hook), signals: None };
    let warner = Warner::new(setup, Run::Stays);
    let reported = warner.report(&services, Report::default()).await.unwrap();
    let (own, with) = (warner.clone(), services.clone());
    let warning = tokio::spawn(async move { own.tell_hook(&with, reported).await });
    while events(&begun).is_empty() {
        tokio::task::yield_now().await;
    }
    replace_secret(&services);
    let reported = warner.report(&services, Report::default()).await.unwrap();
    warner.tell_hook(&services, reported).await.unwrap();
    warning.await.unwrap().unwrap();
    [events(&begun), events(&told)]
}

#[tokio::test]
async fn what_is_over_while_the_hook_is_to_be_tried_again_is_told_and_the_warning_is_not() {
    let takes_recoveries = "case $own in *recovered*) echo \"$own\" >> told;; *) exit 1;; esac";
    let [tries, told] = told_of_a_recovery_meanwhile(takes_recoveries).await;
    assert_eq!((tries, told), (vec!["warned".into(), "recovered".into()], vec!["recovered".into()]));
}

#[tokio::test]
async fn what_is_over_while_the_hook_hears_of_it_is_told_after_that() {
    let waits_for_others = "case $own in *recovered*) ;; *) for _ in 1 2 3 4 5; do [ -s told ] || sleep 0.2; done;; esac; \
                            echo \"$own\" >> told";
    let [_, told] = told_of_a_recovery_meanwhile(waits_for_others).await;
    assert_eq!(told, ["warned", "recovered"]);
}

#[tokio::test]
async fn what_the_hook_did_not_take_is_owed_until_the_next_start() {
    let home = tempfile::tempdir().unwrap();
    let (services, told) = (near(home.path()), home.path().join("told"));
    let gone = Hook::new("/nowhere/notify", &[], std::time::Duration::from_secs(60));
    let setup = Setup { rules: WarningRules::default(), hook: Some(gone), signals: None };
    let warner = Warner::new(setup, Run::Stays);
    let reported = warner.report(&services, Report::default()).await.unwrap();
    let failure = warner.tell_hook(&services, reported).await.unwrap_err();
    assert!(failure.what_to_do.contains("told again"), "{failure:?}");
    let owing = owing(&home.path().join("notes")).unwrap();
    let rests_for = owing.again_at - services.clock.now();
    assert!(owing.count == 1 && rests_for <= TimeDelta::minutes(5), "{owing:?}");
    let again = warner.report(&services, Report::default()).await.unwrap();
    assert_eq!((again.hook.len(), again.warned.again_at), (0, Some(owing.again_at)));
    for (run, expected) in [(Run::OneCommand, &[][..]), (Run::Stays, &["warned"]), (Run::Stays, &["warned"])]
    {
        let next = with_hook(&told, run);
        let reported = next.report(&services, Report::default()).await.unwrap();
        next.tell_hook(&services, reported).await.unwrap();
        assert_eq!(events(&told), expected, "{run:?}");
    }
}

#[tokio::test]
async fn a_hook_that_does_not_work_is_not_tried_for_each_of_many() {
    let home = tempfile::tempdir().unwrap();
    let services = near(home.path());
    (1..30).for_each(|number| create(&services, number));
    let gone = Hook::new("/nowhere/notify", &[], std::time::Duration::from_secs(60));
    let setup = Setup { rules: WarningRules::default(), hook: Some(gone), signals: None };
    let warner = Warner::new(setup, Run::Stays);
    let reported = warner.report(&services, Report::default()).await.unwrap();
    let failure = warner.tell_hook(&services, reported).await.unwrap_err();
    assert!(failure.what_happened.contains("did not take 30 of 30 warnings"), "{failure:?}");
    let locked = BookFile::of(&services).unwrap().lock(&services.leaving).await.unwrap();
    let owed = locked.change(|books| books.owed.clone()).unwrap();
    let tried = owed.values().filter(|own| own.failures > 0).count();
    assert!((1..=HOOKS_AT_ONCE).contains(&tried), "{tried}");
    assert!(owed.len() == 30 && owed.values().all(|own| matches!(own.hold, Hold::Paused(_))), "{owed:?}");
}
