//! tokengauge.
pub mod app;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod domain;
pub mod export;
pub mod keymap;
pub mod oauth;
pub mod runtime;
pub mod sanitize;
pub mod simulator;
pub mod ui;
pub mod vault;
