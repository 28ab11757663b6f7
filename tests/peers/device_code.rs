//! Device authorization (RFC 8628).

use tokengauge::domain::WayIn;
use tokengauge::domain::secret::ClientSecret;
use tokengauge::oauth::client_authentication::ClientAuthentication;
use tokengauge::oauth::device_authorization::{self, DeviceAuthorization, USUAL_INTERVAL};
use tokengauge::oauth::device_poll::{self, DeviceEnd, PollAnswer};
use tokengauge::oauth::token_answer::{HttpAnswer, TokenAnswer};
use tokengauge::oauth::token_request;

use super::browser::Browser;
use super::server::{PUBLIC_CLIENT, SECRET, SECRET_CLIENT, Server};
use super::wire::{answer, settings};

fn begin(server: &Server, client_id: &str) -> HttpAnswer {
    begin_as(server, client_id, &ClientAuthentication::Public)
}

fn begin_as(server: &Server, client_id: &str, client: &ClientAuthentication) -> HttpAnswer {
    let settings = settings(server, client_id, WayIn::DeviceCode);
    answer(&device_authorization::request(&settings, client))
}

fn poll(
    server: &Server,
    client_id: &str,
    client: &ClientAuthentication,
    begun: &DeviceAuthorization,
) -> PollAnswer {
    let settings = settings(server, client_id, WayIn::DeviceCode);
    device_poll::read(&answer(&token_request::poll(&settings, client, &begun.device_code)))
}

fn poll_as_public(server: &Server, begun: &DeviceAuthorization) -> PollAnswer {
    poll(server, PUBLIC_CLIENT, &ClientAuthentication::Public, begun)
}

#[test]
fn a_device_sign_in_is_pending_until_the_person_accepts() {
    let Some(server) = Server::start(&[]) else { return };
    let begun = device_authorization::read(&begin(&server, PUBLIC_CLIENT)).unwrap();
    // RFC 8628 §3.2: this server tells no interval.
    assert_eq!(begun.interval, USUAL_INTERVAL);
    assert_eq!(poll_as_public(&server, &begun), PollAnswer::Pending);
    Browser::new().approve_device(begun.verification_uri.as_str(), &begun.user_code);
    let PollAnswer::Answered(TokenAnswer::Granted(tokens)) = poll_as_public(&server, &begun) else {
        panic!("tokens were to come")
    };
    assert!(tokens.refresh_token.is_some() && tokens.id_token.is_some());
    // The code is spent.
    assert!(matches!(
        poll_as_public(&server, &begun),
        PollAnswer::Answered(TokenAnswer::Unusable { .. }) | PollAnswer::Ended(..)
    ));
}

#[test]
fn the_interval_of_the_server_counts() {
    let Some(server) = Server::start(&["--interval", "7"]) else { return };
    let begun = device_authorization::read(&begin(&server, PUBLIC_CLIENT)).unwrap();
    assert_eq!(begun.interval.num_seconds(), 7);
}

#[test]
fn a_device_sign_in_that_was_declined_is_over() {
    let Some(server) = Server::start(&[]) else { return };
    let begun = device_authorization::read(&begin(&server, PUBLIC_CLIENT)).unwrap();
    Browser::new().decline_device(begun.verification_uri.as_str(), &begun.user_code);
    assert!(matches!(poll_as_public(&server, &begun), PollAnswer::Ended(DeviceEnd::Declined, _)));
}

#[test]
fn a_confidential_client_proves_itself_at_the_device_endpoint_too() {
    let Some(server) = Server::start(&[]) else { return };
    let client = ClientAuthentication::Secret(ClientSecret::new(SECRET));
    assert_eq!(begin(&server, SECRET_CLIENT).status, 401, "without its secret it is nobody");
    let begun = device_authorization::read(&begin_as(&server, SECRET_CLIENT, &client)).unwrap();
    assert_eq!(poll(&server, SECRET_CLIENT, &client, &begun), PollAnswer::Pending);
}
