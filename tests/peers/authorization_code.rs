//! Authorization code by paste, and refresh with rotation.

use super::browser::{Browser, parameter};
use super::client::{Client, NAME, browse};
use super::server::{OPS, PUBLIC_CLIENT, REDIRECT, SECRET, SECRET_CLIENT};

#[test]
fn the_whole_way_works_and_each_refresh_token_is_used_once() {
    let Some(client) = Client::new(&[]) else { return };
    let landed = browse(&client.begin());
    // RFC 9207: this server names itself in the answer, as Microsoft does not.
    assert!(parameter(&landed, "iss").is_some());
    let redeemed = client.redeem(&landed).is(0);
    assert!(redeemed.err.contains(&format!("signed in as {OPS}")), "{}", redeemed.err);

    let mut access = vec![client.run(&["token", NAME]).is(0).out];
    let mut refresh = vec![client.refresh_token()];
    for _ in 0..2 {
        client.run(&["refresh", NAME]).is(0);
        access.push(client.run(&["token", NAME]).is(0).out);
        refresh.push(client.refresh_token());
    }
    for tokens in [&mut access, &mut refresh] {
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), 3);
    }
    assert_eq!(
        client.server.grants(),
        ["authorization_code granted", "refresh_token granted", "refresh_token granted"]
    );
}

#[test]
fn what_was_granted_is_read_from_the_answer() {
    let Some(client) =
        Client::new(&["--scope", "https://graph.microsoft.com/Mail.Read", "--scope", "User.Read"])
    else {
        return;
    };
    let client = client.signed_in();
    client.run(&["refresh", NAME]).is(0);
    let shown = client.shown();
    assert_eq!(shown["access_token"]["audience"], "https://graph.microsoft.com");
    let granted = shown["access_token"]["granted_scope"].to_string();
    assert!(granted.contains("Mail.Read") && granted.contains("User.Read"), "{granted}");
    assert_eq!((shown["mailbox"].as_str(), shown["trouble"].is_null()), (Some(OPS), true));
}

#[test]
fn a_grant_that_was_taken_back_ends_in_sign_in_needed_with_one_request() {
    let Some(client) = Client::new(&[]) else { return };
    let client = client.signed_in();
    // Somebody else uses the token, and again: the server revokes whatever hangs on it.
    let stolen = client.refresh_token();
    for _ in 0..2 {
        let grant = [("grant_type", "refresh_token"), ("refresh_token", &stolen)];
        let own = [("client_id", SECRET_CLIENT), ("client_secret", SECRET)];
        Browser::new().post(&client.server.endpoint("token"), &[own, grant].concat());
    }
    let before = client.server.grants().len();
    client.run(&["refresh", NAME]).is(4);
    assert_eq!(client.server.grants().last().unwrap(), "refresh_token invalid_grant");
    client.run(&["refresh", "--all"]).is(0);
    client.run(&["refresh", "--due"]).is(0);
    client.run(&["token", NAME, "--min-valid", "2h"]).fails(4);
    assert_eq!(client.server.grants().len(), before + 1);
    // The new sign-in mends it.
    client.signed_in().run(&["refresh", NAME]).is(0);
}

#[test]
fn an_answer_lost_after_rotation_is_tried_again_once_and_then_needs_a_sign_in() {
    let Some(client) = Client::new(&[]) else { return };
    let client = client.signed_in();
    client.server.lose_next_answer();
    client.run(&["refresh", NAME]).is(6);
    // What was held is all that is left; this server takes its second use for a theft.
    client.run(&["refresh", NAME]).is(4);
    client.run(&["refresh", "--all"]).is(0);
    let grants = client.server.grants();
    assert_eq!(grants[1..], ["refresh_token granted", "refresh_token invalid_grant"]);
    // The access token from before is given out while it lives.
    client.run(&["token", NAME]).is(0);
    client.signed_in().run(&["refresh", NAME]).is(0);
}

#[test]
fn eight_processes_at_once_never_use_a_refresh_token_twice() {
    let Some(client) = Client::new(&[]) else { return };
    let client = client.signed_in();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| client.run(&["token", NAME, "--min-valid", "2h"]).is(0));
        }
    });
    let grants = client.server.grants();
    assert!(grants[1..].iter().all(|grant| grant == "refresh_token granted"), "{grants:?}");
    client.run(&["refresh", NAME]).is(0);
}

#[test]
fn a_wrong_secret_is_set_up_wrong() {
    let Some(client) = Client::with_secret("peer8Q~oidc-provider.client-secret.wrong", &[]) else { return };
    client.redeem(&browse(&client.begin())).fails(5);
    assert_eq!(client.server.grants(), ["authorization_code invalid_client"]);
}

#[test]
fn a_public_client_needs_no_secret() {
    let Some(client) = Client::unused(&[]) else { return };
    client.add(&["--client-id", PUBLIC_CLIENT, "--redirect-uri", REDIRECT], "").is(0);
    let client = client.signed_in();
    client.run(&["refresh", NAME]).is(0);
    client.run(&["refresh", NAME]).is(0);
    assert_eq!(client.exported()["client_secret"], serde_json::Value::Null);
}

#[test]
fn the_answer_may_stand_in_the_fragment() {
    let Some(client) = Client::new(&["--response-mode", "fragment"]) else { return };
    let landed = browse(&client.begin());
    assert!(landed.contains("#code="), "{landed}");
    client.redeem(&landed).is(0);
}

#[test]
fn the_body_of_a_posted_answer_may_be_pasted() {
    let Some(client) = Client::new(&["--response-mode", "form_post"]) else { return };
    let page = Browser::new().read(&client.begin());
    let (action, pairs) = page.form();
    assert_eq!(action, REDIRECT);
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    client.redeem(&body).is(0);
}

#[test]
fn whoever_declines_is_told_so_and_nothing_is_sent() {
    let Some(client) = Client::new(&[]) else { return };
    let landed = browse(&client.begin().replace("ops%40", "declines%40"));
    assert_eq!(parameter(&landed, "error").as_deref(), Some("access_denied"));
    client.redeem(&landed).fails(4);
    assert!(client.server.grants().is_empty());
}

#[test]
fn nothing_of_a_stranger_is_kept() {
    let Some(client) = Client::new(&[]) else { return };
    let landed = browse(&client.begin().replace("ops%40", "me%40"));
    let refused = client.redeem(&landed).fails(10);
    assert!(refused.err.contains("signed in as me@contoso.example"), "{}", refused.err);
    client.run(&["token", NAME]).fails(4);
}

#[test]
fn a_code_that_was_lost_on_the_way_is_not_sent_twice() {
    let Some(client) = Client::new(&[]) else { return };
    let landed = browse(&client.begin());
    client.redeem(&landed).is(0);
    client.redeem(&landed).fails(4);
    assert_eq!(client.server.grants(), ["authorization_code granted"]);
    client.run(&["refresh", NAME]).is(0);
}

/// RFC 6749 §6: a refresh must not name a scope that was not granted.
#[test]
#[ignore = "a refresh names all the permissions of the settings yet, granted or not"]
fn a_permission_that_was_not_granted_does_not_stop_renewal() {
    let Some(client) = Client::unused(&[]) else { return };
    let own = ["--client-id", SECRET_CLIENT, "--secret-stdin", "--sign-in-as", "partly@contoso.example"];
    client.add(&[&own[..], &["--scope", "Mail.Read", "--scope", "User.Read"]].concat(), SECRET).is(0);
    let client = client.signed_in();
    let granted = client.shown()["access_token"]["granted_scope"].to_string();
    assert_eq!(granted, r#"["Mail.Read"]"#);
    client.run(&["refresh", NAME]).is(0);
}

/// RFC 6749 §6, and what `edit` says: a change of permissions takes effect with the next sign-in.
#[test]
#[ignore = "a refresh names all the permissions of the settings yet, granted or not"]
fn a_permission_that_is_asked_for_later_does_not_stop_renewal() {
    let Some(client) = Client::new(&["--scope", "Mail.Read"]) else { return };
    let client = client.signed_in();
    client.run(&["edit", NAME, "--scope", "Mail.Read", "--scope", "Mail.Send"]).is(0);
    client.run(&["refresh", NAME]).is(0);
    client.signed_in().run(&["refresh", NAME]).is(0);
}
