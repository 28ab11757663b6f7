//! `add --from`: many connections out of a file, all or none.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::home::{Home, Run};
use super::tenant::{CLIENT_ID, SECRET};

fn add(home: &Home, csv: &str, options: &[&str]) -> Run {
    let file = home.write("connections.csv", csv);
    let arguments = ["add", "--from", file.to_str().unwrap(), "--client-id", CLIENT_ID];
    home.with_stdin(&[&arguments[..], options].concat(), SECRET)
}

fn names(home: &Home) -> Vec<String> {
    let listed = home.run(&["list", "--json"]).is(0).json();
    let mut names: Vec<String> = listed["connections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["name"].as_str().unwrap().into())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_makes_its_connections_on_one_registration() {
    let home = Home::new();
    let csv =
        "\u{feff}Mailbox;Name;Tenant\r\nops@contoso.com;contoso;contoso.com\r\n\r\n# next\r\n;fabrikam;\r\n";
    let run =
        add(&home, csv, &["--secret-stdin", "--tenant", "fabrikam.com", "--preset", "app-connect"]).is(0);
    assert!(
        run.err.contains("made 2 connections") && run.err.contains("tokengauge authorize contoso"),
        "{}",
        run.err
    );
    assert_eq!(names(&home), ["contoso", "fabrikam"]);
    let one = home.run(&["show", "contoso", "--json"]).is(0).json();
    assert_eq!((&one["tenant"], &one["sign_in_as"]), (&"contoso.com".into(), &"ops@contoso.com".into()));
    let other = home.run(&["show", "fabrikam", "--json"]).is(0).json();
    assert_eq!((&other["tenant"], &other["credential"]["kind"]), (&"fabrikam.com".into(), &"secret".into()));
    assert!(other["sign_in_as"].is_null());
}

#[test]
fn one_wrong_line_and_nothing_is_made() {
    let home = Home::new();
    home.with_stdin(&["add", "Taken", "--client-id", CLIENT_ID, "--secret-stdin"], SECRET).is(0);
    let csv = "name,tenant,mailbox\ngood,contoso.com,\ntaken,contoso.com,\n-bad,nowhere,ops\ngood,,\n";
    let run = add(&home, csv, &[]).fails(2);
    for told in [
        "line 3: there is a connection taken with other settings already",
        "line 4: the name",
        "line 4: the tenant",
        "line 4: the mailbox",
        "line 5: the name good stands in line 2",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    assert!(run.err.contains("3 lines of the file are wrong; nothing was made"), "{}", run.err);
    assert_eq!(names(&home), ["Taken"]);
}

#[test]
fn what_is_there_just_so_is_passed_over() {
    let home = Home::new();
    let csv = "name,tenant\nadatum,contoso.com\nfabrikam,\n";
    add(&home, csv, &["--secret-stdin"]).is(0);
    let run = add(&home, csv, &["--secret-stdin"]).is(0);
    assert!(run.err.ends_with("\nadatum, fabrikam are there already\n"), "{}", run.err);
    let run = add(&home, &format!("{csv}northwind,\n"), &[]).is(0);
    assert!(
        run.err.contains("fabrikam are there already") && run.err.contains("made 1 connection\n"),
        "{}",
        run.err
    );
    assert_eq!(names(&home), ["adatum", "fabrikam", "northwind"]);
    let run = add(&home, csv, &["--tenant", "fabrikam.com"]).fails(2);
    assert!(
        run.err.contains("line 3: there is a connection fabrikam with other settings already"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("line 2"), "{}", run.err);
    let file = home.write("others.csv", csv);
    let other =
        ["add", "--from", file.to_str().unwrap(), "--client-id", "7a1b2c3d-6b0e-4c7b-9a51-0f3c2f8e1b44"];
    let run = home.run(&other).fails(2);
    assert!(run.err.contains("line 2: there is a connection adatum of another registration"), "{}", run.err);
}

#[test]
fn rules_between_settings_are_told_by_line() {
    let home = Home::new();
    let options = ["--grant", "client-credentials", "--secret-stdin"];
    let run = add(&home, "name,tenant\na,contoso.com\nb,\n", &options).fails(2);
    assert!(
        run.err.contains("line 3: ") && run.err.contains("one tenant") && !run.err.contains("line 2"),
        "{}",
        run.err
    );
    assert!(names(&home).is_empty());
    let run = add(&home, "name,tenant\na,contoso.com\nb,fabrikam.com\n", &options).is(0);
    assert!(run.err.contains("tokengauge refresh --all"), "{}", run.err);
}

#[test]
fn secrets_have_no_place_in_it_and_are_not_repeated() {
    let home = Home::new();
    let run = add(&home, &format!("name,client_secret\na,{SECRET}\n"), &["--secret-stdin"]).fails(2);
    assert!(run.err.contains("no secrets inside") && !run.err.contains(SECRET), "{}", run.err);
    let run = add(&home, &format!("name\n{SECRET}\n"), &["--secret-stdin"]).fails(2);
    assert!(!run.err.contains(SECRET), "{}", run.err);
    assert!(names(&home).is_empty());
}

#[test]
fn a_vault_that_fails_in_the_middle_keeps_nothing_of_it() {
    let home = Home::new();
    // The lock of the third name cannot be taken: a directory stands in its place.
    fs::create_dir(home.vault().join("locks/c.connection.lock")).unwrap();
    add(&home, "name\na\nb\nc\nd\n", &["--secret-stdin"]).fails(7);
    assert!(names(&home).is_empty());
    fs::remove_dir(home.vault().join("locks/c.connection.lock")).unwrap();
    add(&home, "name\na\nb\nc\nd\n", &["--secret-stdin"]).is(0);
    assert_eq!(names(&home).len(), 4);
}

#[test]
fn a_directory_that_takes_no_files_is_told_before_anything_is_made() {
    let home = Home::new();
    let apps = home.vault().join("apps");
    fs::set_permissions(&apps, Permissions::from_mode(0o500)).unwrap();
    let run = add(&home, "name\na\nb\n", &["--secret-stdin"]);
    fs::set_permissions(&apps, Permissions::from_mode(0o700)).unwrap();
    // Root may write there all the same.
    assert!(run.code == Some(0) || names(&home).is_empty(), "{}", run.err);
}

#[test]
fn a_name_and_a_file_exclude_each_other() {
    let home = Home::new();
    let file = home.write("c.csv", "name\na\n");
    let file = file.to_str().unwrap();
    assert_eq!(home.run(&["add", "a", "--from", file, "--client-id", CLIENT_ID]).code, Some(2));
    assert_eq!(home.run(&["add", "--client-id", CLIENT_ID]).code, Some(2));
    home.run(&["add", "--from", "nowhere.csv", "--client-id", CLIENT_ID]).fails(7);
    let long = home.write("long.csv", &"x".repeat(1024 * 1024 + 1));
    home.run(&["add", "--from", long.to_str().unwrap(), "--client-id", CLIENT_ID]).fails(2);
}
