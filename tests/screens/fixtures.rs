//! Connections and applications in every state, at a fixed moment.

use chrono::{DateTime, FixedOffset, TimeDelta, TimeZone, Utc};
use tokengauge::app::{
    App, AppFacts, Browser, Contents, DamagedFile, Door, Environment, Failure, GoFate, ListenerFacts,
    Listening, RequestId, SignInPanel, Tab, TunnelFacts,
};
use tokengauge::catalogue::clouds::CLOUDS;
use tokengauge::catalogue::permissions::PRESETS;
use tokengauge::domain::app_registration::{CredentialFacts, Thumbprint};
use tokengauge::domain::hand_over::Fingerprint;
use tokengauge::domain::overview::RefreshFacts;
use tokengauge::domain::secret::RefreshToken;
use tokengauge::domain::{AccessFacts, Audience, PerAudience};
use tokengauge::domain::{
    AdminConsent, AdminConsentRequest, AttemptFacts, Authority, Capture, Certainty, Claims, ClientId,
    CodeAttemptFacts, ConnectionId, ConnectionName, Consumer, Destination, DeviceAttemptFacts, DevicePoll,
    HandOver, HandedOver, Lifetime, Mailbox, Overview, RedirectUri, Renewal, RenewalKind, RenewalOutcome,
    ResponseMode, Scope, ScopeSet, Settings, SignedInUser, Tenant, TokenFacts, Trouble, TroubleKind, WayIn,
};

/// Wednesday, 11 March 2026, 14:20 on the person's wall.
pub fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 11, 13, 20, 0).unwrap()
}

pub fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

pub fn days(count: i64) -> TimeDelta {
    TimeDelta::days(count)
}

fn global() -> Authority {
    CLOUDS[0].authority()
}

fn fingerprint(name: &str) -> Fingerprint {
    Fingerprint::of(&RefreshToken::new(name))
}

/// A connection under construction: healthy until it is told otherwise.
pub struct Make(Overview);

impl Make {
    /// Signed in twelve days ago, renewed eighteen minutes ago, secret good for 200 days.
    pub fn healthy(name: &str, mailbox: &str) -> Self {
        let made = Self::unsigned(name, mailbox);
        made.signed_in(mailbox)
            .access_left(minutes(41) + TimeDelta::seconds(7))
            .refresh_left(days(89), Certainty::Estimated)
    }

    /// Set up, nobody has signed in.
    pub fn unsigned(name: &str, mailbox: &str) -> Self {
        Self(Overview {
            id: ConnectionId::parse(&name.replace(|c: char| !c.is_ascii_alphanumeric(), "0")).unwrap(),
            name: ConnectionName::parse(name).unwrap(),
            generation: 7,
            settings: Settings {
                client_id: ClientId::parse("5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44").unwrap(),
                authority: global(),
                tenant: Tenant::organizations(),
                sign_in_as: Mailbox::parse(mailbox),
                way_in: WayIn::default(),
                redirect_uri: RedirectUri::parse(RedirectUri::DEFAULT).unwrap(),
                response_mode: ResponseMode::Query,
                renewal: tokengauge::domain::RenewalRule::default(),
                scopes: PRESETS[0].scope_set(),
            },
            credential: secret(Some(days(200))),
            tokens: None,
            trouble: None,
            attempt: None,
            admin_consent: None,
            renewals: Vec::new(),
            hand_overs: Vec::new(),
            unsaved: None,
        })
    }

    fn signed_in(mut self, mailbox: &str) -> Self {
        let tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
        self.0.tokens = Some(TokenFacts {
            user: SignedInUser {
                username: Some(mailbox.to_owned()),
                name: Some("Integration".into()),
                oid: Some("oid".into()),
                tid: Some(tenant.into()),
            },
            signed_in_at: now() - days(12),
            way_in: WayIn::default(),
            access: PerAudience::new(AccessFacts {
                audience: Audience::Graph,
                lifetime: Lifetime::from_seconds(now() - minutes(28), 4200, Certainty::Known),
                characters: 2114,
                granted_scope: Some(PRESETS[0].scope_set()),
                claims: Claims {
                    aud: Some("https://graph.microsoft.com".into()),
                    tid: Some(tenant.into()),
                    upn: Some(mailbox.to_owned()),
                    app: Some("Exchange connector".into()),
                    scp: Some(ScopeSet::parse_lenient(
                        "Calendars.ReadWrite Contacts.ReadWrite Mail.ReadWrite Mail.Send User.Read",
                    )),
                    roles: None,
                },
            }),
            lacking: Vec::new(),
            refresh: Some(RefreshFacts {
                counts_from: tokengauge::domain::CountsFrom::LastUse,
                lifetime: Lifetime::estimated_refresh(now() - days(1)),
                characters: 1388,
                fingerprint: fingerprint("newest"),
                previous_kept: false,
            }),
        });
        let worked = (1..=24).rev().map(|hour| Renewal {
            at: now() - TimeDelta::hours(hour) + minutes(32),
            kind: if hour == 24 { RenewalKind::SignIn } else { RenewalKind::Refresh },
            outcome: if hour == 11 {
                RenewalOutcome::WillRetry("the platform asks to slow down (429)".into())
            } else {
                RenewalOutcome::Worked
            },
        });
        self.0.renewals = worked.collect();
        self.0.hand_overs = vec![handed_over(now() - TimeDelta::hours(5), "newest")];
        self
    }

    pub fn access_left(mut self, left: TimeDelta) -> Self {
        let tokens = self.0.tokens.as_mut().unwrap();
        tokens.access.primary_mut().lifetime =
            Lifetime::from_seconds(now() + left - minutes(70), 4200, Certainty::Known);
        self
    }

    pub fn refresh_left(mut self, left: TimeDelta, certainty: Certainty) -> Self {
        let refresh = self.0.tokens.as_mut().unwrap().refresh.as_mut().unwrap();
        let starts_at = (now() + left - days(90)).min(now() - minutes(1));
        refresh.lifetime = Lifetime { starts_at, expires_at: now() + left, certainty };
        self
    }

    pub fn without_refresh(mut self) -> Self {
        self.0.tokens.as_mut().unwrap().refresh = None;
        self
    }

    pub fn secret_left(mut self, left: Option<TimeDelta>) -> Self {
        self.0.credential = secret(left);
        self
    }

    pub fn credential(mut self, facts: CredentialFacts) -> Self {
        self.0.credential = facts;
        self
    }

    /// A client that acts for itself with a certificate, and the roles in its token.
    pub fn app_only(mut self, roles: &str) -> Self {
        let own = &mut self.0;
        own.settings.way_in = WayIn::ClientCredentials;
        own.settings.tenant = Tenant::parse("contoso.com").unwrap();
        own.settings.sign_in_as = None;
        own.settings.scopes = ScopeSet::parse_lenient("https://graph.microsoft.com/.default");
        own.hand_overs.clear();
        own.credential = certificate(days(65));
        let tokens = own.tokens.as_mut().unwrap();
        tokens.user = SignedInUser::default();
        tokens.refresh = None;
        let access = tokens.access.primary_mut();
        access.granted_scope = None;
        access.claims.upn = None;
        access.claims.app = Some("Contoso Journal".into());
        access.claims.scp = None;
        access.claims.roles = Some(ScopeSet::parse_lenient(roles));
        for renewal in &mut own.renewals {
            renewal.kind = RenewalKind::ClientCredentials;
        }
        self
    }

    pub fn granted(mut self, scopes: &str) -> Self {
        let access = &mut self.0.tokens.as_mut().unwrap().access;
        access.primary_mut().granted_scope = Some(ScopeSet::parse_lenient(scopes));
        self
    }

    pub fn asking(mut self, scope: &str) -> Self {
        self.0.settings.scopes.insert(Scope::parse(scope).unwrap());
        self
    }

    pub fn stale_hand_over(mut self) -> Self {
        self.0.hand_overs = vec![handed_over(now() - days(20), "an older one")];
        self
    }

    pub fn trouble(mut self, kind: TroubleKind, lines: (&str, &str), aadsts: u32) -> Self {
        self.0.trouble = Some(Trouble {
            at: now() - minutes(17),
            kind,
            who: kind.who_acts(),
            what_happened: lines.0.to_owned(),
            what_to_do: lines.1.to_owned(),
            aadsts: Some(aadsts),
            trace_id: Some("3b1f0c1e-8a4d-4f0e-9d57-6a2b3c4d5e00".into()),
            correlation_id: Some("7e6d5c4b-3a29-4180-9f0e-1d2c3b4a5968".into()),
        });
        let outcome = match kind {
            TroubleKind::TryLater { .. } => RenewalOutcome::WillRetry(lines.0.to_owned()),
            _ => RenewalOutcome::Failed(lines.0.to_owned()),
        };
        self.0.renewals.push(Renewal { at: now() - minutes(17), kind: RenewalKind::Refresh, outcome });
        self
    }

    pub fn attempt(mut self, wrong_pastes: u8) -> Self {
        let url = format!(
            "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize?client_id={}&response_type=code\
             &redirect_uri=http%3A%2F%2Flocalhost%3A8400%2F&response_mode=query&scope={}&state=sTaTe{}",
            self.0.settings.client_id,
            "Mail.Send%20offline_access",
            "x".repeat(200)
        );
        self.0.attempt = Some(AttemptFacts::Code(CodeAttemptFacts {
            state: "sTaTe".into(),
            redirect_uri: self.0.settings.redirect_uri.clone(),
            authorization_request: url.parse().unwrap(),
            started_at: now() - TimeDelta::seconds(48),
            wrong_pastes,
        }));
        self
    }

    pub fn through(mut self, capture: Capture) -> Self {
        self.0.settings.way_in = WayIn::AuthorizationCode(capture);
        self
    }

    /// A device code was got 48 seconds ago.
    pub fn coded(mut self) -> Self {
        let started_at = code_began();
        self.0.settings.way_in = WayIn::DeviceCode;
        self.0.attempt = Some(AttemptFacts::Device(DeviceAttemptFacts {
            user_code: "F7KQ2XWPN".into(),
            verification_uri: "https://microsoft.com/devicelogin".parse().unwrap(),
            started_at,
            expires_at: started_at + TimeDelta::minutes(15),
            poll: DevicePoll { interval: TimeDelta::seconds(5), next_at: now() + TimeDelta::seconds(3) },
            unanswered: None,
            lost_since: None,
        }));
        self
    }

    /// The last question stayed without an answer.
    pub fn silent(mut self, why: &str) -> Self {
        if let Some(AttemptFacts::Device(attempt)) = &mut self.0.attempt {
            attempt.unanswered = Some(why.into());
            attempt.poll.interval = TimeDelta::seconds(20);
            attempt.poll.next_at = now() + TimeDelta::seconds(17);
        }
        self
    }

    /// Another code, to be entered elsewhere.
    pub fn code(mut self, user_code: &str, verification_uri: &str) -> Self {
        if let Some(AttemptFacts::Device(attempt)) = &mut self.0.attempt {
            attempt.user_code = user_code.into();
            attempt.verification_uri = verification_uri.parse().unwrap();
        }
        self
    }

    pub fn redirect(mut self, uri: &str) -> Self {
        self.0.settings.redirect_uri = RedirectUri::parse(uri).unwrap();
        self
    }

    pub fn done(self) -> Overview {
        self.0
    }
}

pub fn certificate(left: TimeDelta) -> CredentialFacts {
    CredentialFacts::Certificate {
        thumbprint: Thumbprint([0x5a; 32]),
        subject: "CN=connector.contoso.com".into(),
        lifetime: Lifetime {
            starts_at: now() - days(300),
            expires_at: now() + left,
            certainty: Certainty::Known,
        },
    }
}

pub fn secret(left: Option<TimeDelta>) -> CredentialFacts {
    CredentialFacts::Secret {
        characters: 40,
        lifetime: left.map(|left| Lifetime {
            starts_at: now() - days(165),
            expires_at: now() + left,
            certainty: Certainty::Known,
        }),
        entered_at: now() - days(165),
    }
}

const EXPIRED: (&str, &str) = (
    "the refresh token expired unused (AADSTS700082)",
    "sign in again: press a. Who acts: ops@northwind.com",
);
const CONSENT: (&str, &str) = (
    "the tenant has not consented to Calendars.ReadWrite (AADSTS65001)",
    "ask an administrator to grant consent, then sign in again: press a",
);
const BUSY: (&str, &str) =
    ("the platform asks to slow down (429)", "nothing to do: it is tried again by itself");

/// One connection in each state.
pub fn every_state() -> Vec<Overview> {
    let retry = TroubleKind::TryLater {
        retry_at: now() + minutes(2),
        attempt: 2,
        wait: tokengauge::domain::Wait::BackOff,
    };
    vec![
        Make::healthy("northwind", "ops@northwind.com")
            .access_left(-days(2))
            .refresh_left(-days(2), Certainty::Learned)
            .trouble(TroubleKind::SignInNeeded, EXPIRED, 700_082)
            .stale_hand_over()
            .done(),
        Make::unsigned("litware", "int@litware.com")
            .trouble(TroubleKind::ConsentMissing, CONSENT, 65_001)
            .done(),
        Make::unsigned("margies-travel", "mail@margies.example").attempt(0).done(),
        Make::unsigned("proseware", "svc@proseware.com").credential(CredentialFacts::Public).done(),
        Make::healthy("contoso-prod", "ops@contoso.com")
            .secret_left(Some(days(4)))
            .refresh_left(days(83), Certainty::Estimated)
            .done(),
        Make::healthy("fabrikam", "int@fabrikam.com")
            .access_left(minutes(3) + TimeDelta::seconds(12))
            .refresh_left(days(12), Certainty::Learned)
            .secret_left(Some(days(540)))
            .done(),
        Make::healthy("tailspin", "ops@tailspin.example").trouble(retry, BUSY, 90_055).done(),
        Make::healthy("wingtip", "toys@wingtip.example").without_refresh().done(),
        Make::healthy("adatum", "ops@adatum.com")
            .access_left(minutes(58))
            .secret_left(Some(days(540)))
            .done(),
        Make::healthy("alpine", "ski@alpine.example").secret_left(None).stale_hand_over().done(),
        Make::healthy("fourthcoffee", "orders@fourthcoffee.example")
            .credential(CredentialFacts::Public)
            .refresh_left(days(40), Certainty::Known)
            .done(),
        Make::healthy("woodgrove", "bank@woodgrove.example").secret_left(Some(days(45))).done(),
    ]
}

/// The same, with quiet ones up to forty.
pub fn forty() -> Vec<Overview> {
    let mut all = every_state();
    for number in 0..28 {
        let made = Make::healthy(&format!("tenant-{number:02}"), &format!("svc@tenant{number:02}.example"));
        all.push(made.access_left(minutes(20 + number)).secret_left(Some(days(100 + 13 * number))).done());
    }
    all
}

pub fn environment() -> Environment {
    Environment {
        authorities: CLOUDS.iter().map(tokengauge::catalogue::clouds::Cloud::authority).collect(),
        browser: Browser::Elsewhere,
        themes: vec!["dark".into(), "light".into()],
        utc_offset: FixedOffset::east_opt(3600).unwrap(),
        vault_directory: "/home/ops/.local/share/tokengauge".into(),
        export_directory: String::new(),
        key_file: "/home/ops/.config/tokengauge/key".into(),
        has_passphrase: true,
    }
}

pub fn with(door: Door) -> App {
    App::new(environment(), door, "dark".into(), now())
}

/// An open vault with these connections.
pub fn app(connections: Vec<Overview>) -> App {
    let mut app = with(Door::Open);
    let apps = connections.first().map(|first| AppFacts {
        client_id: first.settings.client_id,
        authority: first.settings.authority.clone(),
        credential: secret(Some(days(200))),
        replacement: None,
    });
    let contents =
        Contents { connections, apps: apps.into_iter().collect(), damaged: Vec::new(), open_until: None };
    app.activity.recall(&contents.connections);
    app.connections.load(contents, now());
    app
}

/// The twelve, with this one chosen and this tab in front.
pub fn on(tab: Tab, name: &str) -> App {
    let mut app = app(every_state());
    app.tab = tab;
    choose(&mut app, name);
    app
}

pub fn choose(app: &mut App, name: &str) {
    let id = app.connections.all().iter().find(|own| own.name.as_str() == name).unwrap().id.clone();
    app.connections.select(id);
}

/// The id of the connection of that name.
pub fn id_of(app: &App, name: &str) -> ConnectionId {
    app.connections.all().iter().find(|own| own.name.as_str() == name).unwrap().id.clone()
}

/// A list that holds nothing but this connection.
pub fn only(overview: Overview, tab: Tab) -> App {
    let mut app = app(vec![overview]);
    app.tab = tab;
    app
}

pub fn damaged() -> DamagedFile {
    DamagedFile {
        file: "connections/9f3a.age".into(),
        failure: Failure::new(
            "the record ends in the middle",
            "bring it back from a backup, or remove the file",
        ),
    }
}

pub fn waiting_panel(overview: &Overview) -> SignInPanel {
    SignInPanel::waiting(overview.id.clone()).through(overview.settings.way_in.capture().unwrap())
}

/// A listener that waits, with what a tunnel needs where there is one.
pub fn listening(tunnel: Option<GoFate>) -> Listening {
    let tunnel =
        tunnel.map(|fate| TunnelFacts { ssh_target: "ops@jump01".into(), code: "kd7m2xqp".into(), fate });
    Listening::On(RequestId(3), ListenerFacts { port: 8400, tunnel })
}

/// When the device code of [`Make::coded`] was got.
pub fn code_began() -> DateTime<Utc> {
    now() - TimeDelta::seconds(48)
}

/// An administrator was asked two hours ago.
pub fn consent_asked(mut overview: Overview) -> Overview {
    let address = format!(
        "https://login.microsoftonline.com/organizations/v2.0/adminconsent?client_id={}&scope={}&state=sTaTe",
        overview.settings.client_id, "https%3A%2F%2Fgraph.microsoft.com%2FMail.Send"
    );
    overview.admin_consent = Some(AdminConsent::Asked(AdminConsentRequest {
        state: "sTaTe".into(),
        redirect_uri: overview.settings.redirect_uri.clone(),
        address: address.parse().unwrap(),
        asked_at: now() - TimeDelta::hours(2),
    }));
    overview
}

/// To App Connect, by the clipboard.
pub fn handed_over(at: DateTime<Utc>, refresh_token: &str) -> HandOver {
    HandOver {
        at,
        what: HandedOver::Form(Consumer::AppConnect),
        destination: Destination::Clipboard,
        set: Some(at - minutes(10)),
        refresh_token: Some(fingerprint(refresh_token)),
        client_secret: None,
    }
}
