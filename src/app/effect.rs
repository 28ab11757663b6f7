//! What the application asks the outside world to do. Plain data; the executor performs it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::hand_over::FormValue;
use crate::domain::secret::{AuthorizationCode, ClientSecret, Passphrase};
use crate::domain::{
    Audience, Capture, ClientId, Connection, ConnectionId, ConnectionName, ConnectionValue, HandOver,
    Lacking, Overview, Scope, ScopeSet, Settings, Trouble, Unsaved, WayIn,
};

use super::RequestId;
use super::export::ExportOrder;
use super::secret_replacement::{ReplacementEnd, SecretToProve};

/// A wish of the application. Secrets in it were typed or pasted a moment ago; none comes from the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open the vault with what is at hand (key file, keyring, …), or with a passphrase.
    OpenVault {
        /// Whom to answer.
        request: RequestId,
        /// What the person typed; `None` tries the other sources.
        passphrase: Option<Passphrase>,
    },
    /// Make a vault.
    CreateVault {
        /// Whom to answer.
        request: RequestId,
        /// How it is to be unlocked.
        protection: NewVault,
    },
    /// Read all records again.
    LoadVault {
        /// Whom to answer.
        request: RequestId,
    },
    /// Read the newest of what all programs noted beside the vault.
    ReadActivity {
        /// Whom to answer.
        request: RequestId,
    },
    /// Make a connection.
    Create {
        /// Whom to answer.
        request: RequestId,
        /// What the form said.
        new: Box<NewConnection>,
    },
    /// Change a record, merged under its lock.
    Change {
        /// Whom to answer.
        request: RequestId,
        /// Which record.
        connection: ConnectionId,
        /// How.
        edit: Box<Edit>,
    },
    /// Remove a record.
    Remove {
        /// Whom to answer.
        request: RequestId,
        /// Which record.
        connection: ConnectionId,
    },
    /// Begin a sign-in: draw state and verifier, keep them in the record.
    BeginAttempt {
        /// Whom to answer.
        request: RequestId,
        /// Which record.
        connection: ConnectionId,
        /// How the browser's answer is to come back: what is listened for needs a port.
        capture: Capture,
    },
    /// Make the address at which an administrator consents, and keep it in the record.
    BeginAdminConsent {
        /// Whom to answer.
        request: RequestId,
        /// Which record.
        connection: ConnectionId,
    },
    /// Listen on this machine's loopback for the answer to the open sign-in.
    Listen {
        /// Whom to answer, each time there is something to tell.
        request: RequestId,
        /// Whose sign-in.
        connection: ConnectionId,
        /// Whether a browser here answers, or one at the other end of a tunnel.
        capture: Capture,
    },
    /// Close the listener that was started for this request. Nobody is answered.
    Cancel(RequestId),
    /// Ask the platform for a device code and keep it in the record: the way in from then on.
    BeginDeviceSignIn {
        /// Whom to answer.
        request: RequestId,
        /// Which record.
        connection: ConnectionId,
    },
    /// Ask once whether the person has entered the code (RFC 8628 §3.4): one transaction under the lock.
    PollDevice {
        /// Whom to answer.
        request: RequestId,
        /// Which record.
        connection: ConnectionId,
        /// The code of the sign-in that is meant: another one is left alone.
        user_code: String,
    },
    /// Spend a grant at the token endpoint: one transaction under the lock.
    Exchange {
        /// Whom to answer.
        request: RequestId,
        /// Which record.
        connection: ConnectionId,
        /// Which grant.
        step: GrantStep,
    },
    /// Renew with a new client secret, to see whether the platform takes it: one transaction under the lock.
    ProveSecret {
        /// Whom to answer.
        request: RequestId,
        /// Which record.
        connection: ConnectionId,
        /// Which secret.
        secret: SecretToProve,
    },
    /// End the replacement of a client secret, one way or the other.
    EndReplacement {
        /// Whom to answer.
        request: RequestId,
        /// Of which app registration.
        client_id: ClientId,
        /// Which way.
        end: ReplacementEnd,
        /// For whom the new secret was proven: only that one may take the old one's place.
        proven: BTreeSet<ConnectionId>,
    },
    /// Send something to the person.
    Deliver {
        /// Whom to answer.
        request: RequestId,
        /// Whose.
        connection: ConnectionId,
        /// What.
        parcel: Parcel,
        /// How.
        way: Way,
    },
    /// Send a text that is no secret to the clipboard.
    SendText {
        /// Whom to answer.
        request: RequestId,
        /// The text.
        text: String,
    },
    /// Read one value from the vault to show it.
    Reveal {
        /// Whom to answer.
        request: RequestId,
        /// Whose.
        connection: ConnectionId,
        /// Which.
        value: ConnectionValue,
    },
    /// Ask Graph what a connection's token opens, renewed first if that is due. Answered several times.
    Probe {
        /// Whom to answer.
        request: RequestId,
        /// Whose token.
        connection: ConnectionId,
    },
    /// Make the text of an export and mask its secrets.
    PreviewExport {
        /// Whom to answer.
        request: RequestId,
        /// Whose values.
        connection: ConnectionId,
        /// In which form, and for which file.
        order: Box<ExportOrder>,
    },
    /// Export values and remember it.
    Export {
        /// Whom to answer.
        request: RequestId,
        /// Whose values.
        connection: ConnectionId,
        /// In which form, and where to.
        order: Box<ExportOrder>,
    },
    /// Let the simulated browser sign in (demo only).
    SignInWithSimulatedBrowser {
        /// Whom to answer.
        request: RequestId,
        /// Whose.
        connection: ConnectionId,
    },
    /// Tell what stands to be warned of, as far as it has not been told: to the hook, the activity and the terminal.
    Warn {
        /// Whom to answer.
        request: RequestId,
        /// What fails is told at this moment at the earliest.
        failing_from: DateTime<Utc>,
        /// What is in memory only: no record tells of it.
        unsaved: Vec<(ConnectionId, Unsaved)>,
    },
    /// Let the terminal ring, and show this on the desktop, as far as it is to. Nobody is answered.
    Ring {
        /// In one line; behind a locked screen without names.
        text: String,
    },
    /// Give the key back: the vault itself is locked, and nothing renews. Nobody is answered.
    LockVault,
    /// Leave the program.
    Quit(Leave),
}

/// How a new vault is to be unlocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewVault {
    /// By a passphrase.
    Passphrase(Passphrase),
    /// By a key file to be made at this path.
    KeyFile(String),
}

/// How the program is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Back to the shell.
    Quit,
    /// On to the demo.
    Demo,
}

/// Which grant is spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantStep {
    /// The code that the browser brought (RFC 6749 §4.1.3).
    Redeem {
        /// The code.
        code: AuthorizationCode,
        /// The `state` of the sign-in that it belongs to: it is not sent for another one.
        state: String,
    },
    /// Whatever the connection renews with: its refresh token (RFC 6749 §6), or the client's own right (§4.4). One request
    /// for each of these, in their order, until one meets what stands in the way of all.
    Renew(Vec<Wanted>),
}

/// An access token that is to be renewed, or got for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// For which resource.
    pub audience: Audience,
    /// The one that whoever asks knows, by the moment of its renewal: a newer one in the record is taken instead.
    pub seen: Option<DateTime<Utc>>,
    /// The troubles that whoever asks knows, of the connection and of this resource, by the moments at which they arose:
    /// one that another process has met since is taken instead.
    pub troubles_seen: Vec<DateTime<Utc>>,
}

impl GrantStep {
    /// Renews all that `overview` shows: the wish of a person.
    pub fn renew(overview: &Overview) -> Self {
        Self::renew_these(overview, overview.audiences_to_renew())
    }

    /// Renews what is due by now, and nothing else; asks for the first token of all.
    pub fn renew_due(overview: &Overview, now: DateTime<Utc>) -> Self {
        match overview.audiences_due(now) {
            due if due.is_empty() && overview.tokens.is_none() => Self::renew(overview),
            due => Self::renew_these(overview, due),
        }
    }

    /// Renews the tokens of these resources.
    pub fn renew_these(overview: &Overview, audiences: impl IntoIterator<Item = Audience>) -> Self {
        let tokens = overview.tokens.as_ref();
        let seen = |audience: &Audience| Some(tokens?.access.get(audience)?.lifetime.starts_at);
        let troubles_seen = |audience: &Audience| {
            let lacking = overview.lacks().filter(|own| own.audience == *audience);
            let troubles = overview.trouble.iter().chain(lacking.filter_map(Lacking::refusal));
            troubles.map(|trouble| trouble.at).collect()
        };
        let wanted = audiences.into_iter().map(|audience| Wanted {
            seen: seen(&audience),
            troubles_seen: troubles_seen(&audience),
            audience,
        });
        Self::Renew(wanted.collect())
    }
}

/// A change of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The form was saved; what it showed unchanged is left as others may have made it meanwhile.
    Form(NewConnection, Box<Shown>),
    /// Another way in was chosen, from now on.
    WayIn(WayIn),
    /// A permission more is asked for.
    AddScope(Scope),
    /// A permission less is asked for.
    RemoveScope(Scope),
    /// Just these permissions are asked for: a preset.
    SetScopes(ScopeSet),
    /// A paste was refused and counts.
    WrongPaste {
        /// The `state` of the sign-in that it was meant for: against another one it does not count.
        state: String,
    },
    /// The authorization endpoint refused: the sign-in is over.
    AttemptRefused {
        /// The `state` of that sign-in: one that was begun since goes on.
        state: String,
        /// Why.
        trouble: Trouble,
    },
    /// The sign-in under way is given up.
    AbandonAttempt {
        /// Which, by [`crate::domain::Attempt::mark`]: another one goes on.
        mark: String,
    },
    /// An administrator has consented, as the answer says.
    AdminConsentGiven {
        /// The tenant as the answer names it; printable.
        tenant: Option<String>,
    },
    /// The administrator's page refused: the request is over.
    AdminConsentRefused,
    /// The values were handed over.
    HandedOver(HandOver),
    /// What was handed over to this keeper is not held any more.
    ForgetHandOver(HandOver),
    /// The record, which was put back from a backup, is the newest one from now on.
    AcceptRestored,
}

/// What the form says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConnection {
    /// Its name.
    pub name: ConnectionName,
    /// Its settings.
    pub settings: Settings,
    /// What becomes of the app registration's credential.
    pub credential: CredentialEdit,
}

/// What a form showed before anything was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The name.
    pub name: ConnectionName,
    /// The settings.
    pub settings: Settings,
}

impl Shown {
    /// Of a connection as it was read.
    pub fn of(overview: &Overview) -> Self {
        Self { name: overview.name.clone(), settings: overview.settings.clone() }
    }
}

impl NewConnection {
    /// The form, with what it showed unchanged as it is `now`.
    #[must_use]
    pub fn merged(&self, shown: &Shown, now: &Connection) -> Self {
        let keeps_name = self.name == shown.name;
        Self {
            name: if keeps_name { &now.name } else { &self.name }.clone(),
            settings: self.settings.merged(&shown.settings, &now.settings),
            credential: self.credential.clone(),
        }
    }
}

/// What becomes of a client credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialEdit {
    /// As it is.
    Keep,
    /// No secret is sent.
    Public,
    /// A secret, with the end that the person read in the portal.
    Secret {
        /// Its value.
        value: ClientSecret,
        /// Its last date.
        ends_on: Option<NaiveDate>,
    },
    /// The secret stays, its end date changes.
    EndsOn(Option<NaiveDate>),
    /// A certificate with its private key, read from files.
    CertificateFiles {
        /// The certificate, PEM.
        certificate: PathBuf,
        /// Its key, PEM; `None` where it stands in the same file.
        key: Option<PathBuf>,
    },
    /// The person's own word: the secret or certificate goes, and the client is a public one.
    Remove,
}

/// What is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parcel {
    /// The address of the open sign-in: that of the authorization request, or where a device code is entered.
    AuthorizationRequest,
    /// The message to an administrator.
    AdminConsentMessage,
    /// One of the connection values.
    Value(ConnectionValue),
    /// One of the values of the set that was renewed at this moment, and of no other.
    ValueOfSet(FormValue, DateTime<Utc>),
}

/// How it is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the terminal's clipboard (OSC 52, or tmux).
    Clipboard,
    /// Into a new file, 0600.
    File,
    /// Into a browser on this machine.
    Browser,
}
