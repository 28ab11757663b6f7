//! mutt reads in a terminal, and sends without one. It logs in by XOAUTH2 only where the server takes an initial response,
//! as Exchange Online does.

use crate::gate::{Fault, Knock};
use crate::imap::{Manners, Refusal};
use crate::needs;
use crate::post_office::{DEAD, PostOffice, admitted};
use crate::program::Ended;
use crate::pty::Terminal;
use crate::tenant::{NAME, OPS};
use portable_pty::CommandBuilder;

/// What a test wants besides: our certificate, and no questions or pauses.
const MANNERS: &str = "set copy=no\nset quit=yes\nset delete=no\nset move=no\n\
                       set sleep_time=0\nset hostname=contoso.example\nset wait_key=no\n";

fn muttrc(office: &PostOffice) -> std::path::PathBuf {
    let snippet = office.snippet(NAME, "mutt");
    let trusted = format!("set ssl_ca_certificates_file=\"{}\"\n", office.ca().display());
    office.write("muttrc", &format!("{snippet}{MANNERS}{trusted}"))
}

/// mutt in a terminal, on its way to the inbox.
fn open(office: &PostOffice) -> Terminal {
    let mut command = CommandBuilder::new("mutt");
    command.env_clear();
    command.env("HOME", office.tenant.home.path(""));
    command.env("PATH", crate::program::path_variable());
    command.env("TERM", "xterm");
    command.env("LANG", "C.UTF-8");
    command.cwd(office.tenant.home.path(""));
    command.args(["-n", "-F", muttrc(office).to_str().unwrap()]);
    Terminal::start(command, (100, 30))
}

/// Reads the mail, and leaves.
fn read(office: &PostOffice) {
    let mut mutt = open(office);
    mutt.until("the list", |screen| screen.contains("The gauge reads full"));
    mutt.keys("\r");
    mutt.until("the mail", |screen| screen.contains("There is nothing to do on Sunday."));
    mutt.keys("q");
    mutt.until("the list again", |screen| !screen.contains("on Sunday"));
    mutt.keys("q");
    assert!(mutt.ended().success(), "{}", mutt.screen());
}

fn send(office: &PostOffice) -> Ended {
    let mut command = office.command("mutt");
    command.args(["-n", "-F"]).arg(muttrc(office)).args(["-s", "full", "--", "dana@contoso.example"]);
    office.run(command, "Nothing to do.\n.dot\n")
}

#[test]
fn mutt_reads_with_our_token() {
    if !needs::program("mutt") {
        return;
    }
    let office = PostOffice::new();
    let token = office.token(NAME);
    read(&office);
    assert_eq!(admitted(&office.imap.gate), [(OPS.into(), token)]);
    assert_eq!((office.imap.count("AUTHENTICATE"), office.imap.count("SELECT")), (1, 1));
}

#[test]
fn mutt_sends_with_our_token() {
    if !needs::program("mutt") {
        return;
    }
    let office = PostOffice::new();
    let token = office.token(NAME);
    send(&office).succeeded();
    assert_eq!(admitted(&office.smtp.gate), [(OPS.into(), token)]);
    let [mail] = &office.smtp.mails()[..] else { panic!("one mail") };
    assert_eq!((mail.from.as_str(), &mail.to[..]), (OPS, &["dana@contoso.example".to_owned()][..]));
    assert!(mail.text.contains("Subject: full") && mail.text.ends_with("Nothing to do.\n.dot\n"), "{mail:?}");
}

#[test]
fn mutt_finds_a_vault_in_a_strange_place() {
    if !needs::program("mutt") {
        return;
    }
    let mut office = PostOffice::new();
    office.move_vault();
    read(&office);
    send(&office).succeeded();
}

#[test]
fn a_token_that_is_over_is_renewed_in_passing() {
    if !needs::program("mutt") {
        return;
    }
    let office = PostOffice::new();
    let before = office.expire(NAME);
    read(&office);
    let [(_, after)] = &admitted(&office.imap.gate)[..] else { panic!("one was let in") };
    assert_ne!(*after, before);
    assert_eq!((office.tenant.requests(), office.token(NAME)), (2, after.clone()));
}

#[test]
fn where_the_tenant_refuses_mutt_says_so_and_sends_nothing() {
    if !needs::program("mutt") {
        return;
    }
    let office = PostOffice::with(DEAD, Manners::default());
    office.expire(NAME);
    send(&office).failed_telling("authentication failed");
    let mut mutt = open(&office);
    mutt.until("the refusal", |screen| screen.contains("Command returned empty string"));
    assert_eq!((office.smtp.mails(), office.smtp.gate.knocks()), (vec![], vec![]));
    assert_eq!(office.imap.gate.knocks(), []);
}

#[test]
fn where_the_mail_server_refuses_mutt_says_so() {
    if !needs::program("mutt") {
        return;
    }
    for refusal in [Refusal::Plain, Refusal::Challenge] {
        let office = PostOffice::with("", Manners { refusal, ..Manners::default() });
        let token = office.token(NAME);
        office.imap.gate.revoke(&token);
        office.smtp.gate.revoke(&token);
        send(&office).failed_telling("authentication failed");
        let mut mutt = open(&office);
        mutt.until("the refusal", |screen| screen.contains("authentication failed"));
        assert_eq!(office.imap.gate.knocks(), [Knock::Refused(Fault::NotValidNow)]);
    }
}
