//! Exports of the dashboard with the real executor's work: files of the owner's, refusals, and what is remembered.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tokengauge::app::Delivery;
use tokengauge::app::export::{ExportOrder, ExportQuestion, ExportTo, Exported, NotExported, Permit};
use tokengauge::domain::secret::Secret;
use tokengauge::domain::{Freshness, NextStep, Outdated};
use tokengauge::export::snippet::VaultOptions;
use tokengauge::export::{Format, Options};
use tokengauge::runtime::clipboard::Clipboard;
use tokengauge::runtime::delivery::Outlets;
use tokengauge::runtime::exporting::{export, preview};

use super::desk::{Desk, signed_in};

fn order(desk: &Desk, format: Format, file: &str, permit: Permit) -> ExportOrder {
    let path = desk.home.path().join(file).display().to_string();
    ExportOrder { format, options: Options::default(), to: ExportTo::File(path, permit) }
}

/// Where nothing leads to a terminal.
fn outlets(desk: &Desk) -> Outlets {
    let (terminal, _orders) = tokio::sync::mpsc::unbounded_channel();
    let directory = desk.home.path().to_owned();
    let vault_options = VaultOptions { vault: Some("/home/ops/vault".into()), ..VaultOptions::default() };
    Outlets { clipboard: Clipboard::Terminal, terminal, directory, vault_options }
}

async fn write(desk: &Desk, format: Format, file: &str, permit: Permit) -> Result<Exported, NotExported> {
    export(&desk.services, &outlets(desk), &desk.id, order(desk, format, file, permit)).await
}

#[tokio::test]
async fn what_was_written_is_the_owners_alone_and_stale_after_a_renewal() {
    let (_platform, desk) = signed_in("").await;
    let exported = write(&desk, Format::Json, "values.json", Permit::default()).await.unwrap();
    let path = desk.home.path().join("values.json");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(json["refresh_token"], desk.tokens().refresh.unwrap().current.expose());
    let now = desk.services.clock.now();
    let remembered = exported.remembered.unwrap();
    let copies = remembered.held_copies(now);
    assert_eq!(copies[0].freshness, Freshness::Current);
    assert_eq!(copies[0].hand_over.keeper(), path.canonicalize().unwrap().display().to_string());

    let renewed = desk.refresh().await.unwrap();
    let now = desk.services.clock.now();
    assert_eq!(renewed.held_copies(now)[0].freshness, Freshness::Outdated(Outdated::MayBeRevoked));
    assert_eq!(renewed.next_step(now), NextStep::HandOverAgain);
}

#[tokio::test]
async fn what_was_written_is_no_failure_if_it_cannot_be_remembered() {
    let (_platform, desk) = signed_in("").await;
    // A record that cannot be locked cannot be changed.
    let lock = desk.home.path().join("vault/locks/contoso.connection.lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let exported = write(&desk, Format::Json, "values.json", Permit::default()).await.unwrap();
    let path = desk.home.path().join("values.json").canonicalize().unwrap();
    assert_eq!(exported.delivery, Delivery::WrittenTo(path.display().to_string()));
    assert!(exported.remembered.is_err());
    assert!(path.exists());
}

#[tokio::test]
async fn what_is_there_is_asked_about_and_left_alone_until_allowed() {
    let (_platform, desk) = signed_in("").await;
    fs::write(desk.home.path().join("values"), "old").unwrap();
    let refused = write(&desk, Format::Env, "values", Permit::default()).await;
    assert!(matches!(refused, Err(NotExported::Asks(ExportQuestion::Overwrite(_)))));
    fs::create_dir_all(desk.home.path().join("tree/.git")).unwrap();
    let refused = write(&desk, Format::Env, "tree/values", Permit::default()).await;
    assert!(matches!(refused, Err(NotExported::Asks(ExportQuestion::WorkTree(_)))));
    let refused = write(&desk, Format::Env, "nowhere/values", Permit::default()).await;
    assert!(matches!(refused, Err(NotExported::Failed(_))));
    assert!(desk.record().hand_overs.is_empty(), "nothing was handed over");
    write(&desk, Format::Env, "values", Permit { overwrite: true, work_tree: false }).await.unwrap();
    assert!(fs::read_to_string(desk.home.path().join("values")).unwrap().contains("REFRESH_TOKEN"));
}

#[tokio::test]
async fn a_preview_shows_no_secret_and_writes_nothing() {
    let (_platform, desk) = signed_in("").await;
    for format in Format::ALL {
        let order = order(&desk, format, "values", Permit::default());
        let shown = preview(&desk.services, &outlets(&desk), &desk.id, order).await.unwrap().lines.join("\n");
        let tokens = desk.tokens();
        assert!(!shown.contains(tokens.access.primary().token.expose()), "{format:?}");
        assert!(!shown.contains(tokens.refresh.unwrap().current.expose()), "{format:?}");
        assert!(!shown.contains(super::desk::SECRET), "{format:?}");
    }
    assert!(!desk.home.path().join("values").exists());
}

#[tokio::test]
async fn an_accounts_file_is_patched_in_place_and_its_other_accounts_are_not_shown() {
    let (_platform, desk) = signed_in("").await;
    let path = desk.home.path().join("accounts.yaml");
    let file = "accounts:\n  slack:\n    - name: chat\n      credentials:\n        accessToken: \"xoxb-kept\"\n  msexchange:\n    \
                - name: Account 1\n      credentials:\n        clientSecret: \"a\"\n        accessToken: \"b\"\n        refreshToken: \"c\"\n";
    fs::write(&path, file).unwrap();
    let asked = order(&desk, Format::AccountsYaml, "accounts.yaml", Permit::default());
    let shown = preview(&desk.services, &outlets(&desk), &desk.id, asked).await.unwrap();
    assert!(shown.is_patch && !shown.lines.join("\n").contains("xoxb-kept"));
    assert!(
        shown.lines.iter().any(|line| line.contains("replaced: client secret, access token, refresh token"))
    );
    write(&desk, Format::AccountsYaml, "accounts.yaml", Permit::default()).await.unwrap();
    let patched = fs::read_to_string(&path).unwrap();
    assert!(
        patched.contains("xoxb-kept") && patched.contains(desk.tokens().refresh.unwrap().current.expose())
    );
    assert_eq!(patched.lines().count(), file.lines().count());
}
