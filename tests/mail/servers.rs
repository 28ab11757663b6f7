//! The servers of these tests let in nobody else: what they prove is worth what they refuse.

use crate::gate::{Fault, Gate, Knock};
use crate::post_office::{ADA, LAB, PostOffice};
use crate::tenant::{NAME, OPS};
use crate::xoauth2::InitialResponse;

fn response(user: &str, token: &str) -> String {
    InitialResponse { user: user.into(), token: token.into() }.write()
}

#[test]
fn nobody_comes_in_without_a_token_of_the_tenant_for_this_purpose() {
    let office = PostOffice::new();
    let imap = "https://outlook.office.com/IMAP.AccessAsUser.All";
    office.sign_in_for("graph", OPS, &["Mail.Read", "offline_access"]);
    office.sign_in_for("receiver", ADA, &[imap, "offline_access"]);
    office.sign_in_for("lab", LAB, &[imap, "offline_access"]);
    let (good, receiver) = (office.token(NAME), office.token("receiver"));
    let forged = format!("{}A", good.trim_end_matches(char::is_alphanumeric));
    let gate = |permission| Gate::new(office.tenant.simulator(), permission);
    let (imap, smtp) = (gate("IMAP.AccessAsUser.All"), gate("SMTP.Send"));
    for (gate, response, fault) in [
        (&imap, "AGZ1bGw=".to_owned(), Fault::NotXoauth2),
        (&imap, response(OPS, &forged), Fault::UnknownToken),
        (&imap, response(OPS, &office.token("graph")), Fault::OtherAudience),
        (&imap, response(ADA, &good), Fault::OtherUser),
        (&imap, response(LAB, &office.token("lab")), Fault::NoMailbox),
        (&smtp, response(ADA, &receiver), Fault::NoPermission),
    ] {
        assert!(!gate.admits(&response));
        assert_eq!(gate.knocks().last(), Some(&Knock::Refused(fault)));
    }
    assert!(imap.admits(&response(OPS, &good)) && imap.admits(&response(&ADA.to_uppercase(), &receiver)));
    imap.revoke(&good);
    assert!(!imap.admits(&response(OPS, &good)));
}
