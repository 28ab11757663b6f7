//! Ways in, certificates and client credentials on the command line.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::home::{Home, Run};
use super::tenant::{CLIENT_ID, NAME, SECRET};

const CERT: &str = include_str!("../certificates/cert.pem");
const KEY: &str = include_str!("../certificates/key.pem");
const OTHER_CERT: &str = include_str!("../certificates/other-cert.pem");

fn added(home: &Home, options: &[&str], stdin: &str) -> Run {
    let arguments: Vec<&str> =
        ["add", NAME, "--client-id", CLIENT_ID].into_iter().chain(options.iter().copied()).collect();
    home.with_stdin(&arguments, stdin)
}

fn file(home: &Home, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = home.write(name, text);
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path
}

fn shown(home: &Home) -> serde_json::Value {
    home.run(&["show", NAME, "--json"]).is(0).json()
}

#[test]
fn a_certificate_is_added_with_client_credentials() {
    let home = Home::new();
    let (certificate, key) = (file(&home, "cert.pem", CERT, 0o644), file(&home, "key.pem", KEY, 0o600));
    let files = ["--certificate", certificate.to_str().unwrap(), "--certificate-key", key.to_str().unwrap()];
    let options = [&["--grant", "client-credentials", "--tenant", "contoso.example"][..], &files].concat();
    let run = added(&home, &options, "").is(0);
    assert!(run.err.contains("Application permissions"), "{}", run.err);
    let shown = shown(&home);
    assert_eq!(shown["way_in"], "client-credentials");
    assert_eq!(shown["credential"]["kind"], "certificate");
    assert_eq!(shown["credential"]["subject"], "CN=connector for tests");
    assert_eq!(shown["credential"]["expires_at"], "2046-11-17T11:00:29Z");
    assert_eq!(shown["scope"], serde_json::json!(["https://graph.microsoft.com/.default"]));
    let page = home.run(&["show", NAME]).is(0).out;
    assert!(page.contains("SHA-256        1096C726") && !page.contains("Redirect URI"), "{page}");
    assert!(home.run(&["list"]).is(0).out.contains("client credentials"));
}

#[test]
fn certificate_and_key_may_be_one_file_that_others_cannot_read() {
    let home = Home::new();
    let both = file(&home, "both.pem", &format!("{CERT}{KEY}"), 0o640);
    let options = ["--certificate", both.to_str().unwrap()];
    let run = added(&home, &options, "").fails(3);
    assert!(run.err.contains("chmod 600"), "{}", run.err);
    fs::set_permissions(&both, Permissions::from_mode(0o600)).unwrap();
    added(&home, &options, "").is(0);
    assert_eq!(shown(&home)["credential"]["kind"], "certificate");
}

#[test]
fn files_that_do_not_serve_leave_nothing_behind() {
    let home = Home::new();
    let key = file(&home, "key.pem", KEY, 0o600);
    let key = key.to_str().unwrap();
    let refused = |certificate: &str, text: &str, code: i32| {
        let path = file(&home, certificate, text, 0o644);
        let options = ["--certificate", path.to_str().unwrap(), "--certificate-key", key];
        added(&home, &options, "").fails(code).err
    };
    assert!(refused("other.pem", OTHER_CERT, 2).contains("does not belong"));
    assert!(refused("empty.pem", "", 2).contains("no certificate"));
    assert!(added(&home, &["--certificate", "/nonexistent"], "").fails(7).err.contains("no such file"));
    home.run(&["show", NAME]).fails(2);
}

#[test]
fn secret_and_certificate_exclude_each_other() {
    let home = Home::new();
    for options in [["--certificate", "c", "--secret-stdin"], ["--secret-file", "s", "--certificate-key"]] {
        assert_eq!(added(&home, &options, SECRET).code, Some(2));
    }
    let run = added(&home, &["--certificate", "c", "--secret-expires", "2027-01-31"], "").fails(2);
    assert!(run.err.contains("tells its end itself"));
}

#[test]
fn client_credentials_need_tenant_credential_and_one_default() {
    let home = Home::new();
    let grant = ["--grant", "client-credentials"];
    let with = |more: &[&str], stdin: &str| added(&home, &[&grant[..], more].concat(), stdin).fails(2).err;
    assert!(with(&["--secret-stdin"], SECRET).contains("one tenant"));
    let tenant = ["--tenant", "contoso.example"];
    assert!(with(&tenant, "").contains("secret or a certificate"));
    let named = [&tenant[..], &["--secret-stdin", "--scope", "Mail.Send"]].concat();
    assert!(with(&named, SECRET).contains(".default"));
    assert!(with(&["--capture", "paste"], "").contains("--capture"));
}

#[test]
fn presets_of_the_client_itself_follow_the_cloud() {
    let home = Home::new();
    let options = ["--grant", "client-credentials", "--tenant", "contoso.us", "--secret-stdin"];
    let options = [&options[..], &["--cloud", "gcc-high", "--preset", "app-only-exchange"]].concat();
    let run = added(&home, &options, SECRET).is(0);
    assert!(run.err.contains("does not document"), "{}", run.err);
    assert_eq!(shown(&home)["scope"], serde_json::json!(["https://outlook.office365.us/.default"]));
}

#[test]
fn every_way_in_can_be_named_and_changed() {
    let home = Home::new();
    added(&home, &["--capture", "tunnel", "--secret-stdin"], SECRET).is(0);
    assert_eq!(shown(&home)["way_in"], "tunnel");
    for (options, word) in [
        (&["--grant", "device-code"][..], "device-code"),
        (&["--grant", "authorization-code"], "paste"),
        (&["--capture", "loopback"], "loopback"),
    ] {
        home.run(&[&["edit", NAME][..], options].concat()).is(0);
        assert_eq!(shown(&home)["way_in"], word);
    }
    home.run(&["edit", NAME, "--tenant", "contoso.example", "--grant", "client-credentials"]).is(0);
    let after = shown(&home);
    assert_eq!(after["scope"], serde_json::json!(["https://graph.microsoft.com/.default"]));
    assert!(after["sign_in_as"].is_null());
    let page = "https://login.microsoftonline.com/common/oauth2/nativeclient";
    let run = home.run(&["edit", NAME, "--capture", "tunnel", "--redirect-uri", page]).fails(2);
    assert!(run.err.contains("localhost"));
}

#[test]
fn a_new_secret_without_its_end_is_told() {
    let home = Home::new();
    added(&home, &["--secret-stdin", "--secret-expires", "2027-05-22"], SECRET).is(0);
    let run =
        home.with_stdin(&["edit", NAME, "--secret-stdin"], "another~secret-of-the-portal-entirely").is(0);
    assert!(run.err.contains("--secret-expires"), "{}", run.err);
    assert!(shown(&home)["credential"]["expires_at"].is_null());
}

#[test]
fn a_cloud_typed_as_an_address_is_that_cloud() {
    let home = Home::new();
    added(&home, &["--authority-url", "https://login.chinacloudapi.cn"], "").is(0);
    assert_eq!(shown(&home)["cloud"], "china");
    let run = added(&Home::new(), &["--authority-url", "https://login.microsoftonline.us"], "").fails(2);
    assert!(run.err.contains("gcc-high"));
}
