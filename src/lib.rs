//! tokengauge: from a Microsoft app registration to live OAuth tokens for Exchange connectors, on one terminal screen.
//!
//! # The picture
//!
//! ```text
//! crossterm events
//!    │ keys, pastes                                   runtime::input: a burst of characters is a paste
//!    ▼
//! keymap       Keymap::translate(app, key) ─────► Message::Action | Message::Text
//!    ▼
//! app          App::update(message, now) ───────► state changes; Vec<Effect>
//!    │                                                 │
//!    │                                                 ▼
//!    │                               runtime::executor  perform(effect) in a task
//!    │                                  │ exchange: lock, read again, prove the disk, send, classify, seal
//!    │                                  │ records:  make, edit, rename, remove, begin a sign-in
//!    │                                  │ listener: takes the browser's answer on loopback, while a sign-in waits
//!    ▼                                  ▼
//! ui           draw(frame, app, now, look) ◄── queue drained ◄── Message::Answer { request, answer }
//! ```
//!
//! # The way of a key press
//!
//! `a` on the Connections tab: [`keymap`] finds [`app::Action::Authorize`], which is on offer there ([`app::App::on_offer`]).
//! `App::update` opens the sign-in panel, remembers a [`app::RequestId`] and returns [`app::Effect::BeginAttempt`]. The
//! executor draws `state` and verifier, keeps them in the sealed record ([`runtime::records`]) and answers with the
//! record's [`domain::Overview`]. `update` takes only the answer that it awaits, shows the address and asks for it to
//! be sent to the clipboard. What is pasted later is read in `update` by [`oauth::redirect_response`], and a code leads to
//! [`app::Effect::Exchange`]: one transaction in [`runtime::exchange`] under the connection's lock. What a browser brings
//! to [`runtime::listener`] comes as an answer and goes the way of a paste.
//!
//! # The rules
//!
//! `tests/architecture.rs` holds them.
//!
//! - **Directions.** [`domain`] knows nobody. [`oauth`], [`catalogue`] and [`vault`] know the domain. [`app`] knows domain,
//!   oauth and catalogue; it does no I/O. [`ui`] reads the app. [`runtime`] knows all of them; [`cli`] uses the runtime and
//!   never the ui. [`simulator`] knows neither oauth nor app: client and server check each other.
//! - **Time** is an argument. Only `runtime/clock.rs` reads a clock; [`app::App::next_deadline`] tells the loop when to look
//!   again, and the loop has the only sleep.
//! - **Randomness** for the protocol comes from `runtime/entropy.rs` alone.
//! - **Secrets** are types of [`domain::secret`]. The screen's state holds none but what is typed, pasted or revealed; it
//!   works on [`domain::Overview`]s. The files that may expose one are listed in the test, each with its reason.
//! - **Text from outside** is printable only through [`sanitize`].
//! - **Stale answers** are dropped: state remembers which request it awaits.
//! - **A record changes** only under its lock, read again inside it; what an answer brought is saved before anything
//!   else is done with it. Where the disk does not take it, it is kept: [`runtime::exchange::OnFailedSave`].
//! - **The end** is told to every transaction by one [`runtime::stop::Leaving`]; a signal never cuts a save.

pub mod app;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod domain;
pub mod export;
pub mod given_file;
pub mod keymap;
pub mod oauth;
pub mod report;
pub mod runtime;
pub mod sanitize;
pub mod simulator;
pub mod ui;
pub mod vault;
