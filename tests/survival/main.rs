//! Survival: the real program killed, raced, stopped and refused by the system, and what is left of a sign-in afterwards.
//!
//! `cargo test --test survival` runs everything in a size that takes about a minute. In full size, with its figures:
//!
//! ```text
//! TOKENGAUGE_SURVIVAL=full cargo test --test survival -- --nocapture --test-threads=1
//! ```
//!
//! That is 1,000 kills at random moments at each of two servers, a kill before every system call of every command that
//! changes the vault, 1,000 expiries raced for by eight processes, 1,000 killed holders of a lock, and every error number
//! at every call. One part alone by its name: `random_kills`, `each_call`, `races`, `beside`, `holder`, `errors`, `limits`,
//! `order`, `loose`.
//!
//! `TOKENGAUGE_TEST_PROGRAM=PATH` does it to another build of the program, such as the packaged one.
//!
//! What the system's own tools are needed for (strace, faketime) is skipped with a word where they are missing, and fails
//! with `TOKENGAUGE_CI` set (`tests/support/needs.rs`).

mod authority;
#[path = "../support/home.rs"]
#[expect(dead_code, reason = "the command line's tests need more of it")]
mod home;
#[path = "../support/line.rs"]
mod line;
#[path = "../support/needs.rs"]
#[expect(dead_code, reason = "other tests need other things of the machine")]
mod needs;
mod place;
#[path = "../support/plain_http.rs"]
mod plain_http;
#[path = "../support/process.rs"]
mod process;
mod size;
mod tracer;
#[path = "../support/tree.rs"]
mod tree;

mod beside;
mod each_call;
mod errors;
mod holder;
mod limits;
mod loose;
mod order;
mod races;
mod random_kills;
mod unsaved;
