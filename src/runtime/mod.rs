//! The outside world: loop, terminal, executor, HTTP, clipboard, clock, entropy.
//!
//! `services.rs` is what dashboard and command line share: vault, HTTP and clock, with the transactions in
//! `exchange.rs` (whatever spends a grant) and `records.rs` (whatever changes a record). The dashboard adds
//! `executor.rs`, which performs effects in tasks, and `driver.rs`, where the loop waits; `watch` does so without a screen.

pub mod activity_log;
mod blocking;
pub mod certificate_files;
pub mod checkup;
pub mod clipboard;
pub mod clock;
pub mod dashboard;
pub mod delivery;
pub mod demo;
mod driver;
pub mod entropy;
pub mod exchange;
pub mod executor;
pub mod export_file;
pub mod exporting;
pub mod http;
pub mod input;
pub mod listener;
mod listening;
pub mod looks;
pub mod overviews;
pub mod probe;
pub mod process;
pub mod prompt;
mod record_event;
pub mod records;
mod registration;
pub mod secret_replacement;
pub mod service_manager;
pub mod services;
pub mod stop;
pub mod terminal;
pub mod warnings;
pub mod watch;
pub mod watcher;
