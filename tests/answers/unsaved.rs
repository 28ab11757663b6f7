//! An answer that was paid for, and a disk that does not take it; a program that is told to end meanwhile.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokengauge::app::export::{ExportOrder, ExportTo, NotExported, Permit};
use tokengauge::app::{Message, SaveNews};
use tokengauge::domain::ConnectionValue;
use tokengauge::domain::secret::Secret;
use tokengauge::export::snippet::VaultOptions;
use tokengauge::export::{Format, Options};
use tokengauge::runtime::clipboard::Clipboard;
use tokengauge::runtime::delivery::{Outlets, value};
use tokengauge::runtime::exchange::{ExchangeError, NotSaved, OnFailedSave, Teller};
use tokengauge::runtime::exporting::{export, preview};
use tokengauge::runtime::services::Services;
use tokengauge::runtime::stop::Haste;
use tokengauge::vault::{EmergencyPlaces, ErrorKind, NoCopy, TakenIn};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::bench::{Bench, NEW, OLD, PLANTED};
use crate::case::case;
use crate::server::Server;

/// Where the records are while nothing can be saved.
struct Away {
    place: PathBuf,
    elsewhere: PathBuf,
}

impl Away {
    fn of(bench: &Bench) -> Self {
        Self { place: bench.vault().join("connections"), elsewhere: bench.vault().join("elsewhere") }
    }

    /// Between the next request and its answer the directory goes away: the disk was proved, and the save fails.
    fn between(self, server: &Server) -> Self {
        self.between_and(server, || {})
    }

    fn between_and(self, server: &Server, act: impl FnOnce() + Send + 'static) -> Self {
        let (place, elsewhere) = (self.place.clone(), self.elsewhere.clone());
        server.meanwhile(move || {
            fs::rename(place, elsewhere).unwrap();
            act();
        });
        self
    }

    /// The same, and the program is told to end: it does not try for long.
    fn between_on_leaving(self, server: &Server, bench: &Bench) -> Self {
        let leaving = bench.services.leaving.clone();
        self.between_and(server, move || leaving.tell(Haste::Leaving))
    }

    fn back(&self) {
        fs::rename(&self.elsewhere, &self.place).unwrap();
    }
}

async fn at(answer: &str) -> (Server, Bench) {
    let server = Server::with(vec![case(answer)]).await;
    let bench = Bench::at(server.authority());
    bench.services.vault.keep_emergency_copies_in(&places(&bench));
    (server, bench)
}

fn places(bench: &Bench) -> EmergencyPlaces {
    EmergencyPlaces {
        runtime: Some(bench.outside("run")),
        state: Some(bench.outside("state")),
        usual_runtime: None,
    }
}

fn not_saved(tried: Result<tokengauge::domain::Overview, ExchangeError>) -> NotSaved {
    match tried {
        Err(ExchangeError::NotSaved(not_saved)) => *not_saved,
        other => panic!("{other:?}"),
    }
}

/// The services of a program that runs on, and what it hears.
fn running_on(bench: &mut Bench) -> (Teller, UnboundedReceiver<Message>) {
    let (messages, heard) = unbounded_channel();
    let teller = Teller::new(messages);
    bench.services.on_failed_save = OnFailedSave::TryOn(teller.clone());
    (teller, heard)
}

async fn next(heard: &mut UnboundedReceiver<Message>) -> SaveNews {
    match heard.recv().await {
        Some(Message::Saving(news)) => news,
        other => panic!("{other:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_command_tries_for_five_seconds_and_leaves_a_sealed_copy_that_is_taken_in_first() {
    let (server, bench) = at("TE-001").await;
    let away = Away::of(&bench).between(&server);
    let begun = std::time::Instant::now();
    let failed = not_saved(bench.refresh().await);
    assert!(begun.elapsed() >= Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!((failed.error.kind(), failed.error.kind().exit_code()), (ErrorKind::Io, 7));
    let (copy, _) = failed.copy.clone().unwrap();
    assert!(copy.starts_with(bench.outside("run").join("tokengauge")), "{copy:?}");
    assert_eq!((mode(&copy), mode(copy.parent().unwrap())), (0o600, 0o700));
    let bytes = fs::read(&copy).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1"));
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(PLANTED.iter().all(|planted| !text.contains(planted)));
    let told = failed.failure();
    assert!(told.what_happened.contains("No such file or directory"), "{told:?}");
    assert!(told.what_to_do.contains(copy.to_str().unwrap()), "{told:?}");

    away.back();
    assert_eq!(bench.stored().as_deref(), Some(OLD));
    // Whoever asks next finds it: nothing is sent, since it is as new as can be.
    let overview = bench.refresh().await.unwrap();
    assert_eq!((overview.trouble, bench.stored().as_deref()), (None, Some(NEW)));
    assert_eq!(server.bodies().len(), 1);
    assert!(!copy.exists());
    assert_eq!(bench.services.vault.take_in_emergency_copies(Duration::ZERO), []);
}

#[tokio::test]
async fn without_a_runtime_directory_the_copy_stands_beside_the_notes() {
    let (server, mut bench) = at("TE-001").await;
    bench.services = bench.reopened();
    let state = Some(bench.outside("state"));
    let missing = bench.outside("").join("missing");
    bench.services.vault.keep_emergency_copies_in(&EmergencyPlaces {
        runtime: Some(missing.clone()),
        state,
        usual_runtime: None,
    });
    let away = Away::of(&bench).between_on_leaving(&server, &bench);
    let failed = not_saved(bench.refresh().await);
    assert!(failed.copy.unwrap().0.starts_with(bench.outside("state")));
    assert!(!missing.exists(), "somebody else's directory is not made");
    away.back();
    let name = bench.record().name;
    assert_eq!(bench.services.vault.take_in_emergency_copies(Duration::ZERO), [TakenIn::Saved(name)]);
    assert_eq!(bench.stored().as_deref(), Some(NEW));
}

#[tokio::test]
async fn where_no_copy_can_be_kept_the_loss_is_told() {
    let (server, mut bench) = at("TE-001").await;
    bench.services = bench.reopened();
    let away = Away::of(&bench).between_on_leaving(&server, &bench);
    let failed = not_saved(bench.refresh().await);
    assert_eq!(failed.copy, Err(NoCopy::Nowhere));
    let told = failed.failure();
    assert!(told.what_happened.contains("so the new tokens are lost"), "{told:?}");
    assert!(told.what_to_do.contains("sign in (a)"), "{told:?}");
    away.back();
}

#[tokio::test]
async fn the_dashboard_holds_the_answer_and_the_lock_until_it_is_saved() {
    let (server, mut bench) = at("TE-001").await;
    let away = Away::of(&bench).between(&server);
    let (teller, mut heard) = running_on(&mut bench);
    let watching = async {
        let first = next(&mut heard).await;
        let SaveNews::NotSaved { connection, failure } = first else { panic!("{first:?}") };
        assert_eq!(connection, bench.id);
        assert!(failure.what_happened.contains("cannot"), "{failure:?}");
        away.back();
        // Another process would spend the token that is on disk.
        let busy = bench.reopened().vault.lock_connection(&bench.id, Duration::ZERO).unwrap_err();
        assert_eq!(busy.kind(), ErrorKind::Busy);
        let second = next(&mut heard).await;
        assert_eq!(second, SaveNews::Saved { connection: bench.id.clone() });
    };
    let (overview, ()) = tokio::join!(bench.refresh(), watching);
    assert_eq!((overview.unwrap().trouble, bench.stored().as_deref()), (None, Some(NEW)));
    assert_eq!((server.bodies().len(), teller.last_words()), (1, vec![]));
}

#[tokio::test]
async fn a_dashboard_that_is_left_all_the_same_leaves_a_copy_and_says_so() {
    let (server, mut bench) = at("TE-001").await;
    let away = Away::of(&bench).between(&server);
    let (teller, mut heard) = running_on(&mut bench);
    let leaving = bench.services.leaving.clone();
    let watching = async {
        next(&mut heard).await;
        leaving.tell(Haste::Leaving);
    };
    let (tried, ()) = tokio::join!(bench.refresh(), watching);
    let failed = not_saved(tried);
    assert_eq!(teller.last_words(), [failed.failure()]);
    away.back();
    assert!(failed.copy.unwrap().0.exists());
    let next_start = bench.reopened();
    next_start.vault.keep_emergency_copies_in(&places(&bench));
    assert_eq!(next_start.vault.take_in_emergency_copies(Duration::ZERO).len(), 1);
    assert_eq!(bench.stored().as_deref(), Some(NEW));
}

#[tokio::test]
async fn a_locked_vault_lets_its_key_go_and_keeps_the_answer_outside() {
    for opened_again in [false, true] {
        let (server, mut bench) = at("TE-001").await;
        let away = Away::of(&bench).between(&server);
        let (teller, mut heard) = running_on(&mut bench);
        let vault = bench.services.vault.clone();
        let watching = async {
            next(&mut heard).await;
            vault.close();
            vault.check_key().expect("it is tried once more with the key");
            loop {
                match next(&mut heard).await {
                    SaveNews::NotSaved { .. } => {}
                    SaveNews::Kept { connection, failure } => return (connection, failure),
                    other => panic!("{other:?}"),
                }
            }
        };
        let (tried, (connection, told)) = tokio::join!(bench.refresh(), watching);
        let failed = not_saved(tried);
        assert_eq!((connection, told), (bench.id.clone(), failed.failure()));
        assert!(vault.check_key().is_err(), "the key has left memory");
        assert!(failed.failure().what_to_do.contains("ends with the last logout"), "{failed:?}");
        away.back();
        if opened_again {
            let next_start = bench.reopened();
            next_start.vault.keep_emergency_copies_in(&places(&bench));
            assert_eq!(next_start.vault.take_in_emergency_copies(Duration::ZERO).len(), 1);
            let saved = next_start.vault.connection_by_id(&bench.id).unwrap().tokens.unwrap();
            assert_eq!(saved.refresh.unwrap().current.expose(), NEW);
        }
        assert_eq!(teller.last_words().len(), usize::from(!opened_again), "said where it still is so");
    }
}

#[tokio::test]
async fn what_is_used_up_is_not_copied_while_something_newer_waits() {
    let (server, bench) = at("TE-001").await;
    let away = Away::of(&bench).between_on_leaving(&server, &bench);
    not_saved(bench.refresh().await);
    away.back();
    let (terminal, _orders) = unbounded_channel();
    let outlets = Outlets {
        clipboard: Clipboard::Terminal,
        terminal,
        directory: bench.outside("files"),
        vault_options: VaultOptions::default(),
    };
    let (services, id) = (&bench.services, &bench.id);
    let order = ExportOrder {
        format: Format::Env,
        to: ExportTo::File(bench.outside("files").join("env").display().to_string(), Permit::default()),
        options: Options::default(),
    };
    let refused = value(services, id, ConnectionValue::RefreshToken).await.unwrap_err();
    assert!(refused.what_happened.contains("waits in"), "{refused:?}");
    assert_eq!(preview(services, &outlets, id, order.clone()).await, Err(refused.clone()));
    assert_eq!(export(services, &outlets, id, order.clone()).await, Err(NotExported::Failed(refused)));
    assert_eq!(services.vault.take_in_emergency_copies(Duration::ZERO).len(), 1);
    assert!(value(services, id, ConnectionValue::RefreshToken).await.is_ok());
    assert!(preview(services, &outlets, id, order).await.is_ok());
}

#[tokio::test]
async fn an_answer_that_comes_after_the_signal_is_saved() {
    let (server, bench) = at("TE-001").await;
    let leaving = bench.services.leaving.clone();
    server.meanwhile(move || leaving.tell(Haste::Stopping));
    assert_eq!(bench.refresh().await.unwrap().trouble, None);
    assert_eq!(bench.stored().as_deref(), Some(NEW));
}

#[tokio::test]
async fn whoever_waits_for_a_lock_ends_at_once_and_sends_nothing() {
    let (server, bench) = at("TE-001").await;
    let other: Services = bench.reopened();
    let seen = tokengauge::app::GrantStep::renew(&bench.overview());
    let held = bench.services.vault.lock_connection(&bench.id, Duration::ZERO).unwrap();
    let renewing = tokengauge::runtime::exchange::exchange(&other, &bench.id, seen);
    let begun = std::time::Instant::now();
    let leaving = async { other.leaving.tell(Haste::Stopping) };
    let (tried, ()) = tokio::join!(renewing, leaving);
    assert_eq!(tried, Err(ExchangeError::Stopped));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(server.bodies().len(), 0);
    drop(held);
}
