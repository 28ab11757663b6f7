//! Nouns and rules: what a connection is, what it holds, when that lapses. No I/O, no clock, no serde.

pub mod admin_consent;
pub mod app_registration;
pub mod attempt;
pub mod audience;
pub mod authority;
pub mod claims_request;
pub mod connection;
pub mod device_poll;
pub mod event;
pub mod forecast;
pub mod hand_over;
pub mod held_copy;
pub mod lapse;
pub mod lifetime;
pub mod need;
pub mod outlook;
pub mod overview;
pub mod per_audience;
pub mod permission_state;
pub mod probe;
pub mod redirect_uri;
pub mod refresh_limit;
pub mod renewal;
pub mod scope;
pub mod secret;
pub mod settings_rules;
pub mod token;
pub mod trouble;
pub mod way_in;

pub use admin_consent::{AdminConsent, AdminConsentRequest};
pub use app_registration::{AppRegistration, CertificateCredential, ClientCredential, SecretCredential};
pub use attempt::{Attempt, CodeAttempt, DeviceAttempt};
pub use audience::Audience;
pub use authority::{Authority, ClientId, Tenant};
pub use claims_request::ClaimsRequest;
pub use connection::{Connection, ConnectionId, ConnectionName, Mailbox, ResponseMode, Settings};
pub use device_poll::DevicePoll;
pub use event::{Event, EventKind};
pub use hand_over::{ConnectionValue, Consumer, Destination, HandOver, HandedOver};
pub use held_copy::{Freshness, HeldCopy, Outdated};
pub use lapse::{Lapse, Lapsing};
pub use lifetime::{Certainty, Clock, Lifetime, Stage};
pub use need::{Need, NextStep};
pub use overview::{
    AccessFacts, AttemptFacts, CodeAttemptFacts, DeviceAttemptFacts, Overview, TokenFacts, Unsaved,
};
pub use per_audience::PerAudience;
pub use permission_state::{Known, PermissionState, PermissionStates};
pub use redirect_uri::{ListenAt, RedirectUri};
pub use refresh_limit::{CountsFrom, RefreshLimit};
pub use renewal::{Renewal, RenewalKind, RenewalOutcome};
pub use scope::{Scope, ScopeSet};
pub use settings_rules::{SettingsFault, SettingsRemark};
pub use token::{AccessGrant, Claims, Lack, Lacking, RefreshGrant, SignedInUser, Tokens};
pub use trouble::{Trouble, TroubleKind, Wait, WhoActs};
pub use way_in::{Capture, WayIn};
