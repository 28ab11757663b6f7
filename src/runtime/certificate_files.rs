//! A client certificate and its private key from the person's files: read, checked, on their way into the vault.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use directories::BaseDirs;

use crate::app::Failure;
use crate::domain::CertificateCredential;
use crate::domain::secret::PrivateKey;
use crate::oauth::certificate::{self, CertificateError};
use crate::vault::{Vault, VaultError};

/// More than any chain of certificates with its key.
const LIMIT: u64 = 64 * 1024;

/// Why nothing was taken from the files.
#[derive(Debug, Clone, PartialEq)]
pub enum CertificateFileError {
    /// The file cannot be read as text.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Others may read the file with the key.
    Loose(VaultError),
    /// What is in them does not serve.
    Unusable(CertificateError),
    /// The certificate is over: the platform would refuse it.
    Ended(NaiveDate),
}

impl CertificateFileError {
    /// In two lines.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Unreadable { path, reason } => Failure::new(
                format!("{} cannot be read: {reason}.", path.display()),
                "Name a PEM file that can be read here, such as ~/client.pem.",
            ),
            Self::Loose(error) => Failure::new(error.what_happened(), error.what_to_do()),
            Self::Unusable(error) => Failure::of_error(error, what_to_do(*error)),
            Self::Ended(day) => Failure::new(
                format!("The certificate ended on {day}: the platform refuses it."),
                "Make a new one and upload it in the portal under Certificates & secrets.",
            ),
        }
    }
}

fn what_to_do(error: CertificateError) -> &'static str {
    use CertificateError as E;
    match error {
        E::NoCertificate | E::BadCertificate => {
            "Name the certificate's PEM file, the one whose certificate is in the portal."
        }
        E::NoKey => "Name the file of the private key beside the certificate's.",
        E::EncryptedKey => {
            "openssl pkey -in KEY -out CLEAR-KEY asks for it; keep that file to yourself (chmod 600)."
        }
        E::BadKey => "Make certificate and key anew, RSA with 2,048 bits or more.",
        E::NotRsa => "Make certificate and key anew: openssl req -x509 -newkey rsa:2048 -noenc …",
        E::NotAPair => "Name the key that the certificate was made with.",
    }
}

/// Reads certificate and key; without `key` the key stands in the certificate's file. A file with a key is refused where
/// others may read it, as a key file of the vault is.
pub fn read(
    certificate: &Path,
    key: Option<&Path>,
    now: DateTime<Utc>,
) -> Result<CertificateCredential, CertificateFileError> {
    let certificate = at_home(certificate);
    let text = read_text(&certificate)?;
    let key = match key.map(at_home) {
        Some(key) => read_key(&key)?,
        // One file for both is read once more, guarded as what holds a key is.
        None if text.contains("PRIVATE KEY-----") => read_key(&certificate)?,
        None => return Err(CertificateFileError::Unusable(CertificateError::NoKey)),
    };
    let credential = certificate::read(&text, &key).map_err(CertificateFileError::Unusable)?;
    if credential.ends_at <= now {
        return Err(CertificateFileError::Ended(credential.ends_at.date_naive()));
    }
    Ok(credential)
}

/// `~/` is the home directory: no shell has read a path that was typed into the form.
fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), BaseDirs::new()) {
        (Ok(rest), Some(base)) => base.home_dir().join(rest),
        _ => path.to_owned(),
    }
}

/// May hold a key as well, so it is wiped too.
fn read_text(path: &Path) -> Result<zeroize::Zeroizing<String>, CertificateFileError> {
    let unreadable = |error: &std::io::Error| CertificateFileError::Unreadable {
        path: path.to_owned(),
        reason: reason(error),
    };
    check_is_file(path)?;
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut text = zeroize::Zeroizing::new(String::with_capacity(64 * 1024));
    file.take(LIMIT).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    Ok(text)
}

/// Opening a pipe or a terminal would wait for somebody to write, perhaps for ever.
fn check_is_file(path: &Path) -> Result<(), CertificateFileError> {
    let refused = |reason: String| CertificateFileError::Unreadable { path: path.to_owned(), reason };
    let metadata = std::fs::metadata(path).map_err(|error| refused(reason(&error)))?;
    match () {
        () if metadata.is_dir() => Err(refused("it is a directory".to_owned())),
        () if !metadata.is_file() => {
            Err(refused("it is no file but a pipe, a terminal or a device".to_owned()))
        }
        () => Ok(()),
    }
}

fn read_key(path: &Path) -> Result<PrivateKey, CertificateFileError> {
    check_is_file(path)?;
    match Vault::read_key_of_person(path) {
        Ok(text) => Ok(PrivateKey::new(text.as_str())),
        Err(VaultError::KeyUnreadable { path, .. }) => {
            // Why, in the words of the system.
            Err(read_text(&path).err().unwrap_or(CertificateFileError::Unreadable {
                path,
                reason: "it changed meanwhile".to_owned(),
            }))
        }
        Err(error) => Err(CertificateFileError::Loose(error)),
    }
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        std::io::ErrorKind::InvalidData => "it is no text; PEM is wanted, not DER or PFX".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}
