//! Signals while a request is under way: the first lets it finish, the second ends the program.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::home::{Home, binary};
use super::tenant::{CLIENT_ID, NAME, SECRET, parameter};

#[test]
fn a_second_interrupt_ends_a_request_that_hangs() {
    let home = Home::new();
    // Takes connections and answers nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    home.with_stdin(
        &["add", NAME, "--client-id", CLIENT_ID, "--authority-url", &url, "--secret-stdin"],
        SECRET,
    )
    .is(0);
    let state = parameter(&home.run(&["authorize", NAME, "--print-url"]).is(0).out, "state");

    let mut redeeming = redeem(&home, &format!("http://localhost:8400/?code=0.abcdefgh&state={state}"));
    let _held = silent.accept().unwrap();
    interrupt(&redeeming);
    let mut said = String::new();
    BufReader::new(redeeming.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.starts_with("finishing the request under way"), "{said}");
    interrupt(&redeeming);
    assert_eq!(redeeming.wait().unwrap().code(), Some(130));
}

fn redeem(home: &Home, address: &str) -> Child {
    let mut command = Command::new(binary());
    command.env_clear().arg("--vault").arg(home.vault()).arg("--key-file").arg(home.key());
    let mut child =
        command.args(["redeem", NAME]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(address.as_bytes()).unwrap();
    child
}

fn interrupt(child: &Child) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
}
