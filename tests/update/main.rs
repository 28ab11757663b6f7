//! What `App::update` makes of keys, pastes, answers and the time: fixed moments, effects and state compared.
//!
//! `fixtures.rs` has the connections and a desk at which keys are pressed; each other file has one theme.

mod activity;
mod answers;
mod consent;
mod copies;
mod day;
mod device;
mod door;
mod export;
mod fixtures;
mod forecast;
mod form;
mod form_choices;
mod hand_over;
mod keys;
mod lapse;
mod list;
mod listening;
mod order;
mod owed;
mod paste;
mod pauses;
mod permissions;
mod probe;
mod properties;
mod queue;
mod secret_replacement;
mod secret_stopped;
mod sign_in;
mod time;
mod tokens;
mod unsaved;
mod warning_fixtures;
mod warning_line;
mod warning_stages;
mod warnings;
mod world;
mod year;
