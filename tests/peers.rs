//! Our client against a server that we did not write: `oidc-provider` under Microsoft-shaped paths.
//!
//! `.ci/run` installs what it needs; without it these tests say so and pass, but where `TOKENGAUGE_CI` is set they fail.

#[path = "support/home.rs"]
#[expect(dead_code, reason = "the tests of the command line use more of it")]
mod home;

#[path = "support/needs.rs"]
#[expect(dead_code, reason = "other tests need other things of the machine")]
mod needs;

mod peers {
    pub mod application;
    pub mod browser;
    pub mod client;
    pub mod program;
    pub mod server;
    pub mod wire;

    mod authorization_code;
    mod device_code;
    mod server_rules;
    mod ways_in;
}
