//! Secrets are found nowhere: the real binary does everything that it can do, as talkative as it gets, and whatever it
//! leaves is searched for what was planted: its output, the arguments and environment of every program that it starts, every
//! file that is not sealed or was not asked for, the terminal, tmux.
//!
//! `tests/secrets.rs` searches the screens, the logs and what debugging prints, inside one process.

#[path = "../answers/case.rs"]
#[expect(dead_code, reason = "what a case expects is tested elsewhere")]
mod case;
#[path = "../support/home.rs"]
#[expect(dead_code, reason = "the command line's tests need more of it")]
mod home;
#[path = "../support/needs.rs"]
#[expect(dead_code, reason = "other tests need other things of the machine")]
mod needs;
#[path = "../answers/server.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod server;
#[path = "../cli/tenant.rs"]
#[expect(dead_code, reason = "the command line's tests need more of it")]
mod tenant;

mod answers;
mod commands;
mod needles;
mod screens;
mod stage;
