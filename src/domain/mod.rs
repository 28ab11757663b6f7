//! Nouns and rules: what a connection is, what it holds, when that lapses. No I/O, no clock, no serde.

pub mod app_registration;
pub mod attempt;
pub mod authority;
pub mod connection;
pub mod device_poll;
pub mod hand_over;
pub mod lifetime;
pub mod need;
pub mod overview;
pub mod redirect_uri;
pub mod renewal;
pub mod scope;
pub mod secret;
pub mod token;
pub mod trouble;
pub mod way_in;

pub use app_registration::{AppRegistration, CertificateCredential, ClientCredential, SecretCredential};
pub use attempt::{Attempt, CodeAttempt, DeviceAttempt};
pub use authority::{Authority, ClientId, Tenant};
pub use connection::{Connection, ConnectionId, ConnectionName, Mailbox, ResponseMode, Settings};
pub use device_poll::DevicePoll;
pub use hand_over::{ConnectionValue, Consumer, HandOver};
pub use lifetime::{Certainty, Clock, Lifetime, Stage};
pub use need::{Need, NextStep};
pub use overview::{AttemptFacts, CodeAttemptFacts, DeviceAttemptFacts, Overview, TokenFacts};
pub use redirect_uri::{ListenAt, RedirectUri};
pub use renewal::{Renewal, RenewalKind, RenewalOutcome};
pub use scope::{Scope, ScopeSet};
pub use token::{AccessGrant, Claims, RefreshGrant, SignedInUser, Tokens};
pub use trouble::{Trouble, TroubleKind, WhoActs};
pub use way_in::{Capture, WayIn};
