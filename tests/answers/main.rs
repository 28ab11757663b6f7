//! Answers of the token endpoint: every case of `tests/cases/token-endpoint.json`, read as a value and met as a server.

mod bench;
mod case;
mod server;
#[path = "../support/settings.rs"]
mod settings;

mod device;
mod doubt;
mod hostile;
mod learning;
mod previous;
mod reading;
mod transaction;
mod unsaved;
