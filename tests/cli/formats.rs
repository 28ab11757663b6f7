//! `export` in each format, through the binary.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::home::Run;
use super::needs;
use super::tenant::{CLIENT_ID, NAME, SECRET, Tenant};

/// To stdout, which holds secrets; stderr may not.
fn export(tenant: &Tenant, options: &[&str]) -> Run {
    let arguments: Vec<&str> = ["export", NAME].into_iter().chain(options.iter().copied()).collect();
    let run = tenant.home.run(&arguments);
    assert!(!run.err.contains(SECRET) && !run.err.contains("eyJ"), "{}", run.err);
    run
}

#[test]
fn each_format_holds_the_access_token() {
    let tenant = Tenant::new().signed_in();
    let token = tenant.token(&[]).is(0).out;
    for format in
        ["card", "json", "env", "kubernetes-secret", "accounts-yaml", "postman", "curl-config", "n8n"]
    {
        let run = export(&tenant, &["--format", format]).is(0);
        assert!(run.out.contains(token.trim_end()), "{format}: {}", run.out);
        assert_eq!(run.out.contains(SECRET), format != "curl-config", "{format}");
    }
    let manifests = export(&tenant, &["--format", "app-connect-operator"]).is(0).out;
    assert!(manifests.contains("\n---\n") && manifests.contains("kind: Configuration\n"), "{manifests}");
}

#[test]
fn a_dash_is_stdout() {
    let tenant = Tenant::new().signed_in();
    let run = export(&tenant, &["--format", "json", "--output", "-"]).is(0);
    assert_eq!(run.json()["client_id"], CLIENT_ID);
    assert!(!tenant.home.path("-").exists());
}

#[test]
fn a_file_is_patched_and_nothing_else_in_it() {
    let tenant = Tenant::new().signed_in();
    let before = include_str!("../formats/accounts.yaml");
    let file = tenant.home.write("accounts.yaml", before);
    let path = file.to_str().unwrap();
    let options = ["--format", "accounts-yaml", "--patch", path, "--account", "Account 1", "--output", path];
    let run = export(&tenant, &options).is(0);
    assert!(
        run.err
            .contains("patched the account Account 1: client ID, client secret, access token, refresh token"),
        "{}",
        run.err
    );
    let after = fs::read_to_string(&file).unwrap();
    assert_eq!(before.lines().count(), after.lines().count());
    let changed = before.lines().zip(after.lines()).filter(|(old, new)| old != new).count();
    assert_eq!(changed, 4);
    assert!(after.contains(&format!("        clientSecret: '{SECRET}'       # ends in March\n")), "{after}");
}

#[test]
fn an_account_that_is_not_there_is_told_with_those_that_are() {
    let tenant = Tenant::new().signed_in();
    let file = tenant.home.write("accounts.yaml", include_str!("../formats/accounts.yaml"));
    let path = file.to_str().unwrap();
    let run = export(&tenant, &["--format", "accounts-yaml", "--patch", path, "--account", "third"]).fails(2);
    assert!(run.err.contains("it has: Account 1, second"), "{}", run.err);
    let run = export(&tenant, &["--format", "accounts-yaml", "--patch", path]).fails(2);
    assert!(run.err.contains("--account"), "{}", run.err);
    let missing = tenant.home.path("missing");
    export(&tenant, &["--format", "accounts-yaml", "--patch", missing.to_str().unwrap()]).fails(7);
}

#[test]
fn what_others_write_into_the_file_during_the_renewal_is_kept() {
    let tenant = Tenant::with("[tokens]\naccess_token_seconds = 60").signed_in();
    let before = include_str!("../formats/accounts.yaml");
    let file = tenant.home.write("accounts.yaml", before);
    let path = file.to_str().unwrap();
    let asked = tenant.requests();
    let simulator = tenant.simulator();
    let arguments =
        ["--format", "accounts-yaml", "--patch", path, "--account", "Account 1", "--output", path];
    let run = std::thread::scope(|scope| {
        // The platform's answer waits for this.
        let answer = simulator.lock().unwrap();
        let run = scope.spawn(|| export(&tenant, &arguments));
        super::signals::until(|| tenant.requests() != asked || run.is_finished());
        fs::write(&file, format!("{before}# added meanwhile\n")).unwrap();
        drop(answer);
        run.join().unwrap()
    });
    run.is(0);
    let after = fs::read_to_string(&file).unwrap();
    assert!(after.contains(SECRET) && after.ends_with("# added meanwhile\n"), "{after}");
    assert_eq!(tenant.requests(), asked + 1);
}

#[test]
fn a_file_that_cannot_be_patched_is_told_before_anything_is_renewed() {
    let tenant = Tenant::with("[tokens]\naccess_token_seconds = 60").signed_in();
    let asked = tenant.requests();
    let pipe = tenant.home.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let link = tenant.home.path("link");
    std::os::unix::fs::symlink(tenant.home.write("other", "accounts:\n"), &link).unwrap();
    for (path, code, said) in [
        (pipe, 10, "not a regular file"),
        (link, 10, "symbolic link"),
        (tenant.home.write("large", &" ".repeat(1024 * 1024 + 1)), 10, "larger than 1048576 bytes"),
        (tenant.home.write("empty.yaml", "{}\n"), 2, "no key accounts"),
    ] {
        let run =
            export(&tenant, &["--format", "accounts-yaml", "--patch", path.to_str().unwrap()]).fails(code);
        assert!(run.err.contains(said), "{}", run.err);
    }
    assert_eq!(tenant.requests(), asked);
}

#[test]
fn app_connect_exports_tell_what_is_not_certain() {
    let tenant = Tenant::new().signed_in();
    let run = export(&tenant, &["--format", "accounts-yaml"]).is(0);
    assert!(run.err.contains("not confirmed for this connector"), "{}", run.err);
    assert!(!run.err.contains("single-tenant"), "{}", run.err);
    tenant.run(&["edit", NAME, "--tenant", "contoso.example"]).is(0);
    for format in ["card", "accounts-yaml", "app-connect-operator"] {
        let run = export(&tenant, &["--format", format]).is(0);
        assert!(run.err.contains("single-tenant"), "{}", run.err);
    }
    assert!(!export(&tenant, &["--format", "json"]).is(0).err.contains("single-tenant"));
    assert!(export(&tenant, &["--format", "n8n"]).is(0).err.contains("not proven"));
}

#[test]
fn a_choice_of_another_format_is_a_usage_error() {
    let tenant = Tenant::new().signed_in();
    for options in [
        &["--format", "json", "--quote", "none"][..],
        &["--format", "card", "--prefix", "X_"],
        &["--format", "env", "--namespace", "x"],
        &["--format", "json", "--secret-name", "x"],
        &["--format", "app-connect-operator", "--base64"],
        &["--format", "postman", "--account", "x"],
        &["--format", "n8n", "--patch", "x"],
        &["--format", "kubernetes-secret", "--key-style", "plain"],
    ] {
        let run = export(&tenant, options).fails(2);
        assert!(run.err.contains(options[2]) && run.err.contains("leave out"), "{}", run.err);
    }
    export(&tenant, &["--format", "env", "--prefix", "9"]).is(2);
    export(&tenant, &["--format", "kubernetes-secret", "--namespace", "A b"]).is(2);
    export(&tenant, &["--format", "accounts-yaml", "--patch", "x", "--key-style", "plain"]).is(2);
}

#[test]
fn options_of_formats_are_obeyed() {
    let tenant = Tenant::new().signed_in();
    let env = export(&tenant, &["--format", "env", "--prefix", "EXCHANGE_", "--quote", "none"]).is(0).out;
    assert!(env.lines().any(|line| line == format!("EXCHANGE_CLIENT_SECRET={SECRET}")), "{env}");
    let secret =
        ["--format", "kubernetes-secret", "--namespace", "integration", "--secret-name", "mail", "--base64"];
    let manifest = export(&tenant, &secret).is(0).out;
    for line in ["  name: \"mail\"\n", "  namespace: \"integration\"\n", "\ndata:\n"] {
        assert!(manifest.contains(line), "{manifest}");
    }
    let accounts = ["--format", "accounts-yaml", "--key-style", "basic-oauth", "--account", "Mail"];
    let accounts = export(&tenant, &accounts).is(0).out;
    assert!(
        accounts.contains("- name: \"Mail\"\n") && accounts.contains("accessTokenBasicOauth: "),
        "{accounts}"
    );
}

#[test]
fn curl_sends_the_header_that_it_reads_from_stdin() {
    if !needs::program("curl") {
        return;
    }
    let tenant = Tenant::new().signed_in();
    let config = export(&tenant, &["--format", "curl-config"]).is(0).out;
    let me = format!("{}/v1.0/me", tenant.url());
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--noproxy", "*", "-K", "-", &me]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = curl.spawn().unwrap();
    child.stdin.take().unwrap().write_all(config.as_bytes()).unwrap();
    let answer = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(answer.contains("ops@contoso.example"), "{answer}");
}

#[test]
fn a_snippet_holds_no_secret_and_needs_no_sign_in() {
    let tenant = Tenant::new();
    for format in ["mutt", "mbsync", "msmtp"] {
        let run = tenant.run(&["export", NAME, "--format", format]).is(0);
        let command = format!("token {NAME} --audience exchange");
        assert!(run.out.contains(&command) && run.out.contains("ops@contoso.example"), "{}", run.out);
        // What the mail program's environment does not tell stands in the command.
        assert!(run.out.contains(tenant.home.key().to_str().unwrap()), "{}", run.out);
        assert!(run.err.contains("no permission of Exchange Online"), "{}", run.err);
    }
    assert_eq!(tenant.requests(), 0);
    tenant.run(&["export", NAME, "--format", "mutt", "--audience", "graph"]).fails(2);
}

#[test]
fn the_token_of_one_resource_can_be_chosen() {
    let tenant = Tenant::new().signed_in();
    let graph = export(&tenant, &["--format", "json", "--audience", "graph"]).is(0).json();
    assert_eq!(graph["access_token"], tenant.token(&[]).is(0).out.trim_end());
    let run = export(&tenant, &["--format", "json", "--audience", "exchange"]).fails(4);
    assert!(run.err.contains("no access token for Exchange Online"), "{}", run.err);
    export(&tenant, &["--format", "json", "--audience", "imap"]).is(2);
}
