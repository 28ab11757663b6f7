//! The simulated tenant, from outside: sign-ins, refusals, faults, and its loopback shell.

mod simulator {
    pub mod driver;

    mod admin_consent;
    mod app_only;
    mod assertions;
    mod authorize;
    mod device;
    mod documents;
    mod graph;
    mod loopback;
    mod our_client;
    mod scenarios;
    mod seeds;
    mod stories;
    mod tokens;
}
