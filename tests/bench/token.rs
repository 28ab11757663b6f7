//! What `token` costs, beside programs that do less or the same: `cargo bench --bench token`.
//!
//! Whole processes, from their start to their end, run in turns. `cat` prints the token from a file in clear; `age` opens
//! the same record that `token` opens; `oidc-token` asks a running agent, where one is installed. The floor is `true`. Then a
//! renewal, beside `curl` that posts the same form to the same server, and the same writes, `fsync`s and rename on the same
//! file system: what a token costs that must not be lost.

mod fixture;
mod oidc_agent;

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use fixture::{
    Contender, Filled, TokenServer, access_token, compare, exit_code, is_installed, name, run_to_end, verdict,
};
use oidc_agent::OidcAgent;

const ROUNDS: usize = 300;
const RENEWALS: usize = 100;
/// For the whole process, in an optimised build.
const TARGET: Duration = Duration::from_millis(5);
const RENEWAL_TARGET: f64 = 1.5;

fn main() -> ExitCode {
    let server = TokenServer::start();
    let filled = Filled::new(10, &server.authority());
    let is_quick = tokens(&filled, &server);
    println!();
    let renews_quickly = renewals(&filled, &server);
    exit_code(is_quick && renews_quickly)
}

fn tokens(filled: &Filled, server: &TokenServer) -> bool {
    let length = access_token().len();
    let in_clear = filled.plain_token();
    let cat = || run_to_end(with(Command::new("cat"), [&in_clear]), length);
    let age = || {
        let mut command = Command::new("age");
        command.arg("-d").arg("-i").arg(filled.key()).arg(filled.record(0));
        run_to_end(command, length);
    };
    let agent = OidcAgent::start(filled.home.path(), server);
    let own = || run_to_end(filled.tokengauge(&["token", &name(0)]), length);
    let version = || run_to_end(filled.tokengauge(&["--version"]), 5);
    let mut contenders = vec![
        Contender::new("true", || run_to_end(Command::new("true"), 0)),
        Contender::new("cat TOKEN-IN-CLEAR", cat),
        Contender::new("tokengauge token NAME", own),
        Contender::new("tokengauge --version", version),
    ];
    if is_installed("age") {
        contenders.push(Contender::new("age -d -i KEY RECORD", age));
    } else {
        println!("age: not installed");
    }
    if let Some(agent) = &agent {
        contenders.push(Contender::new("oidc-token ACCOUNT", || run_to_end(agent.token(), length)));
    }
    compare(ROUNDS, &mut contenders);
    verdict("token within 5 ms", contenders[2].median() <= TARGET)
}

fn with(mut command: Command, arguments: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>) -> Command {
    command.args(arguments);
    command
}

fn renewals(filled: &Filled, server: &TokenServer) -> bool {
    let form = filled.home.path().join("form");
    fs::write(&form, format!("grant_type=refresh_token&client_id=x&refresh_token={}", "0.AXoA".repeat(233)))
        .unwrap();
    let own = || run_to_end(filled.tokengauge(&["refresh", &name(1)]), 10);
    let posted = || run_to_end(curl(&form, server), 100);
    let posted_and_saved = || {
        posted();
        save(&filled.vault.dir().join("connections"), &filled.record(2));
    };
    let saved = || save(&filled.vault.dir().join("connections"), &filled.record(2));
    let mut contenders = vec![
        Contender::new("tokengauge refresh NAME", own),
        Contender::new("curl POST + fsyncs and rename", posted_and_saved),
        Contender::new("curl POST alone", posted),
        Contender::new("fsyncs and rename alone", saved),
    ];
    if !is_installed("curl") {
        println!("curl: not installed");
        contenders.truncate(1);
    }
    compare(RENEWALS, &mut contenders);
    let [own, peer, ..] = &contenders[..] else { return true };
    let ratio = own.median().as_secs_f64() / peer.median().as_secs_f64();
    verdict(&format!("refresh / (curl + fsyncs): {ratio:.2}; within 1.5"), ratio <= RENEWAL_TARGET)
}

fn curl(form: &Path, server: &TokenServer) -> Command {
    let mut command = Command::new("curl");
    command.env_clear().arg("-sS").arg("--data-binary").arg(format!("@{}", form.display()));
    command.arg(server.token_endpoint());
    command
}

/// What precedes and follows a request: the proof of disk, the record, the rename, the directory.
fn save(directory: &Path, record: &Path) {
    let sealed = fs::read(record).unwrap();
    let draft = directory.join(".bench");
    let mut file = File::create(&draft).unwrap();
    file.write_all(&vec![7; 256 * 1024]).unwrap();
    file.sync_all().unwrap();
    file.rewind().unwrap();
    file.write_all(&sealed).unwrap();
    file.set_len(sealed.len() as u64).unwrap();
    file.sync_all().unwrap();
    fs::rename(&draft, record).unwrap();
    File::open(directory).unwrap().sync_all().unwrap();
}
