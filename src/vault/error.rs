//! What can go wrong with the vault, each in two lines: what happened, what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Everything the vault can answer instead of what was asked. Holds paths, names and process ids, never a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no vault here.
    #[error("there is no vault in {}", .0.display())]
    Absent(PathBuf),
    /// A vault is here already.
    #[error("there is a vault in {} already", .0.display())]
    VaultExists(PathBuf),
    /// A file that would have to be written over.
    #[error("{} exists and is not written over", .0.display())]
    FileExists(PathBuf),
    /// Another connection has the name, perhaps in other case.
    #[error("there is a connection named {0} already")]
    ConnectionExists(String),
    /// No connection has the name or id.
    #[error("there is no connection named {0}")]
    NoSuchConnection(String),
    /// Something else than a directory stands where the vault should be.
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// A pipe, a device, a directory or a socket stands where a file should be.
    #[error("{} is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// The directory of the vault cannot be made where it was asked for.
    #[error("cannot make {}: {reason}", path.display())]
    NoPlace {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        reason: Reason,
    },
    /// The file system knows no locks.
    #[error("{} cannot be locked: {reason}", path.display())]
    NoLocks {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        reason: Reason,
    },
    /// It was locked while this program had it open: ordered, or its hours were over.
    #[error("the vault in {} was locked meanwhile", .0.display())]
    Closed(PathBuf),
    /// The vault has been given another key since it was opened.
    #[error("the vault's key was changed")]
    KeyChanged(PathBuf),
    /// The vault is being given another key, and only the former one opens all records.
    #[error("the key of the vault in {} is being changed, and not all records are sealed anew", .0.display())]
    KeyChangeUnfinished(PathBuf),
    /// Opened with a key of recovery, which is not the vault's own.
    #[error("a key of recovery opened the vault, which cannot be handed on")]
    RecoveryKey(PathBuf),
    /// The vault has a passphrase, and was to be given a key file alone.
    #[error("the vault in {} has a passphrase", .0.display())]
    HasPassphrase(PathBuf),
    /// What should be a public key is none.
    #[error("{0}")]
    BadRecipient(#[from] RecipientFault),
    /// The public key opens the vault already, or another has the name.
    #[error("{0} is a recipient already")]
    RecipientExists(String),
    /// No recipient has the name or key.
    #[error("no recipient is named {0}")]
    NoSuchRecipient(String),
    /// Others may read or write what only the owner should.
    #[error("{} may be read or changed by others (mode {mode:03o})", path.display())]
    UnsafePermissions {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The permission bits that are right.
        wanted: u32,
    },
    /// It belongs to another user.
    #[error("{} belongs to another user (uid {uid})", path.display())]
    ForeignOwner {
        /// The file or directory.
        path: PathBuf,
        /// Who owns it.
        uid: u32,
    },
    /// A symbolic link in a place where anybody could have put it.
    #[error("{} is a symbolic link in a directory that others may write to", .0.display())]
    UntrustedLink(PathBuf),
    /// A key-file-only vault, and no key was given.
    #[error("the vault in {} is locked, and no key was given", .0.display())]
    NoKey(PathBuf),
    /// A passphrase was given for a vault that has none.
    #[error("the vault in {} has no passphrase, only a key file", .0.display())]
    NoPassphrase(PathBuf),
    /// The passphrase opens nothing.
    #[error("the passphrase does not open the vault")]
    WrongPassphrase,
    /// The key is a key, but of another vault.
    #[error("the key does not open the vault in {}", .0.display())]
    WrongKey(PathBuf),
    /// A key or passphrase file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    KeyUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: Reason,
    },
    /// A key or passphrase file holds something else.
    #[error("{} {fault}", path.display())]
    KeyUnusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, as the rest of a sentence.
        fault: &'static str,
    },
    /// The system refused a file operation.
    #[error("cannot {doing} {}: {reason}", path.display())]
    Io {
        /// The operation, as a verb.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        reason: Reason,
    },
    /// The kernel's keyring refused.
    #[error("the kernel keyring refused to {doing} the key: {reason}")]
    Keyring {
        /// The operation, as a verb.
        doing: &'static str,
        /// What the kernel said.
        reason: String,
    },
    /// A record that cannot be opened or understood.
    #[error("{} is damaged: {fault}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it; names fields, never values.
        fault: String,
    },
    /// A record that a later version of this program has written.
    #[error("{} was written by a newer tokengauge", .0.display())]
    Newer(PathBuf),
    /// Another process holds the lock.
    #[error("{what} is in use{}", holder(*.pid))]
    Busy {
        /// What is held.
        what: String,
        /// The process that holds it, where it could be told.
        pid: Option<u32>,
    },
    /// Another process renews everything in this vault.
    #[error("watch runs already over {}{}", dir.display(), as_process(*.pid))]
    Watched {
        /// The vault.
        dir: PathBuf,
        /// The process that does, where it could be told.
        pid: Option<u32>,
    },
    /// A record is older than what was seen here.
    #[error(
        "the record of {name} is older (generation {generation}) than what was seen here ({seen}): restored from a backup?"
    )]
    Restored {
        /// The connection.
        name: String,
        /// What is there now.
        generation: u64,
        /// What was seen.
        seen: u64,
    },
    /// What came for a connection is newer than its record, and could not be saved so far.
    #[error("{name}: an answer that could not be saved waits in {}", path.display())]
    Unsaved {
        /// The connection.
        name: String,
        /// The sealed copy.
        path: PathBuf,
    },
    /// A sealed copy of what could not be saved would open with no key any more.
    #[error("an answer that could not be saved waits in {}, sealed for this key", .0.display())]
    UnsavedUnderThisKey(PathBuf),
    /// What was to be saved is not what was read under this lock.
    #[error("{0} was changed since it was read")]
    Outdated(String),
}

/// The sort of a [`VaultError`]; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// No usable key was given.
    Locked,
    /// The key or passphrase is not this vault's.
    WrongKey,
    /// Others may read or change the vault or a key file.
    UnsafePermissions,
    /// Local input and output.
    Io,
    /// A damaged record or vault.
    Damaged,
    /// Another process is at work.
    Busy,
    /// It exists already.
    Exists,
    /// It does not exist.
    NotFound,
    /// It was asked for in a way that makes no sense.
    Usage,
    /// Refused for safety.
    Refused,
}

impl ErrorKind {
    /// The exit code of a command that ends with it.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Exists | Self::NotFound | Self::Usage => 2,
            Self::Locked | Self::WrongKey | Self::UnsafePermissions => 3,
            Self::Io => 7,
            Self::Damaged => 8,
            Self::Busy => 9,
            Self::Refused => 10,
        }
    }
}

impl VaultError {
    pub(super) fn io(doing: &'static str, path: &Path, error: &io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), reason: error.into() }
    }

    pub(super) fn damaged(file: &Path, fault: impl fmt::Display) -> Self {
        Self::Damaged { file: file.to_owned(), fault: fault.to_string() }
    }

    /// The sort of error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoKey(_)
            | Self::NoPassphrase(_)
            | Self::Closed(_)
            | Self::RecoveryKey(_)
            | Self::KeyChangeUnfinished(_)
            | Self::KeyUnreadable { .. }
            | Self::KeyUnusable { .. } => ErrorKind::Locked,
            Self::WrongPassphrase | Self::WrongKey(_) | Self::KeyChanged(_) => ErrorKind::WrongKey,
            Self::UnsafePermissions { .. } | Self::ForeignOwner { .. } | Self::UntrustedLink(_) => {
                ErrorKind::UnsafePermissions
            }
            Self::Io { .. } | Self::Keyring { .. } | Self::NotAFile(_) | Self::Unsaved { .. } => {
                ErrorKind::Io
            }
            Self::Damaged { .. } | Self::Newer(_) => ErrorKind::Damaged,
            Self::Busy { .. }
            | Self::Watched { .. }
            | Self::Outdated(_)
            | Self::NoLocks { .. }
            | Self::UnsavedUnderThisKey(_) => ErrorKind::Busy,
            Self::VaultExists(_)
            | Self::FileExists(_)
            | Self::ConnectionExists(_)
            | Self::RecipientExists(_) => ErrorKind::Exists,
            Self::Absent(_) | Self::NoSuchConnection(_) | Self::NoSuchRecipient(_) => ErrorKind::NotFound,
            Self::BadRecipient(RecipientFault::SecretKey) | Self::Restored { .. } => ErrorKind::Refused,
            Self::NotADirectory(_)
            | Self::NoPlace { .. }
            | Self::HasPassphrase(_)
            | Self::BadRecipient(_) => ErrorKind::Usage,
        }
    }

    /// First line: what happened.
    pub fn what_happened(&self) -> String {
        self.to_string()
    }

    /// The first line with the cause in front: on a narrow screen a path takes all the room behind it.
    pub fn cause_first(&self) -> String {
        match self {
            Self::Io { doing, path, reason } => format!("{reason}: cannot {doing} {}", path.display()),
            other => other.to_string(),
        }
    }

    /// What to do where the same is tried again by itself.
    pub fn what_to_mend(&self) -> String {
        match self {
            Self::Io { reason, .. } => reason.what_to_mend().into(),
            other => other.what_to_do(),
        }
    }

    /// Second line: what to do.
    pub fn what_to_do(&self) -> String {
        match self {
            Self::Absent(_) => "make one with: tokengauge vault init".into(),
            Self::VaultExists(_) => "open it, or name another directory with --vault".into(),
            Self::FileExists(_) => "name a file that does not exist yet".into(),
            Self::ConnectionExists(_) => "choose another name; case makes no difference".into(),
            Self::NoSuchConnection(_) => "see the names with: tokengauge list".into(),
            Self::NotADirectory(_) => "name another directory with --vault".into(),
            Self::NotAFile(_) => "see who put it there, and put the file back from a backup".into(),
            Self::NoPlace { .. } => {
                "name a directory that is yours with --vault, or mend HOME and XDG_DATA_HOME".into()
            }
            Self::NoLocks { .. } => {
                "some network file systems (NFS) have no locks: name a directory on a local disk with --vault"
                    .into()
            }
            Self::KeyChanged(_) => "open it again, with the passphrase or the new key file".into(),
            Self::KeyChangeUnfinished(_) => "open it once with the key that opened it before".into(),
            Self::RecoveryKey(_) => "make a key of its own first: tokengauge vault passphrase".into(),
            Self::HasPassphrase(_) => {
                "leave --new-key-file out; write a key file afterwards: tokengauge vault key-file FILE".into()
            }
            Self::BadRecipient(fault) => fault.what_to_do().into(),
            Self::RecipientExists(_) | Self::NoSuchRecipient(_) => {
                "see who opens the vault with: tokengauge vault recipient list".into()
            }
            Self::UnsafePermissions { path, wanted, .. } => {
                format!("see who could have read it, then run: chmod {wanted:o} {}", quoted(path))
            }
            Self::ForeignOwner { .. } => "run tokengauge as the user who owns it".into(),
            Self::UntrustedLink(_) => {
                "name the directory itself with --vault, in a place that is yours alone".into()
            }
            Self::Closed(_) => {
                "unlock it with: tokengauge vault unlock; nothing of what was stored is lost".into()
            }
            Self::NoKey(_) => "name the key file with --key-file or TOKENGAUGE_KEY_FILE".into(),
            Self::NoPassphrase(_) => "name its key file with --key-file or TOKENGAUGE_KEY_FILE".into(),
            Self::WrongPassphrase => "type it again; without it only a key file opens the vault".into(),
            Self::WrongKey(_) => "name the key file that was made for this vault".into(),
            Self::KeyUnreadable { .. } | Self::KeyUnusable { .. } => {
                "name another file, or mend this one".into()
            }
            Self::Io { reason, .. } => reason.what_to_do().into(),
            Self::Keyring { .. } => "use a key file, or type the passphrase each time".into(),
            Self::Damaged { .. } => {
                "restore the file from a backup; a connection may also be removed and added again".into()
            }
            Self::Newer(_) => "use that version, or a newer one".into(),
            Self::Busy { .. } => "wait for it to finish, then try again".into(),
            Self::Watched { .. } => "one is enough: leave it, or stop it first".into(),
            Self::Restored { name, .. } => format!(
                "its refresh token may be used up: sign in again, or accept it: tokengauge refresh {name} --accept-restored"
            ),
            Self::Unsaved { .. } => "save it first: make room on the disk, then run: tokengauge list".into(),
            Self::UnsavedUnderThisKey(_) => {
                "save it first: make room on the disk, then run: tokengauge list; remove a copy that is of no use".into()
            }
            Self::Outdated(_) => "nothing was saved; do it again from what is there now".into(),
        }
    }
}

/// What the system said about a failed operation; comparable, unlike [`io::Error`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    kind: io::ErrorKind,
    errno: Option<Errno>,
    text: String,
}

impl Reason {
    /// The sort of failure.
    pub fn kind(&self) -> io::ErrorKind {
        self.kind
    }

    /// The same without another try, where that comes by itself.
    fn what_to_mend(&self) -> &'static str {
        match self.kind {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                "make room on the disk"
            }
            io::ErrorKind::ReadOnlyFilesystem => "make the file system writable",
            io::ErrorKind::PermissionDenied => "see who owns the directory and what its mode allows",
            _ => "see to the disk",
        }
    }

    fn what_to_do(&self) -> &'static str {
        if let Some(Errno::MFILE | Errno::NFILE) = self.errno {
            return "close other programs or allow more open files (ulimit -n), then try again";
        }
        match self.kind {
            io::ErrorKind::OutOfMemory => {
                "close other programs, then try again; what was saved before is untouched"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                "make room on the disk, then try again; what was saved before is untouched"
            }
            io::ErrorKind::ReadOnlyFilesystem => "make the file system writable, then try again",
            io::ErrorKind::PermissionDenied => "see who owns the directory and what its mode allows",
            _ => "see to the disk, then try again; what was saved before is untouched",
        }
    }
}

impl From<&io::Error> for Reason {
    fn from(error: &io::Error) -> Self {
        Self { kind: error.kind(), errno: Errno::from_io_error(error), text: error.to_string() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is no recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecipientFault {
    /// Not `age1…`, or mistyped.
    #[error("this is not an age public key")]
    NotAKey,
    /// A secret key, which has no business on a command line.
    #[error("this is a secret key, which must not stand on a command line")]
    SecretKey,
    /// A name that cannot be shown.
    #[error("the recipient's name is empty, too long or not printable")]
    BadName,
}

impl RecipientFault {
    fn what_to_do(self) -> &'static str {
        match self {
            Self::NotAKey => "give the line that begins with age1, as age-keygen prints it",
            Self::SecretKey => {
                "make another one, it stands in your shell's history now; give its public key (age1…)"
            }
            Self::BadName => "use up to 64 printable characters",
        }
    }
}

fn as_process(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(", as process {pid}"))
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" by process {pid}"))
}

/// A path as it can be pasted into a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-@+".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_permissions_are_answered_with_the_command_that_mends_them() {
        let error =
            VaultError::UnsafePermissions { path: "/srv/my vault".into(), mode: 0o755, wanted: 0o700 };
        assert_eq!(error.what_happened(), "/srv/my vault may be read or changed by others (mode 755)");
        assert!(error.what_to_do().ends_with("chmod 700 '/srv/my vault'"));
        assert_eq!(error.kind().exit_code(), 3);
    }

    #[test]
    fn busy_names_the_process_where_it_is_known() {
        let busy = |pid| VaultError::Busy { what: "contoso".into(), pid }.what_happened();
        assert_eq!(busy(Some(42)), "contoso is in use by process 42");
        assert_eq!(busy(None), "contoso is in use");
    }
}
