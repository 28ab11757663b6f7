//! `token` is a contract: exactly the token and a line end, or nothing and a non-zero code.

use std::fs::OpenOptions;
use std::process::Stdio;
use std::time::Duration;

use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};

use super::home::Run;
use super::needs;
use super::tenant::{NAME, OPS, Tenant};

#[test]
fn a_valid_token_is_printed_without_a_request() {
    let tenant = Tenant::new().signed_in();
    let out = tenant.token(&[]).is(0).out;
    assert!(out.ends_with('\n') && tenant.knows_token(out.trim_end_matches('\n')));
    assert_eq!(tenant.requests(), 1);
}

/// What it does not do costs nothing: the fewest milliseconds on any machine.
#[test]
fn a_valid_token_opens_one_record_and_starts_nothing() {
    let tenant = Tenant::new().signed_in();
    let others = ["one-more", "and-another"];
    others.iter().for_each(|other| drop(tenant.add(other, &[]).is(0)));
    let Some(calls) = system_calls_of_token(&tenant) else { return };
    let opened: Vec<&str> =
        calls.lines().filter(|call| call.contains("open") && call.contains(".age\"")).collect();
    let sealed = |name: &str| opened.iter().filter(|call| call.contains(name)).count();
    assert_eq!(sealed(&format!("connections/{NAME}.age")), 1, "{opened:#?}");
    assert_eq!(others.map(sealed), [0, 0], "{opened:#?}");
    for unneeded in ["clone", "fork", "execve", "socket", "connect", "epoll", "flock", "fsync", "getdents"] {
        let is_it =
            |call: &&str| call.split_whitespace().nth(1).is_some_and(|name| name.starts_with(unneeded));
        let made: Vec<&str> = calls.lines().filter(is_it).collect();
        // The first one starts the program itself.
        assert_eq!(made.len(), usize::from(unneeded == "execve"), "{unneeded}: {made:#?}");
    }
}

/// Every system call of `token` with a token that is valid; nothing where strace is missing.
fn system_calls_of_token(tenant: &Tenant) -> Option<String> {
    if !needs::program("strace") {
        return None;
    }
    let trace = tenant.home.path("trace");
    let strace = ["strace", "-f", "-qq", "-o", trace.to_str().unwrap()];
    Run::of(tenant.home.under(&strace, &["token", NAME]).output().unwrap()).is(0);
    Some(std::fs::read_to_string(trace).unwrap())
}

#[test]
fn a_valid_token_is_printed_while_another_process_holds_the_record() {
    let tenant = Tenant::new().signed_in();
    let sources = Sources { key_file: Some(tenant.home.key()), keyring: Keyring::Left, ..Sources::default() };
    let Ok(Unlocked::Open(vault, _)) = unlock(&tenant.home.vault(), &sources) else {
        panic!("the key opens it")
    };
    let id = &vault.listing().unwrap().connections[0].id;
    let _held = vault.lock_connection(id, Duration::ZERO).unwrap();
    tenant.token(&[]).is(0);
}

#[test]
fn below_min_valid_one_request_renews_it() {
    let tenant = Tenant::new().signed_in();
    let before = tenant.token(&[]).is(0).out;
    let after = tenant.token(&["--min-valid", "24h"]).is(0).out;
    assert!(after != before && tenant.knows_token(after.trim_end()));
    assert_eq!(tenant.requests(), 2);
}

#[test]
fn what_was_just_issued_is_printed_whatever_its_life() {
    let tenant = Tenant::with("[tokens]\naccess_token_seconds = 1").signed_in();
    let out = tenant.token(&["--min-valid", "1h"]).is(0).out;
    assert!(tenant.knows_token(out.trim_end()));
}

#[test]
fn other_formats_hold_the_same_token() {
    let tenant = Tenant::new().signed_in();
    let token = tenant.token(&[]).is(0).out;
    let header = tenant.token(&["--format", "header"]).is(0).out;
    assert_eq!(header, format!("Authorization: Bearer {token}"));
    let json = tenant.token(&["--format", "json"]).is(0).json();
    assert_eq!(json["access_token"], token.trim_end());
    assert_eq!(json["token_type"], "Bearer");
}

#[test]
fn before_the_first_sign_in_there_is_none() {
    Tenant::new().token(&[]).fails(4);
}

#[test]
fn a_dead_credential_costs_one_request_and_then_none() {
    let tenant =
        Tenant::with("[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\ncode = 700082").signed_in();
    tenant.token(&["--min-valid", "24h"]).fails(4);
    tenant.token(&["--min-valid", "24h"]).fails(4);
    assert_eq!(tenant.requests(), 2);
    // What is left of the old one is still good.
    tenant.token(&[]).is(0);
}

#[test]
fn a_pause_that_was_asked_for_is_kept() {
    let fault = "[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\nstatus = 429\nretry_after = 600";
    let tenant = Tenant::with(fault).signed_in();
    tenant.token(&["--min-valid", "24h"]).fails(6);
    assert!(tenant.token(&["--min-valid", "24h"]).fails(6).err.contains("not asked again before"));
    assert_eq!(tenant.requests(), 2);
}

#[test]
fn a_full_output_is_told() {
    let tenant = Tenant::new().signed_in();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = tenant.home.program(&["token", NAME]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: the output cannot be written"));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let tenant = Tenant::new().signed_in();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output =
        tenant.home.program(&["token", NAME]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(141), 0));
}

const BOTH: [&str; 4] =
    ["--scope", "Mail.Read", "--scope", "https://outlook.office.com/IMAP.AccessAsUser.All"];

fn both() -> Tenant {
    let tenant = Tenant::unused("");
    let options: Vec<&str> = ["--sign-in-as", OPS].into_iter().chain(BOTH).collect();
    tenant.add(NAME, &options).is(0);
    tenant.signed_in()
}

fn audience_of(token: &str) -> String {
    let payload = token.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["aud"].as_str().unwrap().to_owned()
}

#[test]
fn each_resource_has_its_token() {
    let tenant = both();
    assert_eq!(tenant.requests(), 2);
    let token = |options: &[&str]| tenant.token(options).is(0).out;
    assert_eq!(audience_of(&token(&[])), "https://graph.microsoft.com");
    assert_eq!(token(&[]), token(&["--audience", "graph"]));
    assert_eq!(audience_of(&token(&["--audience", "exchange"])), "https://outlook.office.com");
    assert_eq!(token(&["--audience", "https://outlook.office365.com"]), token(&["--audience", "exchange"]));
    assert_eq!(tenant.requests(), 2);
    let before = token(&[]);
    token(&["--audience", "exchange", "--min-valid", "24h"]);
    assert_eq!((tenant.requests(), token(&[])), (3, before), "the other one stays as it is");
    let json = tenant.token(&["--audience", "exchange", "--format", "json"]).is(0).json();
    assert_eq!(json["resource"], "exchange");
}

#[test]
fn show_tells_each_token_and_what_was_granted() {
    let tenant = both();
    let page = tenant.run(&["show", NAME]).is(0).out;
    for text in ["Microsoft Graph: fresh", "Exchange Online: fresh", "IMAP.AccessAsUser.All"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let json = tenant.run(&["show", NAME, "--json"]).is(0).json();
    assert_eq!(json["access_token"]["resource"], "graph");
    assert_eq!(json["access_tokens"][1]["resource"], "exchange");
    assert_eq!(json["lacking"].as_array().unwrap().len(), 0);
}

#[test]
fn a_resource_that_is_not_asked_for_is_told_with_the_permission_to_add() {
    let tenant = Tenant::new().signed_in();
    let run = tenant.token(&["--audience", "exchange"]).fails(5);
    assert!(run.err.contains("asks for no permission of Exchange Online"), "{}", run.err);
    assert!(run.err.contains("--add https://outlook.office.com/IMAP.AccessAsUser.All"), "{}", run.err);
    assert_eq!(run.err.lines().count(), 2);
    tenant.token(&["--audience", "nowhere"]).is(2);
    assert_eq!(tenant.requests(), 1);
}

#[test]
fn a_refused_resource_costs_one_request_and_the_other_goes_on() {
    let tenant =
        Tenant::unused("[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\nnth = 1\ncode = 65001");
    let options: Vec<&str> = ["--sign-in-as", OPS].into_iter().chain(BOTH).collect();
    tenant.add(NAME, &options).is(0);
    let address = tenant.browse(&tenant.begin(), tokengauge::simulator::browser::Answer::Accept);
    let told = tenant.redeem(&address).is(0).err;
    assert!(told.contains("signed in as") && told.contains("Exchange Online: "), "{told}");
    tenant.token(&[]).is(0);
    let refused = tenant.token(&["--audience", "exchange"]);
    assert!(refused.out.is_empty() && refused.err.contains("Exchange Online: "), "{}", refused.err);
    assert_eq!(tenant.requests(), 2);
    // A person who asks for all asks for this one once more.
    tenant.run(&["refresh", NAME]).is(0);
    tenant.token(&["--audience", "exchange"]).is(0);
}

#[test]
fn sasl_xoauth2_is_what_mail_servers_read() {
    let tenant = both();
    let token = tenant.token(&["--audience", "exchange"]).is(0).out;
    let decode = |run: Run| {
        let line = run.is(0).out;
        assert!(line.ends_with('\n') && line.lines().count() == 1);
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, line.trim_end());
        String::from_utf8(bytes.unwrap()).unwrap()
    };
    let sasl = ["--audience", "exchange", "--format", "sasl-xoauth2"];
    let response = |user: &str| format!("user={user}\u{1}auth=Bearer {}\u{1}\u{1}", token.trim_end());
    assert_eq!(decode(tenant.token(&sasl)), response(OPS));
    let shared = [&sasl[..], &["--user", "shared@contoso.example"]].concat();
    assert_eq!(decode(tenant.token(&shared)), response("shared@contoso.example"));
}

#[test]
fn curl_config_is_one_line_that_curl_reads() {
    let tenant = Tenant::new().signed_in();
    let token = tenant.token(&[]).is(0).out;
    let line = tenant.token(&["--format", "curl-config"]).is(0).out;
    assert_eq!(line, format!("header = \"Authorization: Bearer {}\"\n", token.trim_end()));
}
