//! Graph and Exchange Online from one sign-in: a token of each, got and renewed one after the other.

use std::time::Duration;

use chrono::TimeDelta;
use tokengauge::app::{Edit, GrantStep, NewConnection, Shown, Wanted};
use tokengauge::domain::need::RenewalPlan;
use tokengauge::domain::{
    Audience, Certainty, Lack, Lacking, Lifetime, Need, NextStep, Overview, Proof, ScopeSet,
    SecretCredential, Trouble, TroubleKind, WayIn, WhoActs,
};
use tokengauge::runtime::exchange::{NewSecret, begin_device_sign_in, exchange, poll_device, prove_secret};
use tokengauge::simulator::browser::{self, Answer};

use crate::desk::{ADA, Desk, OPS, Platform, SECRET, secret, text};

const BOTH: &str = "User.Read Mail.ReadWrite https://outlook.office.com/IMAP.AccessAsUser.All";

/// The first refresh request is the one for Exchange.
fn second_request(answer: &str) -> String {
    format!("[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\nnth = 1\n{answer}")
}

fn desk(platform: &Platform) -> Desk {
    Desk::with(platform.authority(), |new| new.settings.scopes = ScopeSet::parse_lenient(BOTH))
}

async fn signed_in(more: &str) -> (Platform, Desk, Overview) {
    let platform = Platform::with(more);
    let desk = desk(&platform);
    let overview = desk.sign_in(&platform, OPS).await.unwrap();
    (platform, desk, overview)
}

/// What of the platform's own opinion the tokens of the record are for.
fn audiences(platform: &Platform, desk: &Desk) -> Vec<(String, String)> {
    let simulator = platform.simulator();
    let aud = |token: &str| simulator.verify_access_token(token).unwrap().aud;
    let tokens = desk.tokens();
    tokens.access.iter().map(|own| (own.audience.as_str().to_owned(), aud(&text(&own.token)))).collect()
}

fn one_of_each() -> Vec<(String, String)> {
    [("graph", "https://graph.microsoft.com"), ("exchange", "https://outlook.office.com")]
        .map(|(audience, aud)| (audience.to_owned(), aud.to_owned()))
        .into()
}

/// Moves the life of one token so that it is over.
fn lapse(desk: &Desk, audience: &Audience) {
    desk.change(|connection| {
        let access = &mut connection.tokens.as_mut().unwrap().access;
        let mut own = access.get(audience).unwrap().clone();
        let begun = own.lifetime.starts_at - TimeDelta::hours(2);
        own.lifetime = Lifetime::from_seconds(begun, 3600, Certainty::Known);
        access.put(own);
    });
}

fn due(overview: &Overview, desk: &Desk) -> Vec<Audience> {
    overview.audiences_due(desk.services.clock.now())
}

#[tokio::test]
async fn one_sign_in_brings_a_token_of_each_resource() {
    let (platform, desk, overview) = signed_in("").await;
    assert_eq!(audiences(&platform, &desk), one_of_each());
    assert_eq!((platform.token_requests(), &overview.trouble, overview.refusal()), (2, &None, None));
    let held = desk.tokens();
    let granted = |audience| held.access.get(audience).unwrap().granted_scope.as_ref().unwrap().to_wire();
    assert!(granted(&Audience::Graph).starts_with("User.Read Mail.ReadWrite"));
    assert!(granted(&Audience::Exchange).contains("IMAP.AccessAsUser.All"));
    assert_eq!(desk.overview().permission_states().missing().count(), 0);
    assert_eq!(desk.overview().permission_states().not_in_token().count(), 0);
    assert!(due(&desk.overview(), &desk).is_empty());
}

#[tokio::test]
async fn the_newest_refresh_token_serves_the_next_resource_where_rotation_revokes() {
    let (platform, desk, _) = signed_in("[tokens]\nstrict_rotation = true").await;
    for round in 1..4 {
        let renewed = desk.refresh().await.unwrap();
        assert_eq!((renewed.trouble, platform.token_requests()), (None, 2 + 2 * round));
    }
    assert_eq!(audiences(&platform, &desk), one_of_each());
}

#[tokio::test]
async fn only_what_is_due_is_renewed() {
    let (platform, desk, _) = signed_in("").await;
    let before = desk.tokens();
    lapse(&desk, &Audience::Exchange);
    let overview = desk.overview();
    assert_eq!(due(&overview, &desk), [Audience::Exchange]);
    // The list shows the life that ends first.
    assert!(overview.access_lifetime().unwrap().is_expired_at(desk.services.clock.now()));
    let step = GrantStep::renew_due(&overview, desk.services.clock.now());
    let after = exchange(&desk.services, &desk.id, step).await.unwrap();
    assert_eq!((platform.token_requests(), due(&after, &desk)), (3, Vec::new()));
    let now = desk.tokens();
    assert_eq!(now.access.primary(), before.access.primary());
    assert_ne!(now.access.get(&Audience::Exchange), before.access.get(&Audience::Exchange));
    assert_ne!(now.refresh.unwrap().current, before.refresh.unwrap().current);
}

#[tokio::test]
async fn a_token_that_another_process_renewed_is_not_asked_for_again() {
    let (platform, desk, _) = signed_in("").await;
    lapse(&desk, &Audience::Exchange);
    let seen = desk.overview();
    let step = || GrantStep::renew_due(&seen, desk.services.clock.now());
    let reopened = desk.reopened();
    let (first, second) =
        tokio::join!(exchange(&desk.services, &desk.id, step()), exchange(&reopened, &desk.id, step()));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(platform.token_requests(), 3);
}

#[tokio::test]
async fn missing_consent_for_one_resource_leaves_the_other_alone() {
    let (platform, desk, overview) = signed_in(&second_request("code = 65001")).await;
    let now = desk.services.clock.now();
    let tokens = desk.tokens();
    assert_eq!((tokens.access.count(), overview.trouble.is_none()), (1, true));
    let told = overview.refusal().unwrap();
    assert_eq!(told.kind, TroubleKind::ConsentMissing);
    assert!(told.what_happened.starts_with("Exchange Online: "), "{}", told.what_happened);
    assert_eq!((overview.need(now), overview.next_step(now)), (Need::NeedsYou, NextStep::AskConsent));
    assert!(matches!(overview.renewal_plan(now), RenewalPlan::Due(at) if at > now));
    assert_eq!(overview.permission_states().missing().count(), 1);

    // By itself only the other one renews; a person who asks for all asks for this one too.
    lapse(&desk, &Audience::Graph);
    assert_eq!(due(&desk.overview(), &desk), [Audience::Graph]);
    let renewed =
        exchange(&desk.services, &desk.id, GrantStep::renew_due(&desk.overview(), now)).await.unwrap();
    assert_eq!((platform.token_requests(), renewed.refusal().is_some()), (3, true));
    let after = desk.refresh().await.unwrap();
    assert_eq!((after.refusal(), audiences(&platform, &desk)), (None, one_of_each()));
}

#[tokio::test]
async fn an_outage_at_the_second_request_costs_neither_sign_in_nor_resource() {
    let (platform, desk, overview) = signed_in(&second_request("status = 503")).await;
    assert!(overview.has_signed_in());
    assert_eq!(overview.trouble.unwrap().kind.who_acts(), WhoActs::Nobody);
    assert_eq!(desk.tokens().access.count(), 1);
    assert_eq!(due(&desk.overview(), &desk), [Audience::Exchange]);
    let step = GrantStep::renew_due(&desk.overview(), desk.services.clock.now());
    let after = exchange(&desk.services, &desk.id, step).await.unwrap();
    assert_eq!((after.trouble, audiences(&platform, &desk)), (None, one_of_each()));
}

#[tokio::test]
async fn a_dead_refresh_token_costs_one_request_for_all_resources() {
    let fault = "[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\nnth = 2\ncode = 700082";
    let (platform, desk, _) = signed_in(fault).await;
    let refused = desk.refresh().await.unwrap();
    assert_eq!(refused.trouble.map(|trouble| trouble.kind), Some(TroubleKind::SignInNeeded));
    assert_eq!(platform.token_requests(), 3);
    assert_eq!(desk.tokens().access.count(), 2, "what is held stays");
}

#[tokio::test]
async fn nothing_of_somebody_else_stands_beside_a_new_sign_in() {
    // The second refresh request is the one for Exchange after the second sign-in.
    let fault = "[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\nnth = 2\nstatus = 503";
    let (platform, desk, _) = signed_in(fault).await;
    desk.change(|connection| connection.settings.sign_in_as = Some(crate::desk::mailbox(ADA)));
    desk.sign_in(&platform, ADA).await.unwrap();
    let tokens = desk.tokens();
    assert_eq!((tokens.user.username.as_deref(), tokens.access.count()), (Some(ADA), 1));
    assert_eq!(due(&desk.overview(), &desk), [Audience::Exchange]);
}

#[tokio::test]
async fn a_resource_that_is_not_asked_for_any_more_goes_with_the_next_renewal() {
    let (platform, desk, _) = signed_in("").await;
    desk.change(|connection| connection.settings.scopes = ScopeSet::parse_lenient("User.Read"));
    let renewed_at = desk.overview().renewed_at();
    let seen = [Wanted { audience: Audience::Exchange, seen: renewed_at, troubles_seen: Vec::new() }];
    exchange(&desk.services, &desk.id, GrantStep::Renew(seen.into())).await.unwrap();
    assert_eq!(platform.token_requests(), 2, "nothing is asked for it");
    desk.refresh().await.unwrap();
    assert_eq!((platform.token_requests(), desk.tokens().access.count()), (3, 1));
}

#[tokio::test]
async fn a_resource_asked_for_since_the_sign_in_waits_for_the_next() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    desk.sign_in(&platform, OPS).await.unwrap();
    desk.change(|connection| connection.settings.scopes = ScopeSet::parse_lenient(BOTH));
    assert!(due(&desk.overview(), &desk).is_empty());
    desk.refresh().await.unwrap();
    assert_eq!((platform.token_requests(), desk.tokens().access.count()), (2, 1));
    desk.sign_in(&platform, OPS).await.unwrap();
    assert_eq!(audiences(&platform, &desk), one_of_each());
}

#[tokio::test]
async fn a_device_sign_in_brings_a_token_of_each_resource() {
    let text = include_str!("../../demo/scenarios/device-code.toml");
    let platform = Platform::play(text);
    let desk = Desk::with(platform.authority(), |new| {
        new.settings.scopes = ScopeSet::parse_lenient(BOTH);
        new.settings.way_in = WayIn::DeviceCode;
        new.settings.client_id =
            tokengauge::domain::ClientId::parse(&platform.simulator().scenario().applications[0].client_id)
                .unwrap();
        new.credential = tokengauge::app::CredentialEdit::Public;
    });
    let begun = begin_device_sign_in(&desk.services, &desk.id).await.unwrap();
    let attempt = begun.attempt.as_ref().unwrap().device().unwrap().clone();
    {
        let now = desk.services.clock.now();
        let mut simulator = platform.simulator();
        let (address, code) = (attempt.verification_uri.as_str(), &attempt.user_code);
        browser::enter_code(address, code, OPS, Answer::Accept, |request| simulator.handle(&request, now))
            .unwrap();
    }
    // The record says when to ask: that moment is brought near instead of waited for.
    desk.change(|connection| {
        if let Some(tokengauge::domain::Attempt::Device(own)) = &mut connection.attempt {
            own.poll.next_at -= TimeDelta::from_std(Duration::from_mins(1)).unwrap();
        }
    });
    let after = poll_device(&desk.services, &desk.id, &attempt.user_code).await.unwrap();
    assert_eq!((after.trouble, after.attempt), (None, None));
    assert_eq!(audiences(&platform, &desk), one_of_each());
    assert_eq!(desk.tokens().way_in, WayIn::DeviceCode);
}

#[tokio::test]
async fn a_secret_is_proven_with_a_resource_that_renews() {
    let (_platform, desk, overview) = signed_in("").await;
    let now = desk.services.clock.now();
    desk.change(|connection| {
        let refused = Trouble {
            at: now,
            kind: TroubleKind::ConsentMissing,
            who: WhoActs::TenantAdmin,
            what_happened: "no consent".into(),
            what_to_do: "ask".into(),
            aadsts: Some(65_001),
            trace_id: None,
            correlation_id: None,
        };
        let lacking = Lacking { audience: Audience::Graph, why: Lack::Refused(refused) };
        connection.tokens.as_mut().unwrap().lacking.push(lacking);
    });
    let old = secret("simulated~contoso.of-before");
    let form =
        NewConnection { name: overview.name.clone(), settings: overview.settings.clone(), credential: old };
    let edit = Edit::Form(form, Box::new(Shown::of(&overview)));
    tokengauge::runtime::records::change(&desk.services, &desk.id, &edit).unwrap();
    let before = desk.tokens();
    let value = tokengauge::domain::secret::ClientSecret::new(SECRET);
    let given = NewSecret::Given(SecretCredential { value, ends_on: None, entered_at: now });
    assert_eq!(prove_secret(&desk.services, &desk.id, &given).await.unwrap(), Proof::Proven);
    let after = desk.tokens();
    let token =
        |tokens: &tokengauge::domain::Tokens, audience| tokens.access.get(audience).unwrap().token.clone();
    assert_eq!(token(&after, &Audience::Graph), token(&before, &Audience::Graph));
    assert_ne!(token(&after, &Audience::Exchange), token(&before, &Audience::Exchange));
}
