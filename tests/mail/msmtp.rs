//! msmtp sends, and finds the mail on its stdin as it was: our command has left it alone.

use crate::gate::{Fault, Knock};
use crate::imap::{Manners, Refusal};
use crate::needs;
use crate::post_office::{DEAD, PostOffice, admitted};
use crate::program::Ended;
use crate::tenant::{NAME, OPS};

const MAIL: &str =
    "From: ops@contoso.example\nTo: dana@contoso.example\nSubject: full\n\nNothing to do.\n.dot\n";

/// Sends the mail as a connection.
fn send(office: &PostOffice) -> Ended {
    let snippet = office.snippet(NAME, "msmtp");
    let own = format!("{snippet}tls_trust_file {}\naccount default : {NAME}\n", office.ca().display());
    let file = office.write("msmtprc", &own);
    let mut command = office.command("msmtp");
    command.arg("-C").arg(file).args(["--timeout=30", "dana@contoso.example"]);
    office.run(command, MAIL)
}

#[test]
fn msmtp_sends_with_our_token_and_the_mail_is_whole() {
    if !needs::program("msmtp") {
        return;
    }
    let office = PostOffice::new();
    let token = office.token(NAME);
    send(&office).succeeded();
    assert_eq!(admitted(&office.smtp.gate), [(OPS.into(), token)]);
    let [mail] = &office.smtp.mails()[..] else { panic!("one mail") };
    assert_eq!((mail.from.as_str(), &mail.to[..]), (OPS, &["dana@contoso.example".to_owned()][..]));
    assert!(mail.text.ends_with("\n\nNothing to do.\n.dot\n"), "{mail:?}");
}

#[test]
fn msmtp_finds_a_vault_in_a_strange_place() {
    if !needs::program("msmtp") {
        return;
    }
    let mut office = PostOffice::new();
    office.move_vault();
    send(&office).succeeded();
    assert_eq!(office.smtp.mails().len(), 1);
}

#[test]
fn a_token_that_is_over_is_renewed_in_passing() {
    if !needs::program("msmtp") {
        return;
    }
    let office = PostOffice::new();
    let before = office.expire(NAME);
    send(&office).succeeded();
    let [(_, after)] = &admitted(&office.smtp.gate)[..] else { panic!("one was let in") };
    assert_ne!(*after, before);
    assert_eq!((office.tenant.requests(), office.token(NAME)), (2, after.clone()));
    assert!(office.smtp.mails()[0].text.ends_with("\n\nNothing to do.\n.dot\n"));
}

#[test]
fn where_the_tenant_refuses_msmtp_says_so_and_sends_nothing() {
    if !needs::program("msmtp") {
        return;
    }
    let office = PostOffice::with(DEAD, Manners::default());
    office.expire(NAME);
    send(&office).failed_telling("cannot read output");
    assert_eq!((office.smtp.gate.knocks(), office.smtp.mails()), (vec![], vec![]));
    office.tenant.token(&[]).fails(4);
}

#[test]
fn where_the_mail_server_refuses_msmtp_says_so() {
    if !needs::program("msmtp") {
        return;
    }
    for refusal in [Refusal::Plain, Refusal::Challenge] {
        let office = PostOffice::with("", Manners { refusal, ..Manners::default() });
        office.smtp.gate.revoke(&office.token(NAME));
        send(&office).failed_telling("authentication failed");
        assert_eq!(office.smtp.gate.knocks(), [Knock::Refused(Fault::NotValidNow)]);
    }
}
