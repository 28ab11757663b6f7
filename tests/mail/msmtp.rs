//! msmtp sends, and leaves the mail on its stdin to itself.

use tokengauge::export::snippet::msmtp::write;

use crate::post_office::{PostOffice, admitted};
use crate::program::{Ended, is_there};
use crate::tenant::{NAME, OPS};

const MAIL: &str =
    "From: ops@contoso.example\nTo: dana@contoso.example\nSubject: full\n\nNothing to do.\n.dot\n";

/// Sends the mail as a connection.
fn send(office: &PostOffice) -> Ended {
    let snippet = office.snippet(NAME, OPS, |access| write(access).unwrap());
    let own = format!("{snippet}tls_trust_file {}\naccount default : {NAME}\n", office.ca().display());
    let file = office.write("msmtprc", &own);
    let mut command = office.command("msmtp");
    command.arg("-C").arg(file).args(["--timeout=30", "dana@contoso.example"]);
    office.run(command, MAIL)
}

#[test]
fn msmtp_sends_with_our_token() {
    if !is_there("msmtp") {
        return;
    }
    let office = PostOffice::new();
    send(&office).succeeded();
    assert_eq!(admitted(&office.smtp.gate), [(OPS.into(), office.token(NAME).is(0).out.trim_end().into())]);
    let [mail] = &office.smtp.mails()[..] else { panic!("one mail") };
    assert_eq!((mail.from.as_str(), &mail.to[..]), (OPS, &["dana@contoso.example".to_owned()][..]));
    // The command has left stdin alone: the mail is whole.
    assert!(mail.text.ends_with("\n\nNothing to do.\n.dot\n"), "{mail:?}");
}
