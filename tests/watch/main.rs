//! `watch` from outside: the real binary under a service manager's protocol, on the simulated tenant.

#[path = "../support/home.rs"]
mod home;
#[path = "../support/needs.rs"]
#[expect(dead_code, reason = "other tests need other things of the machine")]
mod needs;
#[path = "../support/plain_http.rs"]
mod plain_http;
#[path = "../support/settings.rs"]
mod settings;
#[path = "../cli/slow.rs"]
#[expect(dead_code, reason = "the command line's tests need more of it")]
mod slow;
#[path = "../cli/tenant.rs"]
#[expect(dead_code, reason = "the command line's tests need more of it")]
mod tenant;

mod clock;
mod fleet;
mod hook;
mod key;
mod long_run;
mod outage;
mod platform;
mod protocol;
mod running;
mod service;
mod stopping;
mod together;
mod unit;
