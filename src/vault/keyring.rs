//! The identity in the kernel's keyring: the user's persistent ring, with an end that the kernel keeps.
//!
//! The persistent ring is the one that a new login of the same user can read; keys in the user keyring are visible there,
//! but not readable.

use std::path::Path;
use std::time::Duration;

use linux_keyutils::{Key, KeyError, KeyRing, KeyRingIdentifier};
use zeroize::Zeroizing;

use super::error::VaultError;
use super::seal::{Identity, short_digest};

/// What stands before the end that goes with the key, in a comment of the key-file format.
const END: &str = "# open until, seconds since boot: ";

/// A key that the kernel keeps for a while.
pub(super) struct Remembered {
    pub(super) identity: Identity,
    /// Its end, counted from boot.
    pub(super) until: Duration,
}

/// Leaves the identity with the kernel for as long as `life`. The kernel counts by the wall clock, so the end goes with the
/// key as well, by a clock that nobody sets.
pub(super) fn remember(
    dir: &Path,
    identity: &Identity,
    life: Duration,
    since_boot: Duration,
) -> Result<(), VaultError> {
    // Zero would mean for ever.
    let seconds = usize::try_from(life.as_secs()).unwrap_or(usize::MAX).clamp(1, u32::MAX as usize);
    let key_file = identity.to_key_file();
    let end = format!("{END}{}\n", (since_boot + life).as_secs());
    // Exact, so that no copy is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(end.len() + key_file.len()));
    text.push_str(&end);
    text.push_str(&key_file);
    let ring = persistent().map_err(|error| refused("keep", error))?;
    let key = ring.add_key(&description(dir), text.as_bytes()).map_err(|error| refused("keep", error))?;
    // A key without an end would be a key for ever.
    key.set_timeout(seconds).map_err(|error| {
        let _ = key.invalidate();
        refused("keep", error)
    })
}

/// The identity, if the kernel has it and its end has not come. A kernel without keyrings has none. One without an end, as
/// earlier versions left it, is not used: the passphrase is asked for once more.
pub(super) fn recall(dir: &Path, since_boot: Duration) -> Option<Remembered> {
    let key = find(dir).ok()??;
    let bytes = Zeroizing::new(key.read_to_vec().ok()?);
    let text = str::from_utf8(&bytes).ok()?;
    let until = Duration::from_secs(text.lines().next()?.strip_prefix(END)?.parse().ok()?);
    if until <= since_boot {
        let _ = key.invalidate();
        return None;
    }
    Some(Remembered { identity: Identity::parse(text).ok()?, until })
}

/// Takes the identity back; tells whether it was there.
pub(super) fn forget(dir: &Path) -> Result<bool, VaultError> {
    match find(dir) {
        Ok(Some(key)) => key.invalidate().map(|()| true).map_err(|error| refused("give back", error)),
        Ok(None) => Ok(false),
        Err(error) if is_unsupported(error) => Ok(false),
        Err(error) => Err(refused("look for", error)),
    }
}

fn find(dir: &Path) -> Result<Option<Key>, KeyError> {
    match persistent()?.search(&description(dir)) {
        Ok(key) => Ok(Some(key)),
        Err(
            KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked | KeyError::KeyRejected,
        ) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Linked with the process's own ring, which makes its keys readable here and leaves nothing behind.
fn persistent() -> Result<KeyRing, KeyError> {
    KeyRing::get_persistent(KeyRingIdentifier::Process)
}

/// Containers and hardened kernels refuse keyrings altogether.
fn is_unsupported(error: KeyError) -> bool {
    matches!(error, KeyError::OperationNotSupported | KeyError::PermissionDenied | KeyError::AccessDenied)
        || matches!(error, KeyError::Unknown(_))
}

/// Names the vault without telling its path to whoever lists keys.
fn description(dir: &Path) -> String {
    let path = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    format!("tokengauge:{}", short_digest(path.as_os_str().as_encoded_bytes()))
}

fn refused(doing: &'static str, error: KeyError) -> VaultError {
    VaultError::Keyring { doing, reason: error.to_string() }
}
