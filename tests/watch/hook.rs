//! The person's own hook hears of what stops, also where nobody looks.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::home::Home;
use super::service::Service;
use super::tenant::{CLIENT_ID, NAME, Tenant};

#[test]
fn a_hook_fires_under_watch_and_the_log_tells_the_warning() {
    let tenant = Tenant::unused("");
    let url = tenant.url();
    let arguments = ["add", NAME, "--client-id", CLIENT_ID, "--tenant", "contoso.example", "--secret-stdin"];
    let options = ["--authority-url", &url, "--grant", "client-credentials"];
    let arguments: Vec<&str> = arguments.into_iter().chain(options).collect();
    tenant.home.with_stdin(&arguments, "mistyped~contoso.first-sign-in.00000002").is(0);
    let config = hook(&tenant.home);
    let mut command = Service::command(&tenant.home);
    command.env("PATH", "/usr/bin:/bin").arg("--config").arg(config);
    let mut service = Service::spawn(command.arg("--key-file").arg(tenant.home.key()).arg("watch"));
    let line = service.until("contoso: needs a person: ");
    assert!(line.contains("AADSTS7000215"), "{line}");
    service.until("warning: ");
    // Read to the end of what the hook writes: one that has begun is not cut off by the stop that follows.
    let heard = fs::read_to_string(tenant.home.path("heard")).unwrap();
    service.stop();
    assert!(heard.contains("\"contoso\""), "{heard}");
    assert_eq!(tenant.requests(), 1);
}

/// A configuration whose hook passes on what it hears, through a pipe with a name.
fn hook(home: &Home) -> std::path::PathBuf {
    let made = Command::new("mkfifo").arg(home.path("heard")).status().unwrap();
    assert!(made.success());
    let script = home.write("hook", &format!("#!/bin/sh\ncat > {}\n", home.path("heard").display()));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let config =
        home.write("config.toml", &format!("[warnings]\nhook = [{:?}]\n", script.display().to_string()));
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    config
}
