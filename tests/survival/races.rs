//! Eight processes that want the same token at the moment it is over: one request, and all have the new one (RO-01).

use std::process::Stdio;

use crate::authority::{Authority, Rotation};
use crate::home::Run;
use crate::needs;
use crate::place::{NAME, Place};
use crate::size::Size;

const PROCESSES: usize = 8;
/// Life of an access token, seconds; the clock goes on by a minute more from one expiry to the next.
const LIFE: u64 = 3600;

#[test]
fn races_for_an_expired_token_cost_one_request_each() {
    if !needs::program("faketime") {
        return;
    }
    let expiries = Size::asked().of(20, 1000);
    let authority = Authority::start(Rotation::Strict, LIFE);
    let place = Place::signed_in(&authority);
    for expiry in 1..=expiries {
        let clock = format!("+{}m", 61 * expiry);
        let start = |_| {
            let mut command = place.under(&["faketime", "-f", &clock], &["token", NAME]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let started: Vec<_> = (0..PROCESSES).map(start).collect();
        let ended = started.into_iter().map(|child| Run::of(child.wait_with_output().unwrap()).is(0).out);
        let printed: Vec<String> = ended.collect();
        let newest = format!("{}\n", authority.newest_access(NAME));
        assert!(printed.iter().all(|own| *own == newest), "at expiry {expiry}: {printed:?}");
        assert_eq!(authority.requests(), expiry, "one request for each expiry");
    }
    assert_eq!(authority.refused(), 0);
    println!(
        "{PROCESSES} processes, {expiries} expiries, strict server: {} requests, {} invalid_grant",
        authority.requests(),
        authority.refused()
    );
}
