//! The configuration that `export` writes for mail programs: no secret is in it, so nothing is in its way.

use crate::post_office::PostOffice;
use crate::tenant::{NAME, OPS};

#[test]
fn configuration_may_go_into_a_git_work_tree_and_is_no_copy_to_be_remembered() {
    let office = PostOffice::new();
    std::fs::create_dir(office.tenant.home.path(".git")).unwrap();
    let path = office.tenant.home.path("muttrc");
    let arguments = ["export", NAME, "--format", "mutt", "--output", path.to_str().unwrap()];
    office.tenant.run(&arguments).is(0);
    office.tenant.run(&arguments).fails(10);
    assert!(std::fs::read_to_string(path).unwrap().contains("set imap_user=\"ops@contoso.example\""));
    assert!(office.tenant.run(&["show", NAME, "--json"]).json()["last_hand_over"].is_null());
    assert_eq!(office.tenant.requests(), 1, "nothing was renewed for it");
}

#[test]
fn a_connection_without_mail_permissions_is_noted() {
    let office = PostOffice::new();
    office.sign_in_for("graph", OPS, &["Mail.Read", "offline_access"]);
    let told = office.tenant.run(&["export", "graph", "--format", "mbsync"]).is(0).err;
    assert!(told.starts_with("note: ") && told.contains("IMAP.AccessAsUser.All"), "{told}");
}

#[test]
fn a_command_that_a_program_would_cut_off_is_refused() {
    let office = PostOffice::new();
    let long = office.tenant.home.path(&"x".repeat(250));
    std::fs::create_dir(&long).unwrap();
    std::fs::rename(office.tenant.home.vault(), long.join("vault")).unwrap();
    std::fs::rename(office.tenant.home.key(), long.join("key")).unwrap();
    let export = |format: &str| {
        let mut command = office.tenant.home.anywhere();
        command.arg("--vault").arg(long.join("vault")).arg("--key-file").arg(long.join("key"));
        crate::home::Run::of(command.args(["export", NAME, "--format", format]).output().unwrap())
    };
    export("mutt").is(0);
    assert!(export("msmtp").fails(10).err.contains("msmtp reads no line of more than 499 bytes"));
}
