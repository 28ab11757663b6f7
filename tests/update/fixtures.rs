//! Connections at a fixed moment, and a desk: an application, its keys, and the moment.

use chrono::{DateTime, FixedOffset, TimeDelta, TimeZone, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokengauge::app::{
    Action, Answer, App, AppFacts, Browser, Contents, Delivery, Door, Effect, Environment, Failure, FirstRun,
    LockReason, Message, Panel, Pasted, Phase, RequestId, SignInPanel, Unlocking,
};
use tokengauge::catalogue::clouds::CLOUDS;
use tokengauge::catalogue::permissions::PRESETS;
use tokengauge::domain::app_registration::CredentialFacts;
use tokengauge::domain::hand_over::Fingerprint;
use tokengauge::domain::overview::RefreshFacts;
use tokengauge::domain::secret::{PastedText, RefreshToken};
use tokengauge::domain::{AccessFacts, PerAudience};
use tokengauge::domain::{
    AttemptFacts, Certainty, Claims, ClientId, CodeAttemptFacts, ConnectionId, ConnectionName,
    DeviceAttemptFacts, DevicePoll, Lifetime, Mailbox, Overview, RedirectUri, Renewal, RenewalKind,
    RenewalOutcome, ResponseMode, Settings, SignedInUser, Tenant, TokenFacts, Trouble, TroubleKind, WayIn,
};
use tokengauge::keymap::Keymap;

pub const CLIENT: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
pub const REDIRECT: &str = "http://localhost:8400/";
/// The address that the browser ends on after a good sign-in with `northwind`.
pub const GOOD: &str = "http://localhost:8400/?code=0.AXkA-good-code&state=state-of-northwind";

pub fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 11, 13, 20, 0).unwrap()
}

pub fn seconds(count: i64) -> TimeDelta {
    TimeDelta::seconds(count)
}

pub fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

pub fn days(count: i64) -> TimeDelta {
    TimeDelta::days(count)
}

pub fn id(name: &str) -> ConnectionId {
    ConnectionId::parse(&name.replace(|c: char| !c.is_ascii_alphanumeric(), "0")).unwrap()
}

pub fn secret(left: Option<TimeDelta>) -> CredentialFacts {
    let lifetime = |left| Lifetime {
        starts_at: start() - days(100),
        expires_at: start() + left,
        certainty: Certainty::Known,
    };
    CredentialFacts::Secret { characters: 40, lifetime: left.map(lifetime), entered_at: start() - days(100) }
}

/// Set up, nobody has signed in.
pub fn unsigned(name: &str) -> Overview {
    Overview {
        id: id(name),
        name: ConnectionName::parse(name).unwrap(),
        generation: 1,
        settings: Settings {
            client_id: ClientId::parse(CLIENT).unwrap(),
            authority: CLOUDS[0].authority(),
            tenant: Tenant::organizations(),
            sign_in_as: Mailbox::parse(&format!("ops@{name}.com")),
            way_in: WayIn::default(),
            redirect_uri: RedirectUri::parse(REDIRECT).unwrap(),
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
    }
}

/// Signed in, an hour of access token left when it was renewed at `renewed_at`.
pub fn renewed(name: &str, renewed_at: DateTime<Utc>) -> Overview {
    let mut overview = unsigned(name);
    renew(&mut overview, renewed_at, RenewalKind::Refresh);
    overview
}

/// What a successful exchange leaves in a record.
pub fn renew(overview: &mut Overview, at: DateTime<Utc>, kind: RenewalKind) {
    overview.generation += 1;
    overview.trouble = None;
    overview.attempt = overview.attempt.take().filter(|_| kind == RenewalKind::Refresh);
    overview.tokens = Some(TokenFacts {
        user: SignedInUser {
            username: overview.settings.sign_in_as.as_ref().map(ToString::to_string),
            ..SignedInUser::default()
        },
        signed_in_at: start() - days(12),
        way_in: WayIn::default(),
        access: PerAudience::new(AccessFacts {
            audience: overview.settings.primary_audience(),
            lifetime: Lifetime::from_seconds(at, 3600, Certainty::Known),
            characters: 2114,
            granted_scope: Some(overview.settings.scopes.clone()),
            claims: Claims::default(),
        }),
        lacking: Vec::new(),
        refresh: Some(RefreshFacts {
            counts_from: tokengauge::domain::CountsFrom::LastUse,
            lifetime: Lifetime::estimated_refresh(at),
            characters: 1388,
            fingerprint: Fingerprint::of(&RefreshToken::new(at.to_string())),
            previous_kept: false,
        }),
    });
    overview.renewals.push(Renewal { at, kind, outcome: RenewalOutcome::Worked });
}

/// What a refused exchange leaves in a record.
pub fn refuse(overview: &mut Overview, at: DateTime<Utc>, kind: TroubleKind) {
    overview.generation += 1;
    overview.trouble = Some(Trouble {
        at,
        kind,
        who: kind.who_acts(),
        what_happened: "the platform said no".into(),
        what_to_do: "do something about it".into(),
        aadsts: None,
        trace_id: None,
        correlation_id: None,
    });
    let line = "the platform said no".to_owned();
    let outcome = match kind {
        TroubleKind::TryLater { .. } => RenewalOutcome::WillRetry(line),
        _ => RenewalOutcome::Failed(line),
    };
    overview.renewals.push(Renewal { at, kind: RenewalKind::Refresh, outcome });
}

/// Renewed ten minutes ago: nothing is due for 40 minutes.
pub fn healthy(name: &str) -> Overview {
    renewed(name, start() - minutes(10))
}

/// So much is left of the access token.
pub fn left(name: &str, left: TimeDelta) -> Overview {
    renewed(name, start() + left - minutes(60))
}

pub fn troubled(name: &str, kind: TroubleKind) -> Overview {
    let mut overview = left(name, -minutes(5));
    refuse(&mut overview, start() - minutes(1), kind);
    overview
}

/// A sign-in was begun at `started_at`.
pub fn begun(mut overview: Overview, started_at: DateTime<Utc>) -> Overview {
    let state = format!("state-of-{}", overview.name);
    let address = format!(
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize?client_id={CLIENT}\
         &response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2F&state={state}"
    );
    overview.generation += 1;
    overview.attempt = Some(AttemptFacts::Code(CodeAttemptFacts {
        state,
        redirect_uri: overview.settings.redirect_uri.clone(),
        authorization_request: address.parse().unwrap(),
        started_at,
        wrong_pastes: 0,
    }));
    overview
}

/// The code of a device sign-in.
pub const USER_CODE: &str = "F7KQ2XWPN";

/// A device sign-in was begun at `started_at`; the first question is due five seconds later.
pub fn coded(mut overview: Overview, started_at: DateTime<Utc>) -> Overview {
    overview.generation += 1;
    overview.settings.way_in = WayIn::DeviceCode;
    overview.attempt = Some(AttemptFacts::Device(DeviceAttemptFacts {
        user_code: USER_CODE.into(),
        verification_uri: "https://microsoft.com/devicelogin".parse().unwrap(),
        started_at,
        expires_at: started_at + minutes(15),
        poll: DevicePoll::begin(started_at, seconds(5)),
        unanswered: None,
        lost_since: None,
    }));
    overview
}

/// The device sign-in under way, changed as an answer of the token endpoint changes it.
pub fn asked(mut overview: Overview, change: impl FnOnce(&mut DeviceAttemptFacts)) -> Overview {
    if let Some(AttemptFacts::Device(attempt)) = &mut overview.attempt {
        change(attempt);
    }
    overview
}

pub fn with(mut overview: Overview, change: impl FnOnce(&mut Overview)) -> Overview {
    change(&mut overview);
    overview
}

/// One connection in every state that a list can hold.
pub fn every_state() -> Vec<Overview> {
    let retry = TroubleKind::TryLater {
        retry_at: start() + minutes(2),
        attempt: 2,
        wait: tokengauge::domain::Wait::BackOff,
    };
    vec![
        troubled("expired", TroubleKind::SignInNeeded),
        troubled("consent", TroubleKind::ConsentMissing),
        troubled("setup", TroubleKind::SetUpWrong),
        troubled("retrying", retry),
        unsigned("unsigned"),
        begun(unsigned("northwind"), start() - minutes(1)),
        coded(unsigned("coded"), start() - minutes(1)),
        with(healthy("public"), |own| own.credential = CredentialFacts::Public),
        with(healthy("offline"), |own| own.tokens.as_mut().unwrap().refresh = None),
        with(healthy("ending"), |own| own.credential = secret(Some(days(4)))),
        with(healthy("missing"), |own| own.credential = CredentialFacts::Missing),
        healthy("quiet"),
        left("due", minutes(5)),
    ]
}

pub fn environment() -> Environment {
    Environment {
        authorities: CLOUDS.iter().map(tokengauge::catalogue::clouds::Cloud::authority).collect(),
        browser: Browser::Elsewhere,
        themes: vec!["dark".into(), "light".into()],
        utc_offset: FixedOffset::east_opt(3600).unwrap(),
        vault_directory: "/home/ops/vault".into(),
        export_directory: String::new(),
        key_file: "/home/ops/key.txt".into(),
        has_passphrase: true,
    }
}

pub fn contents(connections: Vec<Overview>) -> Contents {
    let apps = connections.first().map(|first| AppFacts {
        client_id: first.settings.client_id,
        authority: first.settings.authority.clone(),
        credential: first.credential.clone(),
        replacement: None,
    });
    Contents { connections, apps: apps.into_iter().collect(), damaged: Vec::new(), open_until: None }
}

pub fn failure() -> Failure {
    Failure::new("the disk is full", "make room, then try again")
}

/// An application in front of which somebody sits.
#[derive(Clone)]
pub struct Desk {
    pub app: App,
    pub now: DateTime<Utc>,
}

impl Desk {
    pub fn at(door: Door) -> Self {
        Self { app: App::new(environment(), door, "dark".into(), start()), now: start() }
    }

    pub fn first_run() -> Self {
        let mut desk = Self::at(Door::FirstRun(FirstRun::new()));
        desk.app.environment.has_passphrase = false;
        desk
    }

    pub fn locked() -> Self {
        Self::at(Door::Locked(Unlocking::new(LockReason::Start)))
    }

    /// An open vault that holds these, the first of them chosen.
    pub fn open(connections: Vec<Overview>) -> Self {
        let mut desk = Self::locked();
        let first = connections.first().map(|first| first.id.clone());
        desk.type_text("correct horse");
        let effects = desk.press("Enter");
        desk.answer(&effects, Answer::Contents(Ok(contents(connections))));
        assert_eq!(desk.app.door, Door::Open);
        if let Some(first) = first {
            desk.app.connections.select(first);
        }
        desk
    }

    pub fn send(&mut self, message: Message) -> Vec<Effect> {
        self.app.update(message, self.now)
    }

    /// The action without asking whether it is on offer.
    pub fn act(&mut self, action: Action) -> Vec<Effect> {
        self.send(Message::Action(action))
    }

    /// A key, as it is bound: what is not on offer does not arrive.
    pub fn press(&mut self, key: &str) -> Vec<Effect> {
        match Keymap::default().translate(&self.app, event(key), self.now) {
            Some(message) => self.send(message),
            None => Vec::new(),
        }
    }

    pub fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            let effects = self.press(&c.to_string());
            assert_eq!(effects, [], "typing {c:?} is not an act");
        }
    }

    pub fn paste(&mut self, text: &str) -> Vec<Effect> {
        self.send(Message::Paste(Pasted::Whole(PastedText::new(text))))
    }

    pub fn piece(&mut self, text: &str) -> Vec<Effect> {
        self.send(Message::Paste(Pasted::Piece(PastedText::new(text))))
    }

    /// Answers the only effect.
    pub fn answer(&mut self, effects: &[Effect], answer: Answer) -> Vec<Effect> {
        let [effect] = effects else { panic!("one effect expected: {effects:?}") };
        self.send(Message::Answer { request: request(effect), answer })
    }

    pub fn answer_with(&mut self, effects: &[Effect], overview: Overview) -> Vec<Effect> {
        self.answer(effects, Answer::Connection(Ok(Box::new(overview))))
    }

    /// Lets time pass and wakes.
    pub fn after(&mut self, span: TimeDelta) -> Vec<Effect> {
        self.now += span;
        self.send(Message::Wake)
    }

    pub fn own(&self, name: &str) -> Overview {
        self.app.connections.get(&id(name)).unwrap().clone()
    }

    pub fn chosen(&self) -> &str {
        self.app.chosen().map_or("", |own| own.name.as_str())
    }

    pub fn sign_in(&self) -> &SignInPanel {
        match &self.app.panel {
            Some(Panel::SignIn(panel)) => panel,
            other => panic!("no sign-in: {other:?}"),
        }
    }

    /// The first line of the status, empty without one.
    pub fn said(&self) -> &str {
        self.app.notice.as_ref().map_or("", |notice| &notice.what_happened)
    }

    pub fn failed_with(&self) -> &str {
        match &self.sign_in().phase {
            Phase::Failed(failure) => &failure.what_happened,
            other => panic!("not failed: {other:?}"),
        }
    }
}

pub fn sent(characters: usize) -> Answer {
    Answer::Delivered(Ok(Delivery::SentToTerminal { characters }))
}

pub fn exchanges(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Exchange { .. })).count()
}

/// Whom an effect is to answer.
pub fn request(effect: &Effect) -> RequestId {
    match effect {
        Effect::OpenVault { request, .. }
        | Effect::CreateVault { request, .. }
        | Effect::LoadVault { request }
        | Effect::ReadActivity { request }
        | Effect::Create { request, .. }
        | Effect::Change { request, .. }
        | Effect::Remove { request, .. }
        | Effect::BeginAttempt { request, .. }
        | Effect::BeginDeviceSignIn { request, .. }
        | Effect::PollDevice { request, .. }
        | Effect::BeginAdminConsent { request, .. }
        | Effect::Listen { request, .. }
        | Effect::Exchange { request, .. }
        | Effect::ProveSecret { request, .. }
        | Effect::EndReplacement { request, .. }
        | Effect::Deliver { request, .. }
        | Effect::SendText { request, .. }
        | Effect::Reveal { request, .. }
        | Effect::Probe { request, .. }
        | Effect::PreviewExport { request, .. }
        | Effect::Export { request, .. }
        | Effect::Warn { request, .. }
        | Effect::SignInWithSimulatedBrowser { request, .. } => *request,
        Effect::Ring { .. } | Effect::Cancel(_) | Effect::LockVault | Effect::Quit(_) => {
            panic!("nobody answers a farewell")
        }
    }
}

/// The key event behind a key's notation.
pub fn event(key: &str) -> KeyEvent {
    let code = match key {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Shift-Tab" => KeyCode::BackTab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Space" => KeyCode::Char(' '),
        "Backspace" => KeyCode::Backspace,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        _ if key.starts_with("Ctrl-") => {
            let c = key.chars().last().unwrap().to_ascii_lowercase();
            return KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        }
        _ => KeyCode::Char(key.chars().next().unwrap()),
    };
    KeyEvent::from(code)
}
