//! The simulated tenant, from outside: sign-ins, refusals, faults, and its loopback shell.

mod simulator {
    pub mod driver;

    mod authorize;
    mod graph;
    mod loopback;
    mod scenarios;
    mod seeds;
    mod tokens;
}
