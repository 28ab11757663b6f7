//! The vault from outside: what it keeps, what it refuses, and what is left when things go wrong.

mod child;
#[path = "../support/needs.rs"]
#[expect(dead_code, reason = "other tests need other things of the machine")]
mod needs;
mod sample;
#[path = "../support/tree.rs"]
mod tree;

mod emergency;
mod emergency_hindered;
mod files;
mod interrupted;
mod key_change;
mod locks;
mod permissions;
mod records;
mod restored;
mod save;
mod stock_age;
mod unlocking;
