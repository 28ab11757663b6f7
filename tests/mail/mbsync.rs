//! mbsync fetches, by one account or by several.

use std::fs;

use crate::gate::{Fault, Knock};
use crate::imap::{Manners, Refusal};
use crate::needs;
use crate::post_office::{ADA, DEAD, PostOffice, admitted};
use crate::program::{Ended, sasl_knows_xoauth2};
use crate::tenant::{NAME, OPS};

fn is_usable() -> bool {
    needs::program("mbsync") && sasl_knows_xoauth2()
}

/// The configuration of one account, and where its mail goes.
fn channel(office: &PostOffice, name: &str) -> String {
    let snippet = office.snippet(name, "mbsync");
    let trusted =
        format!("SSLType IMAPS\nSystemCertificates no\nCertificateFile {}\n", office.ca().display());
    let maildir = office.tenant.home.path(&format!("mail-{name}"));
    fs::create_dir_all(&maildir).unwrap();
    let maildir = maildir.display();
    format!(
        "{}MaildirStore {name}-here\nPath {maildir}/\nInbox {maildir}/INBOX\n\n\
         Channel {name}\nFar :{name}:\nNear :{name}-here:\nCreate Near\nSyncState *\n\n",
        snippet.replace("SSLType IMAPS\n", &trusted)
    )
}

fn sync_all(office: &PostOffice, names: &[&str]) -> Ended {
    let channels: Vec<String> = names.iter().map(|name| channel(office, name)).collect();
    let file = office.write("mbsyncrc", &channels.concat());
    let mut command = office.command("mbsync");
    command.arg("-c").arg(file).arg("-a");
    office.run(command, "")
}

/// The mails of an account that have come.
fn fetched(office: &PostOffice, name: &str) -> Vec<String> {
    let inbox = office.tenant.home.path(&format!("mail-{name}/INBOX"));
    let files = ["new", "cur"].iter().filter_map(|kind| fs::read_dir(inbox.join(kind)).ok()).flatten();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn mbsync_fetches_with_our_token() {
    if !is_usable() {
        return;
    }
    for initial_response in [true, false] {
        let office = PostOffice::with("", Manners { initial_response, ..Manners::default() });
        let token = office.token(NAME);
        sync_all(&office, &[NAME]).succeeded();
        assert_eq!(admitted(&office.imap.gate), [(OPS.into(), token)]);
        let [mail] = &fetched(&office, NAME)[..] else { panic!("one mail") };
        assert!(mail.contains("Subject: The gauge reads full") && mail.contains("on Sunday"), "{mail}");
    }
}

#[test]
fn mbsync_finds_a_vault_in_a_strange_place() {
    if !is_usable() {
        return;
    }
    let mut office = PostOffice::new();
    office.move_vault();
    sync_all(&office, &[NAME]).succeeded();
    assert_eq!(fetched(&office, NAME).len(), 1);
}

#[test]
fn several_accounts_get_each_its_own_token_renewed_in_passing() {
    if !is_usable() {
        return;
    }
    let office = PostOffice::new();
    office.sign_in("ada", ADA);
    let before = [office.expire(NAME), office.expire("ada")];
    sync_all(&office, &[NAME, "ada"]).succeeded();
    let mut admitted = admitted(&office.imap.gate);
    admitted.sort();
    assert_eq!(admitted, [(ADA.into(), office.token("ada")), (OPS.into(), office.token(NAME))]);
    assert!(admitted.iter().all(|(_, token)| !before.contains(token)));
    assert_eq!((fetched(&office, NAME).len(), fetched(&office, "ada").len()), (1, 1));
}

#[test]
fn of_a_connection_that_asks_for_graph_too_mbsync_gets_the_token_for_mail() {
    if !is_usable() {
        return;
    }
    let office = PostOffice::new();
    let imap = "https://outlook.office.com/IMAP.AccessAsUser.All";
    office.sign_in_for("both", OPS, &["Mail.Read", imap, "offline_access"]);
    sync_all(&office, &["both"]).succeeded();
    let [(_, token)] = &admitted(&office.imap.gate)[..] else { panic!("one was let in") };
    assert_ne!(*token, office.token("both"), "that of Graph comes first where nothing is said");
    office.expire("both");
    sync_all(&office, &["both"]).succeeded();
    assert_eq!(fetched(&office, "both").len(), 1);
}

/// mbsync opens its accounts side by side, and so do several of them.
#[test]
fn many_at_once_cost_one_renewal() {
    if !is_usable() {
        return;
    }
    let office = PostOffice::new();
    office.expire(NAME);
    let before = office.tenant.requests();
    let commands = ["one", "two", "three"].map(|place| {
        let channels = channel(&office, NAME).replace("mail-contoso", &format!("mail-{place}"));
        fs::create_dir_all(office.tenant.home.path(&format!("mail-{place}"))).unwrap();
        let mut command = office.command("mbsync");
        command.arg("-c").arg(office.write(place, &channels)).arg("-a");
        command
    });
    office.run_together(commands.into()).into_iter().for_each(|ended| drop(ended.succeeded()));
    assert_eq!(office.tenant.requests(), before + 1);
    assert_eq!(admitted(&office.imap.gate).len(), 3);
    for place in ["one", "two", "three"] {
        assert_eq!(fetched(&office, place).len(), 1);
    }
}

#[test]
fn where_the_tenant_refuses_mbsync_says_so_and_asks_no_server() {
    if !is_usable() {
        return;
    }
    let office = PostOffice::with(DEAD, Manners::default());
    office.expire(NAME);
    let ended = sync_all(&office, &[NAME]).failed_telling("passcmd exited with status 4");
    // What we say reaches the person through it.
    assert!(ended.err.contains("tokengauge authorize contoso"), "{ended:?}");
    assert_eq!(office.imap.gate.knocks(), []);
}

/// At once, as Exchange Online refuses: a challenge that tells why is more than mbsync 1.4 and its module understand, and both
/// sides would wait for each other.
#[test]
fn where_the_mail_server_refuses_mbsync_says_so() {
    if !is_usable() {
        return;
    }
    let office = PostOffice::with("", Manners { refusal: Refusal::Plain, ..Manners::default() });
    office.imap.gate.revoke(&office.token(NAME));
    sync_all(&office, &[NAME]).failed_telling("authenticate failed");
    assert_eq!(office.imap.gate.knocks(), [Knock::Refused(Fault::NotValidNow)]);
}
