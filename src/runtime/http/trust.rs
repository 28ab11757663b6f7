//! Whose certificates are trusted, and why one is refused.
//!
//! The roots are this machine's. `SSL_CERT_FILE` and `SSL_CERT_DIR` take the place of its file and its directories, as
//! with OpenSSL; `ca_file` of the configuration file comes on top. Nothing switches the check off.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};

use crate::config::{Config, ConfigError, ConfigFile};
use crate::sanitize::sanitize;

use super::certificate::ExplainingVerifier;

/// Where this machine may keep its roots in one file: Debian, RHEL, openSUSE, Alpine.
const FILES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Where it may keep them one by one.
const DIRECTORIES: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// More than any bundle of roots.
const FILE_LIMIT: u64 = 10 * 1024 * 1024;

/// Where roots come from. Nothing is read before TLS is needed.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// `SSL_CERT_FILE`.
    pub named_file: Option<PathBuf>,
    /// `SSL_CERT_DIR`.
    pub named_directories: Option<Vec<PathBuf>>,
    /// May name one more, `ca_file`.
    pub config: Option<ConfigFile>,
    /// This machine's own: the first of these that is there.
    pub files: Vec<PathBuf>,
    /// This machine's own, where it has no file.
    pub directories: Vec<PathBuf>,
}

/// Why there are no roots.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A file or directory that was named cannot be read.
    #[error("the certificates in {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// What was named.
        path: PathBuf,
        /// By what: a variable or a setting.
        named_by: &'static str,
        /// What the system said.
        reason: String,
    },
    /// A file that was named holds no certificate.
    #[error("{} holds no certificate", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// By what it was named.
        named_by: &'static str,
    },
    /// This machine trusts nobody.
    #[error("this machine has no CA certificates")]
    NoRoots,
    /// The configuration file, which may name a CA file, is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// TLS itself.
    #[error("TLS could not be set up")]
    Tls,
}

impl TrustError {
    /// Second line: what to do.
    pub fn what_to_do(&self) -> String {
        match self {
            Self::Unreadable { named_by, .. } => format!("Mend the file, or what names it: {named_by}."),
            Self::Empty { named_by, .. } => {
                format!("Put the CA there, as PEM or DER, or mend what names the file: {named_by}.")
            }
            Self::NoRoots => "Install the package ca-certificates, or name a file with SSL_CERT_FILE.".into(),
            Self::Config(error) => error.what_to_do(),
            Self::Tls => "Please report this.".into(),
        }
    }
}

impl Trust {
    /// As the environment tells.
    pub fn read(variable: impl Fn(&str) -> Option<OsString>, config: Option<ConfigFile>) -> Self {
        let directories = |value: OsString| {
            std::env::split_paths(&value).filter(|path| !path.as_os_str().is_empty()).collect()
        };
        Self {
            named_file: variable("SSL_CERT_FILE").map(PathBuf::from),
            named_directories: variable("SSL_CERT_DIR").map(directories),
            config,
            files: FILES.map(PathBuf::from).to_vec(),
            directories: DIRECTORIES.map(PathBuf::from).to_vec(),
        }
    }

    /// TLS 1.2 and 1.3 with these roots. Reads files.
    pub fn config(&self) -> Result<ClientConfig, TrustError> {
        tls(self.roots()?)
    }

    fn roots(&self) -> Result<RootCertStore, TrustError> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = Config::load(self.config.as_ref())?.ca_file {
            add_named(&mut roots, &path, "ca_file in the configuration file")?;
        }
        let found = match &self.named_file {
            Some(path) => {
                add_named(&mut roots, path, "SSL_CERT_FILE")?;
                false
            }
            None => self.files.iter().any(|path| add_file(&mut roots, path).is_ok_and(|added| added > 0)),
        };
        match &self.named_directories {
            Some(directories) => add_named_directories(&mut roots, directories)?,
            // A file holds what the directories hold.
            None if found => {}
            None => self.directories.iter().for_each(|path| drop(add_directory(&mut roots, path))),
        }
        if roots.is_empty() { Err(TrustError::NoRoots) } else { Ok(roots) }
    }
}

/// For connections that need no certificate: no host is trusted.
pub(super) fn nobody() -> Result<ClientConfig, TrustError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    Ok(versions(provider)?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, TrustError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = ExplainingVerifier::new(verifier.build().map_err(|_| TrustError::Tls)?);
    let builder = versions(provider)?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = builder.with_no_client_auth();
    // Each request has a connection of its own, so that HTTP/2 would only be one more parser before a stranger's bytes.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn versions(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, TrustError> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| TrustError::Tls)
}

fn add_named(roots: &mut RootCertStore, path: &Path, named_by: &'static str) -> Result<(), TrustError> {
    match add_file(roots, path) {
        Ok(0) => Err(TrustError::Empty { path: path.to_owned(), named_by }),
        Ok(_) => Ok(()),
        Err(error) => Err(unreadable(path, named_by, &error)),
    }
}

fn add_named_directories(roots: &mut RootCertStore, directories: &[PathBuf]) -> Result<(), TrustError> {
    for path in directories {
        add_directory(roots, path).map_err(|error| unreadable(path, "SSL_CERT_DIR", &error))?;
    }
    Ok(())
}

fn unreadable(path: &Path, named_by: &'static str, error: &io::Error) -> TrustError {
    let reason = sanitize(&error.to_string(), 120);
    TrustError::Unreadable { path: path.to_owned(), named_by, reason }
}

/// Takes what a directory holds; a file in it that cannot be read is passed over, as OpenSSL does.
fn add_directory(roots: &mut RootCertStore, path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let _ = add_file(roots, &entry?.path());
    }
    Ok(())
}

/// How many certificates of a file are roots now. Those that no root can be made of are passed over.
fn add_file(roots: &mut RootCertStore, path: &Path) -> io::Result<usize> {
    let (added, _) = roots.add_parsable_certificates(certificates(&read(path)?));
    Ok(added)
}

/// A device or a pipe would never end.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(FILE_LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// PEM, any number; or one certificate as DER, which is what Windows exports.
fn certificates(bytes: &[u8]) -> Vec<CertificateDer<'static>> {
    // A sequence whose length takes two bytes: no certificate is shorter.
    const LONG_SEQUENCE: &[u8] = &[0x30, 0x82];
    if bytes.starts_with(LONG_SEQUENCE) {
        return vec![CertificateDer::from(bytes.to_vec())];
    }
    CertificateDer::pem_slice_iter(bytes).filter_map(Result::ok).collect()
}
