//! State and `update`: one value holds all that the screen can show, one function changes it.
//!
//! `App::update(message, now)` does no I/O and reads no clock; what it wants done it returns as effects. This file
//! holds the state and dispatches; each file beside it holds one part of the state with its rules, and `update/`
//! what an action, a paste or an answer does to them.

pub mod action;
pub mod activity;
mod arrangement;
pub mod connections;
pub mod consent;
pub mod consent_message;
pub mod copies;
pub mod device_sign_in;
pub mod door;
pub mod effect;
pub mod export;
pub mod field;
pub mod hand_over;
pub mod input_pane;
pub mod listening;
pub mod message;
pub mod notice;
mod offer;
pub mod permissions;
pub mod presets;
pub mod probe;
pub mod secret_replacement;
pub mod shell_words;
pub mod sign_in;
pub mod sign_in_queue;
pub mod warnings;
pub mod words;

mod update;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset, Utc};

use crate::domain::secret::RevealedValue;
use crate::domain::warning::WarningRules;
use crate::domain::{Authority, ConnectionId, ConnectionValue, HandOver, Overview, Schedule};

pub use action::{Action, Context};
pub use activity::Activity;
pub use connections::{Connections, Sort};
pub use consent::{ConsentPanel, ConsentPhase};
pub use device_sign_in::{DevicePhase, DevicePolls, DeviceSignInPanel};
pub use door::{Door, FirstChoice, FirstRun, FirstStep, LockReason, Locked, Parting, Unlocking};
pub use effect::{
    CredentialEdit, Edit, Effect, GrantStep, Leave, NewConnection, NewVault, Parcel, Shown, Wanted, Way,
};
pub use export::{ExportFocus, ExportPanel, ExportPhase, ExportQuestion};
pub use field::{Field, Secrecy};
pub use hand_over::{HandOverPanel, HandOverPhase, HandOverRow};
pub use input_pane::{Check, FieldId, FieldView, InputPane, Purpose};
pub use listening::{GoFate, ListenerFacts, Listening, TunnelFacts, TunnelLine};
pub use message::{
    Answer, AppFacts, Contents, DamagedFile, Delivery, DoorFailure, Failure, FailureKind, Message, Pasted,
    ReplacementFacts, RequestId, SaveNews,
};
pub use notice::{Notice, Tone};
pub use offer::replacing;
pub use permissions::PermissionsTab;
pub use presets::PresetPanel;
pub use probe::{ProbeNews, ProbePanel, Probes, Probing};
pub use secret_replacement::{
    AskedIn, ProofNews, ReplacementEnd, SecretField, SecretForm, SecretPanel, SecretPhase, SecretToProve,
};
pub use sign_in::{Phase, SignInPanel};
pub use sign_in_queue::{QueueStep, SignInQueue};
pub use warnings::{Banner, Warned, Warnings};

/// All that the screen can show.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// What the program was told about where it runs.
    pub environment: Environment,
    /// How the person and the vault stand to each other.
    pub door: Door,
    /// Whether the person wanted to leave from the door, although something is in memory only.
    pub parting: Parting,
    /// The tab in front.
    pub tab: Tab,
    /// The panel over it, if one is open.
    pub panel: Option<Panel>,
    /// The one-line field being typed into, if any.
    pub line: Option<Line>,
    /// Tab 1.
    pub connections: Connections,
    /// Tab 2.
    pub permissions: PermissionsTab,
    /// Tab 3.
    pub tokens: TokensTab,
    /// Tab 4.
    pub activity: Activity,
    /// What Graph answered last.
    pub probes: Probes,
    /// Those that need a person, while they are worked through.
    sign_in_queue: Option<SignInQueue>,
    /// What somebody is warned of.
    pub warnings: Warnings,
    /// The status line.
    pub notice: Option<Notice>,
    /// Name of the theme in use.
    pub theme: String,
    /// Panels that come back when the one over them is closed.
    covered: Vec<Panel>,
    /// Token requests under way, one per connection at most.
    in_flight: BTreeMap<ConnectionId, RequestId>,
    /// Those whose request under way asks for a device code.
    asking_for_code: BTreeSet<ConnectionId>,
    /// Device sign-ins that are asked about.
    device_polls: DevicePolls,
    /// Connections whose last request left them as due as before: not tried again at once.
    held_back: BTreeMap<ConnectionId, HeldBack>,
    /// Who renews when, and the pauses that servers asked for.
    schedule: Schedule,
    /// Those whose turn is to be looked at again, besides those whose record has changed.
    unplanned: BTreeSet<ConnectionId>,
    /// The connection whose values are being handed over.
    handing_over: Option<ConnectionId>,
    /// The reading of the records under way.
    reading: Reading,
    /// The listener that was started last, as long as it may run.
    listener: Option<RequestId>,
    /// When a key was pressed last.
    touched_at: DateTime<Utc>,
    /// When the key is to be given back; `None` for one that lies beside the program.
    open_until: Option<DateTime<Utc>>,
    /// Of which end the person was told.
    end_told: Option<DateTime<Utc>>,
    /// The number of the next request.
    next_request: u64,
    /// Whether anybody looks.
    attendance: Attendance,
}

/// Whether a person looks at the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attendance {
    Attended,
    Unattended,
}

/// A renewal that is due and not tried before a moment, since the last try changed nothing in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HeldBack {
    until: DateTime<Utc>,
    /// Tries in a row.
    tries: u32,
    /// How many of the last of them found the record held by another program.
    contentions: u32,
}

/// How the reading of the records stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// None is under way.
    Idle,
    /// One is under way.
    UnderWay(RequestId),
    /// One is under way, and records have changed since it began: one more follows.
    Outdated(RequestId),
}

/// What the program was told about where it runs; only a vault made on the first run changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// Clouds to choose from in the form.
    pub authorities: Vec<Authority>,
    /// Which browser can be reached from here.
    pub browser: Browser,
    /// Names of the themes, in the order in which the key steps through them.
    pub themes: Vec<String>,
    /// The offset of local time.
    pub utc_offset: FixedOffset,
    /// The vault's directory, printable.
    pub vault_directory: String,
    /// The directory that is offered for a file to export into, as it is typed; empty for the current one.
    pub export_directory: String,
    /// A path to offer for a new key file.
    pub key_file: String,
    /// True if a passphrase opens the vault.
    pub has_passphrase: bool,
}

/// Which browser can be reached from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    /// None: the person's own, on their own computer.
    Elsewhere,
    /// One on this machine can be started.
    Here,
    /// The demo: tenant and browser are simulated.
    Simulated,
}

/// The tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// All connections.
    Connections,
    /// Permissions of the chosen one.
    Permissions,
    /// Tokens of the chosen one.
    Tokens,
    /// What happened.
    Activity,
}

impl Tab {
    /// In the order of the screen.
    pub const ALL: [Self; 4] = [Self::Connections, Self::Permissions, Self::Tokens, Self::Activity];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Connections => "Connections",
            Self::Permissions => "Permissions",
            Self::Tokens => "Tokens",
            Self::Activity => "Activity",
        }
    }
}

/// What lies over the tab; one at a time.
#[derive(Debug, Clone, PartialEq)]
pub enum Panel {
    /// All keys; so many rows scrolled.
    Help(usize),
    /// The form.
    Input(Box<InputPane>),
    /// A sign-in.
    SignIn(SignInPanel),
    /// A request for admin consent.
    Consent(ConsentPanel),
    /// A sign-in by device code.
    DeviceSignIn(DeviceSignInPanel),
    /// Handing over.
    HandOver(HandOverPanel),
    /// A client secret is replaced.
    Secret(Box<SecretPanel>),
    /// A preset is chosen.
    Presets(PresetPanel),
    /// What Graph answers.
    Probe(ProbePanel),
    /// An export.
    Export(Box<ExportPanel>),
    /// A question.
    Question(Question),
    /// A page without frame that holds only this text; it covers the panel that it was asked for in.
    Plain(String),
}

/// A question that is answered before something is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Type the name to remove the connection.
    Remove {
        /// Which.
        connection: ConnectionId,
        /// What is being typed.
        field: Field,
        /// The removal under way.
        removing: Option<RequestId>,
    },
    /// Send a long-lived secret to the clipboard?
    Copy {
        /// Whose.
        connection: ConnectionId,
        /// Which.
        value: ConnectionValue,
    },
    /// Renew so many connections?
    RenewAll(Vec<ConnectionId>),
    /// Go on with a record that was put back from a backup?
    AcceptRestored(ConnectionId),
    /// Give up the sign-in under way?
    Abandon(Box<SignInPanel>),
    /// Give up the device sign-in under way?
    AbandonDevice(Box<DeviceSignInPanel>),
    /// Sign in by device code from now on?
    DeviceCode(Box<SignInPanel>),
    /// Throw away what was typed into the form?
    DiscardForm(Box<InputPane>),
    /// Leave, although something is in memory only?
    LeaveUnsaved,
    /// Make a registration without a secret?
    PublicClient(Box<InputPane>),
    /// Drop the tokens, which belong to the registration of before?
    DropTokens(Box<InputPane>),
}

/// A one-line field of the tab in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// The filter of the connections.
    ConnectionFilter,
    /// The filter of the activity.
    ActivityFilter,
    /// A scope to be added.
    Scope,
    /// What is searched for among the permissions.
    PermissionSearch,
}

/// The Tokens tab.
#[derive(Debug, Clone, PartialEq)]
pub struct TokensTab {
    /// The chosen value.
    pub value: ConnectionValue,
    /// The value that is shown for ten seconds.
    pub reveal: Option<Reveal>,
    /// The sending under way.
    pub errand: Option<RequestId>,
    /// What is remembered when it is sent: whose, and what.
    pub copying: Option<(ConnectionId, HandOver)>,
    /// The revealing under way, and of which value.
    pub revealing: Option<(RequestId, ConnectionValue)>,
}

impl TokensTab {
    /// Masks what is shown; what is still on its way is not shown any more.
    pub fn mask(&mut self) {
        self.reveal = None;
        self.revealing = None;
    }
}

/// A value that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Reveal {
    /// Which.
    pub value: ConnectionValue,
    /// Its text.
    pub text: RevealedValue,
    /// When it is masked again.
    pub until: DateTime<Utc>,
}

impl App {
    /// The program before anything happened. `door` tells whether there is a vault.
    pub fn new(environment: Environment, door: Door, theme: String, now: DateTime<Utc>) -> Self {
        Self {
            environment,
            door,
            parting: Parting::default(),
            tab: Tab::Connections,
            panel: None,
            line: None,
            connections: Connections::default(),
            permissions: PermissionsTab::default(),
            tokens: TokensTab {
                value: ConnectionValue::ClientId,
                reveal: None,
                errand: None,
                copying: None,
                revealing: None,
            },
            activity: Activity::default(),
            probes: Probes::default(),
            sign_in_queue: None,
            warnings: Warnings::new(WarningRules::none(), Banner::Off, now),
            notice: None,
            theme,
            covered: Vec::new(),
            in_flight: BTreeMap::new(),
            asking_for_code: BTreeSet::new(),
            device_polls: DevicePolls::default(),
            held_back: BTreeMap::new(),
            schedule: Schedule::default(),
            unplanned: BTreeSet::new(),
            handing_over: None,
            reading: Reading::Idle,
            listener: None,
            touched_at: now,
            open_until: None,
            end_told: None,
            next_request: 1,
            attendance: Attendance::Attended,
        }
    }

    /// Without a screen: nothing is counted down, told or locked for the eyes of a person, and sign-ins are left to whoever
    /// began them.
    #[must_use]
    pub fn unattended(self) -> Self {
        Self { attendance: Attendance::Unattended, ..self }
    }

    fn is_attended(&self) -> bool {
        self.attendance == Attendance::Attended
    }

    /// The connection whose token request this is.
    pub fn asked_for(&self, request: RequestId) -> Option<&Overview> {
        let (id, _) = self.in_flight.iter().find(|(_, own)| **own == request)?;
        self.connections.get(id)
    }

    /// Where a key pressed now would go.
    pub fn context(&self) -> Context {
        match (&self.door, &self.panel) {
            (Door::FirstRun(_), _) => Context::FirstRun,
            (Door::Locked(_) | Door::Opening(_) | Door::Closed(_), _) => Context::Door,
            (Door::Open, Some(panel)) => panel.context(),
            (Door::Open, None) if self.line.is_some() => Context::Line,
            (Door::Open, None) => match self.tab {
                Tab::Connections => Context::Connections,
                Tab::Permissions => Context::Permissions,
                Tab::Tokens => Context::Tokens,
                Tab::Activity => Context::Activity,
            },
        }
    }

    /// True if a focused field takes keys as text.
    pub fn is_typing(&self) -> bool {
        match (&self.door, &self.panel) {
            (Door::FirstRun(first), _) => !matches!(first.step, FirstStep::Choosing | FirstStep::Making(_)),
            (Door::Locked(_), _) => true,
            (Door::Opening(_) | Door::Closed(_), _) => false,
            (Door::Open, Some(Panel::Input(pane))) => pane.is_typing(),
            (Door::Open, Some(Panel::SignIn(panel))) => panel.paste.focused,
            (Door::Open, Some(Panel::Consent(panel))) => panel.paste.focused,
            (Door::Open, Some(Panel::Export(panel))) => panel.is_typing(),
            (Door::Open, Some(Panel::Secret(panel))) => panel.is_typing(),
            (Door::Open, Some(Panel::Question(Question::Remove { .. }))) => true,
            (Door::Open, Some(_)) => false,
            (Door::Open, None) => self.line.is_some(),
        }
    }

    /// The connection that the tab in front is about.
    pub fn chosen(&self) -> Option<&Overview> {
        self.connections.selected()
    }

    /// True while a token request for this connection is under way that is to bring tokens: a question about a device
    /// sign-in is none.
    pub fn is_renewing(&self, connection: &ConnectionId) -> bool {
        self.is_busy(connection)
            && !self.device_polls.is_asking(connection)
            && !self.asking_for_code.contains(connection)
    }

    /// When the vault locks itself, because the hours of its key are over.
    pub fn open_until(&self) -> Option<DateTime<Utc>> {
        self.open_until
    }

    /// True if a secret stands in a form that was not saved: nowhere else may it be had again.
    pub fn holds_unsaved_secret(&self) -> bool {
        self.panel.iter().chain(&self.covered).any(|panel| match panel {
            Panel::Input(pane) => pane.holds_secret(),
            Panel::Secret(panel) => panel.holds_secret(),
            Panel::Question(
                Question::DiscardForm(pane) | Question::PublicClient(pane) | Question::DropTokens(pane),
            ) => pane.holds_secret(),
            _ => false,
        })
    }

    /// When each device sign-in is asked about, and what that brought.
    pub fn device_polls(&self) -> &DevicePolls {
        &self.device_polls
    }

    fn is_busy(&self, connection: &ConnectionId) -> bool {
        self.in_flight.contains_key(connection)
    }

    /// The page without frame, if it is shown.
    pub fn plain_page(&self) -> Option<&str> {
        match (&self.door, &self.panel) {
            (Door::Open, Some(Panel::Plain(text))) => Some(text),
            _ => None,
        }
    }
}

impl Panel {
    fn context(&self) -> Context {
        match self {
            Self::Help(_) => Context::Help,
            Self::Input(_) => Context::InputPane,
            Self::SignIn(panel) if panel.other_ways => Context::OtherWays,
            Self::SignIn(_) => Context::SignIn,
            Self::DeviceSignIn(_) => Context::DeviceSignIn,
            Self::HandOver(_) => Context::HandOver,
            Self::Secret(_) => Context::SecretReplacement,
            Self::Presets(_) => Context::Presets,
            Self::Probe(_) => Context::Probe,
            Self::Export(_) => Context::Export,
            Self::Question(_) => Context::Question,
            Self::Consent(_) => Context::Consent,
            Self::Plain(_) => Context::PlainPage,
        }
    }
}
