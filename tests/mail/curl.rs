//! curl reads `/me` with what we print, and speaks XOAUTH2 in the two steps that the other programs leave out.

use std::process::Command;

use crate::needs;
use crate::post_office::{PostOffice, admitted};
use crate::tenant::{NAME, OPS};

/// A pipeline in a shell, as a person types it.
fn shell(office: &PostOffice, line: &str) -> Command {
    let mut command = office.command("sh");
    command.args(["-c", line]);
    command.env("TOKENGAUGE_VAULT", office.tenant.home.vault());
    command.env("TOKENGAUGE_KEY_FILE", office.tenant.home.key());
    command
}

#[test]
fn curl_reads_me_and_the_token_is_in_no_argument() {
    if !needs::program("curl") {
        return;
    }
    let office = PostOffice::new();
    office.sign_in_for("graph", OPS, &["User.Read", "offline_access"]);
    let me = format!("{}/v1.0/me", office.tenant.url());
    for line in [
        format!("tokengauge token graph --format header | curl -sS --fail -H @- {me}"),
        format!("tokengauge token graph --format curl-config | curl -sS --fail -K - {me}"),
        format!("tokengauge export graph --format curl-config | curl -sS --fail -K - {me}"),
    ] {
        let told = office.run(shell(&office, &line), "").succeeded().out;
        let me: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!(me["userPrincipalName"], OPS);
    }
}

#[test]
fn curl_sends_when_it_is_asked_for_the_response() {
    if !needs::program("curl") {
        return;
    }
    let office = PostOffice::new();
    let mail = office.write("mail", "Subject: full\r\n\r\nNothing to do.\r\n");
    let (port, token) = (office.smtp.port.number, office.token(NAME));
    let config = format!(
        "url = \"smtp://localhost:{port}/contoso\"\nssl-reqd\nsilent\nshow-error\ncacert = \"{}\"\n\
         user = \"{OPS}:\"\noauth2-bearer = \"{token}\"\nmail-from = \"{OPS}\"\n\
         mail-rcpt = \"dana@contoso.example\"\nupload-file = \"{}\"\n",
        office.ca().display(),
        mail.display()
    );
    let mut command = office.command("curl");
    command.args(["-K", "-"]);
    office.run(command, &config).succeeded();
    assert_eq!(admitted(&office.smtp.gate), [(OPS.into(), token)]);
    assert_eq!(office.smtp.mails()[0].text, "Subject: full\n\nNothing to do.\n");
}
