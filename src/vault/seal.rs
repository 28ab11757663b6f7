//! Sealing and opening in the age format: by the vault's identity, and the identity by a passphrase.
//!
//! No file is touched here. What is sealed here is opened by the stock `age` program and the other way round.

use std::fmt;
use std::io::{self, Read, Write};
use std::iter;

use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, Decryptor, Encryptor, scrypt, x25519};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::key_page::KeyPage;
use crate::domain::secret::{Passphrase, Secret};

/// Cost of trying one passphrase: scrypt with N = 2^factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkFactor(u8);

impl WorkFactor {
    /// About a second and 256 MiB on a common machine: what the stock `age` program takes as well.
    pub const PRODUCTION: Self = Self(18);
    /// No protection at all; for tests.
    pub const FOR_TESTS: Self = Self(1);
    /// The dearest that is accepted when opening: 4 GiB, so that a planted file cannot exhaust the machine.
    const DEAREST: u8 = 22;
}

/// The private key of a vault (X25519, as age writes it): whoever has it, reads everything. Clones share one place in
/// memory, which is wiped with the last of them.
#[derive(Clone)]
pub struct Identity(KeyPage);

/// What stands before every age identity in clear.
const SECRET_KEY_PREFIX: &str = "AGE-SECRET-KEY-1";

impl Identity {
    /// A fresh one, from the system's randomness.
    pub fn generate() -> Self {
        Self(KeyPage::new(x25519::Identity::generate()))
    }

    /// Reads age's key-file format: comments, and one `AGE-SECRET-KEY-1…`. The error is the rest of a sentence.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut keys = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(key), None) = (keys.next(), keys.next()) else {
            return Err("does not hold exactly one age identity");
        };
        if !key.starts_with(SECRET_KEY_PREFIX) {
            return Err("does not hold an age identity (AGE-SECRET-KEY-1…)");
        }
        key.parse()
            .map(|key| Self(KeyPage::new(key)))
            .map_err(|_| "holds an age identity that is cut short or mistyped")
    }

    /// Age's key-file format.
    pub(super) fn to_key_file(&self) -> Zeroizing<String> {
        let key = self.0.key().to_string();
        let comment = "# key of a tokengauge vault: whoever has it, reads the vault\n";
        // Exact, so that no copy is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(comment.len() + key.expose_secret().len() + 1));
        text.push_str(comment);
        text.push_str(key.expose_secret());
        text.push('\n');
        text
    }

    /// Its public key.
    pub(super) fn public(&self) -> PublicKey {
        PublicKey(self.0.key().to_public())
    }

    /// True if it is kept out of swap.
    pub(super) fn is_locked_in_memory(&self) -> bool {
        self.0.is_locked()
    }

    /// A digest of the public key: unique for a fresh identity, and tells nothing of it.
    pub(super) fn digest(&self) -> String {
        short_digest(self.0.key().to_public().to_string().as_bytes())
    }
}

/// A public key (X25519, `age1…`): seals, and opens nothing.
#[derive(Clone)]
pub(super) struct PublicKey(x25519::Recipient);

impl PublicKey {
    /// Reads `age1…`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity([redacted])")
    }
}

/// The first half of SHA-256, in hex: enough to tell apart what nobody forges.
pub(super) fn short_digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let head = digest.first_chunk().expect("SHA-256 is 32 bytes long");
    format!("{:032x}", u128::from_be_bytes(*head))
}

/// Why something sealed could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum OpenError {
    /// Sealed for another key or passphrase.
    #[error("it is sealed for another key")]
    WrongKey,
    /// Not the age format, cut short, or changed.
    #[error("it is cut short or changed")]
    Damaged,
    /// The passphrase would cost more than is accepted.
    #[error("its passphrase costs more work than is accepted")]
    TooDear,
}

impl From<DecryptError> for OpenError {
    fn from(error: DecryptError) -> Self {
        match error {
            // A wrong passphrase shows as a failed decryption of the file key.
            DecryptError::NoMatchingKeys | DecryptError::DecryptionFailed => Self::WrongKey,
            DecryptError::ExcessiveWork { .. } => Self::TooDear,
            _ => Self::Damaged,
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(_: io::Error) -> Self {
        Self::Damaged
    }
}

/// Seals for everybody who is to open, opens with what there is.
pub(super) struct Sealer {
    /// The first one opened the vault.
    identities: Vec<Identity>,
    recipients: Vec<PublicKey>,
}

impl Sealer {
    /// Opens with any of `identities`, the first of which opened the vault; seals for all of `recipients`.
    pub(super) fn between(identities: Vec<Identity>, recipients: Vec<PublicKey>) -> Self {
        Self { identities, recipients }
    }

    /// The identity that opened the vault.
    pub(super) fn identity(&self) -> &Identity {
        self.identities.first().expect("a sealer is made with an identity")
    }

    pub(super) fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        seal_for(&self.recipients, plaintext)
    }

    pub(super) fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        open(self.identities.iter().map(|identity| identity.0.key() as &dyn age::Identity), sealed)
    }
}

/// Opens with this identity alone.
pub(super) fn open_with(identity: &Identity, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    open(iter::once(identity.0.key() as &dyn age::Identity), sealed)
}

/// Seals for these public keys.
pub(super) fn seal_for(recipients: &[PublicKey], plaintext: &[u8]) -> Vec<u8> {
    let recipients = recipients.iter().map(|recipient| &recipient.0 as &dyn age::Recipient);
    seal(Encryptor::with_recipients(recipients).expect("x25519 recipients go together"), plaintext)
}

/// Seals the identity with a passphrase, as `age -p` does.
pub(super) fn seal_identity(identity: &Identity, passphrase: &Passphrase, cost: WorkFactor) -> Vec<u8> {
    let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase.expose().to_owned()));
    recipient.set_work_factor(cost.0);
    let recipients = iter::once(&recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(recipients).expect("one passphrase goes alone");
    seal(encryptor, identity.to_key_file().as_bytes())
}

/// Opens what [`seal_identity`] or `age -p` sealed.
pub(super) fn open_identity(sealed: &[u8], passphrase: &Passphrase) -> Result<Identity, OpenError> {
    let mut key = scrypt::Identity::new(SecretString::from(passphrase.expose().to_owned()));
    key.set_max_work_factor(WorkFactor::DEAREST);
    let text = open(iter::once(&key as &dyn age::Identity), sealed)?;
    let text = str::from_utf8(&text).map_err(|_| OpenError::Damaged)?;
    Identity::parse(text).map_err(|_| OpenError::Damaged)
}

fn seal(encryptor: Encryptor, plaintext: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(plaintext.len() + 512);
    let mut writer = encryptor.wrap_output(&mut sealed).expect("memory takes what is written");
    writer.write_all(plaintext).expect("memory takes what is written");
    writer.finish().expect("memory takes what is written");
    sealed
}

fn open<'a>(
    keys: impl Iterator<Item = &'a dyn age::Identity>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let mut reader = Decryptor::new_buffered(sealed)?.decrypt(keys)?;
    // The plaintext is shorter than what is sealed: the buffer never grows and leaves no copy behind.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(sealed.len()));
    reader.read_to_end(&mut plaintext)?;
    Ok(plaintext)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_for_a_vault_opens_with_its_identity_only() {
        let own = Identity::generate();
        let sealer = Sealer::between(vec![own.clone()], vec![own.public()]);
        let record = sealer.seal(b"record");
        assert_eq!(sealer.open(&record).unwrap().as_slice(), b"record");
        assert_eq!(open_with(&Identity::generate(), &record), Err(OpenError::WrongKey));
    }

    #[test]
    fn an_extra_recipient_opens_as_well() {
        let (own, recovery) = (Identity::generate(), Identity::generate());
        let sealer = Sealer::between(vec![own.clone()], vec![own.public(), recovery.public()]);
        assert!(PublicKey::parse("age1nonsense").is_none());
        assert_eq!(open_with(&recovery, &sealer.seal(b"record")).unwrap().as_slice(), b"record");
    }

    #[test]
    fn the_identity_opens_with_its_passphrase_only() {
        let identity = Identity::generate();
        let sealed = seal_identity(&identity, &Passphrase::new("correct horse"), WorkFactor::FOR_TESTS);
        let opened = open_identity(&sealed, &Passphrase::new("correct horse")).unwrap();
        assert_eq!(opened.digest(), identity.digest());
        assert_eq!(open_identity(&sealed, &Passphrase::new("other")).unwrap_err(), OpenError::WrongKey);
    }

    #[test]
    fn a_key_file_holds_one_identity_and_comments() {
        let identity = Identity::generate();
        let text = identity.to_key_file();
        assert_eq!(Identity::parse(&text).unwrap().digest(), identity.digest());
        assert_eq!(Identity::parse(&format!("\r\n  {}\r\n", &*text)).unwrap().digest(), identity.digest());
        for bad in
            ["", "# only a comment", "age1xyz", "AGE-SECRET-KEY-1SHORT", &format!("{}{}", &*text, &*text)]
        {
            assert!(Identity::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn debug_of_an_identity_holds_nothing_of_it() {
        assert_eq!(format!("{:?}", Identity::generate()), "Identity([redacted])");
    }
}
