//! Patching an accounts file changes the values of one account and not one byte else.

use proptest::prelude::*;
use tokengauge::domain::ConnectionValue as Field;
use tokengauge::export::options::AccountName;
use tokengauge::export::{PatchError, Patched, patch};

use super::readers::Python;
use super::values::{Sample, hostile_text};

const FILE: &str = include_str!("accounts.yaml");

fn patched(file: &str, account: &str, sample: &Sample) -> Result<Patched, PatchError> {
    patch(file, AccountName::parse(account).as_ref(), &sample.values())
}

/// The lines that differ, old and new.
fn changed<'l>(before: &'l str, after: &'l str) -> Vec<(&'l str, &'l str)> {
    assert_eq!(before.lines().count(), after.lines().count());
    before.lines().zip(after.lines()).filter(|(old, new)| old != new).collect()
}

#[test]
fn only_the_values_of_one_account_change() {
    let sample = Sample::new("new'secret", "eyJ0NEW.access.token", "newer.refresh.token");
    let done = patched(FILE, "Account 1", &sample).unwrap();
    let expected = [
        (
            "        clientSecret: 'old-secret'       # ends in March",
            "        clientSecret: 'new''secret'       # ends in March",
        ),
        (
            "        accessTokenBasicOauth: \"old: #access\"",
            "        accessTokenBasicOauth: \"eyJ0NEW.access.token\"",
        ),
        (
            "        refreshTokenBasicOauth:   old.refresh.token",
            "        refreshTokenBasicOauth:   newer.refresh.token",
        ),
    ];
    assert_eq!(changed(FILE, &done.text), expected);
    assert_eq!(done.replaced, Field::ALL);
    assert_eq!((done.without_key, done.left, done.other_auth_type), (vec![], vec![], None));
}

#[test]
fn debug_shows_nothing_of_the_file() {
    let sample = Sample::new("TGSECRET1", "TGSECRET2", "TGSECRET3");
    let done = patched(FILE, "Account 1", &sample).unwrap();
    let shown = format!("{done:?}");
    assert!(done.text.contains("TGSECRET1") && shown.contains("Account 1"));
    assert!(!shown.contains("TGSECRET") && !shown.contains("msexchange"), "{shown}");
}

#[test]
fn a_value_that_cannot_stand_bare_gets_quotes() {
    let sample = Sample::new("s", "a", "1.AXNEW");
    let done = patched(FILE, "Account 1", &sample).unwrap();
    assert!(done.text.contains("        refreshTokenBasicOauth:   \"1.AXNEW\"\n"), "{}", done.text.as_str());
}

#[test]
fn missing_keys_are_told_and_not_invented() {
    let done = patched(FILE, "second", &Sample::usual()).unwrap();
    assert_eq!(done.without_key, [Field::ClientSecret]);
    let lines = changed(FILE, &done.text);
    let new = "    - {name: second, credentials: {clientId: 00001111-aaaa-2222-bbbb-3333cccc4444, access_token: eyJ0EXAMPLE, \
               REFRESH_TOKEN: \"1.AXEXAMPLE\"}}";
    assert_eq!(lines.iter().map(|(_, new)| *new).collect::<Vec<_>>(), [new]);
}

#[test]
fn line_ends_byte_order_mark_and_trailing_blanks_stay() {
    for file in [
        FILE.replace('\n', "\r\n"),
        format!("\u{feff}{FILE}"),
        FILE.trim_end().to_owned(),
        format!("---\n{FILE}...\n"),
    ] {
        let done = patched(&file, "Account 1", &Sample::usual()).unwrap();
        let back = done.text.replace("'EXA~mple.Secret_value-1'", "'old-secret'");
        let back = back
            .replace("\"eyJ0EXAMPLE\"", "\"old: #access\"")
            .replace("\"1.AXEXAMPLE\"", "old.refresh.token");
        assert_eq!(back, file);
    }
}

#[test]
fn an_empty_value_is_filled_in() {
    let file = "accounts:\n  msexchange:\n    - name: a\n      credentials:\n        clientSecret:\n        accessToken: # none yet\n        refreshToken: \"\"\n";
    let done = patched(file, "a", &Sample::usual()).unwrap();
    let expected = "accounts:\n  msexchange:\n    - name: a\n      credentials:\n        clientSecret: \"EXA~mple.Secret_value-1\"\n        accessToken: eyJ0EXAMPLE # none yet\n        refreshToken: \"1.AXEXAMPLE\"\n";
    assert_eq!(done.text.as_str(), expected);
}

#[test]
fn values_that_the_connection_has_not_keep_what_they_had() {
    let sample = Sample::usual();
    let mut values = sample.values();
    values.client_secret = None;
    let done = patch(FILE, AccountName::parse("Account 1").as_ref(), &values).unwrap();
    assert_eq!(done.left, [Field::ClientSecret]);
    assert!(done.text.contains("clientSecret: 'old-secret'"));
}

#[test]
fn the_account_must_be_one_and_the_names_there_are_told() {
    let there = vec!["Account 1".to_owned(), "second".to_owned()];
    let error = patched(FILE, "other", &Sample::usual()).unwrap_err();
    assert_eq!(error, PatchError::NoSuchAccount { wanted: "other".into(), there: there.clone() });
    let error = patch(FILE, None, &Sample::usual().values()).unwrap_err();
    assert_eq!(error, PatchError::WhichAccount { there });
    let twice = FILE.replace("name: second", "name: Account 1");
    assert_eq!(
        patched(&twice, "Account 1", &Sample::usual()).unwrap_err(),
        PatchError::SameName { name: "Account 1".into() }
    );
}

#[test]
fn the_only_account_needs_no_name() {
    let file = "accounts:\n  msexchange:\n    - name: mine\n      credentials: {accessToken: old}\n";
    let done = patch(file, None, &Sample::usual().values()).unwrap();
    assert_eq!(done.account, "mine");
}

#[test]
fn another_authorization_method_is_told() {
    let file = FILE.replace("BASIC_OAUTH", "OAUTH2_PASSWORD");
    let done = patched(&file, "Account 1", &Sample::usual()).unwrap();
    assert_eq!(done.other_auth_type.as_deref(), Some("OAUTH2_PASSWORD"));
}

#[test]
fn what_is_not_safe_to_patch_is_refused_with_its_line() {
    let credentials =
        |text: &str| format!("accounts:\n  msexchange:\n    - name: a\n      credentials:\n{text}");
    let unsafe_ones = [
        "        accessToken: &t OLD\n",
        "        accessToken: !!str OLD\n",
        "        accessToken: |\n          OLD\n",
        "        accessToken: \"OLD\n          OLDER\"\n",
        "        accessToken: [OLD]\n",
        "        accessToken: {a: b}\n",
        "        <<: {accessToken: OLD}\n",
        "        accessToken: OLD\n        access_token: OLDER\n",
        "        accessToken: OLD\n        accessToken: OLDER\n",
    ];
    for text in unsafe_ones {
        let error = patched(&credentials(text), "a", &Sample::usual()).unwrap_err();
        assert!(
            matches!(error, PatchError::Unsafe { line: 5.., .. } | PatchError::Twice { line: 5.., .. }),
            "{text}: {error}"
        );
    }
    let files = [
        "accounts:\n  msexchange:\n    - name: a\n      credentials: &c {accessToken: OLD}\n",
        "x: &c {accessToken: OLD}\naccounts:\n  msexchange:\n    - name: a\n      credentials: *c\n",
        "accounts:\n  msexchange:\n    - &x\n      name: a\n      credentials: {accessToken: OLD}\n",
        "accounts: &x\n  msexchange:\n    - name: a\n      credentials: {accessToken: OLD}\n",
        "accounts:\n  msexchange: {}\naccounts: {}\n",
        "accounts:\n  msexchange:\n    - name: a\n",
        "accounts:\n  msexchange:\n    - name: a\n      credentials: {authType: BASIC_OAUTH}\n",
        "accounts:\n  msexchange: []\n",
        "accounts:\n  slack: []\n",
        "accounts: [\n",
        "account: {}\n",
        "- a\n",
        "a",
        "",
    ];
    for file in files {
        let error = patched(file, "a", &Sample::usual()).unwrap_err();
        assert!(!error.what_to_do().is_empty() && !error.to_string().contains("OLD"), "{error}");
    }
}

#[test]
fn python_reads_the_same_file_but_for_the_values() {
    let Some(mut python) = Python::start() else { return };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let python = std::cell::RefCell::new(&mut python);
    let values = (hostile_text(), hostile_text(), hostile_text());
    runner
        .run(&values, |(secret, access, refresh)| {
            let sample = Sample::new(&secret, &access, &refresh);
            let done = patched(FILE, "Account 1", &sample).unwrap();
            let mut before = python.borrow_mut().yaml(FILE).remove(0);
            let after = python.borrow_mut().yaml(&done.text).remove(0);
            let credentials = &mut before["accounts"]["msexchange"][0]["credentials"];
            credentials["clientSecret"] = secret.into();
            credentials["accessTokenBasicOauth"] = access.into();
            credentials["refreshTokenBasicOauth"] = refresh.into();
            prop_assert_eq!(before, after);
            Ok(())
        })
        .unwrap();
}
