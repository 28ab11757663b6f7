//! oauth.
pub mod platform_error;
pub mod redirect_response;
