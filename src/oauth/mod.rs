//! The messages of the identity platform as values: no sockets, no clock.
//!
//! | file | standard |
//! |---|---|
//! | `admin_consent.rs` | Microsoft: the address at which an administrator consents |
//! | `authorization_request.rs` | RFC 6749 §4.1.1: the address that the person opens |
//! | `redirect_response/` | RFC 6749 §4.1.2: what the browser brought back, however it was pasted |
//! | `token_request.rs` | RFC 6749 §4.1.3, §4.4.2 and §6, RFC 8628 §3.4: the form that is posted |
//! | `client_authentication.rs` | RFC 6749 §2.3.1, RFC 7523 §2.2: how the client proves itself |
//! | `certificate.rs` | RFC 7468: certificate and key as PEM |
//! | `token_answer/` | RFC 6749 §5.1 and §5.2: what came back, and what it means |
//! | `device_authorization.rs` | RFC 8628 §3.1 to §3.3: the code that is shown to the person |
//! | `device_poll.rs` | RFC 8628 §3.5: what a poll is answered |
//! | `error_text.rs` | an error as people paste it |
//! | `pkce.rs` | RFC 7636: verifier and S256 challenge |
//! | `claims.rs` | what can be read in a token, for the eyes |
//! | `graph/` | Microsoft: the Graph calls that prove a connection, and what their answers mean |
//! | `refresh_limit.rs` | a tenant's limit on refresh tokens, out of a refusal |
//! | `platform_error.rs` | Microsoft's additions to an OAuth error |
//!
//! Left out on purpose: implicit and password grants, which the platform advises against.

pub mod admin_consent;
pub mod authorization_request;
pub mod certificate;
pub mod claims;
pub mod client_authentication;
pub mod device_authorization;
pub mod device_poll;
pub mod discovery;
pub mod error_text;
pub mod graph;
mod json;
pub mod pkce;
pub mod platform_error;
pub mod redirect_response;
pub mod refresh_limit;
pub mod token_answer;
pub mod token_request;
