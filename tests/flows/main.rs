//! The client side over loopback: against the simulated tenant, and against a server that answers what no platform
//! would. The vault is a real one in a temporary directory.

#[path = "../support/child.rs"]
mod child;
#[path = "../support/dashboard.rs"]
mod dashboard;
mod desk;
#[path = "../support/needs.rs"]
#[expect(dead_code, reason = "other tests need other things of the machine")]
mod needs;
#[path = "../support/one_secret.rs"]
mod one_secret;
#[path = "../support/settings.rs"]
mod settings;
#[path = "../support/visit.rs"]
mod visit;
mod wire;

mod activity;
mod answers;
mod app_only;
mod damage;
mod device;
mod disk;
mod edits;
mod exporting;
mod listening;
mod network;
mod one_request;
mod probe;
mod refusals;
mod renewal;
mod resources;
mod scenarios;
mod secret;
mod sign_in;
mod strangers;
