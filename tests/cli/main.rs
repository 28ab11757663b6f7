//! The command line from outside: the real binary, a vault of its own for each test, the simulated tenant on loopback.

#[path = "../support/home.rs"]
mod home;
#[path = "../support/needs.rs"]
mod needs;
#[path = "../support/one_secret.rs"]
mod one_secret;
#[path = "../support/plain_http.rs"]
#[expect(dead_code, reason = "nothing here looks into what was asked")]
mod plain_http;
#[path = "../support/python.rs"]
mod python;
#[path = "../watch/service.rs"]
#[expect(dead_code, reason = "the tests of watch need more of it")]
mod service;
mod tenant;
#[path = "../support/visit.rs"]
mod visit;

mod add_from;
mod app_only;
mod arguments;
mod clock;
mod codes;
mod copies;
mod cron;
mod device;
mod doctor;
mod explain;
mod export;
mod file_systems;
mod formats;
mod hook;
mod import;
mod lapse;
mod leaving;
mod listen;
mod locking;
mod log;
mod memory;
mod paste;
mod permissions;
mod reports;
mod restored;
mod secret;
mod secret_overtaken;
mod settings;
mod sign_in;
mod signals;
mod slow;
mod terminal;
mod token;
mod unsaved;
mod vault;
