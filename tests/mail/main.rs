//! Mail programs that we did not write log in with our tokens: mutt, mbsync, msmtp and curl as Debian has them, each with the
//! configuration that we write, against small IMAP and SMTP servers that let in only whom the simulated tenant knows.
//!
//! `.ci/run` installs the programs; where one is missing its tests say so and pass, but where `TOKENGAUGE_CI` is set they fail.

#[path = "../network/certificates.rs"]
#[expect(dead_code, reason = "shared with tests/network")]
mod certificates;
#[path = "../support/home.rs"]
#[expect(dead_code, reason = "shared with tests/cli")]
mod home;
#[path = "../support/needs.rs"]
#[expect(dead_code, reason = "other tests need other things of the machine")]
mod needs;
#[path = "../terminal/pty.rs"]
#[expect(dead_code, reason = "shared with tests/terminal")]
mod pty;
#[path = "../cli/tenant.rs"]
#[expect(dead_code, reason = "shared with tests/cli")]
mod tenant;

mod gate;
mod imap;
mod imap_items;
mod post_office;
mod program;
mod smtp;
mod wire;
mod xoauth2;

mod curl;
mod mbsync;
mod msmtp;
mod mutt;
mod servers;
mod snippets;
