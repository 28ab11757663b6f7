//! Certificates of registrations: as much of X.509 as a client assertion needs (RFC 5280 §4.1).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// `rsaEncryption`, 1.2.840.113549.1.1.1, as DER writes it (RFC 8017, appendix C).
const RSA_ENCRYPTION: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

/// Tags of ASN.1 (X.690 §8).
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const EXPLICIT_VERSION: u8 = 0xA0;

/// A certificate with an RSA key that a registration knows.
#[derive(Clone, Deserialize)]
#[serde(try_from = "Written")]
pub struct Certificate {
    /// The private key as PEM, where the scenario gives one to the demonstration. It opens nothing outside.
    pub key: Option<String>,
    /// The certificate as PEM.
    pub pem: String,
    der: Vec<u8>,
    public_key: Vec<u8>,
    valid: (DateTime<Utc>, DateTime<Utc>),
}

/// Why a text is not a certificate that can be registered.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// No `CERTIFICATE` section, or no base64 in it.
    #[error("not a PEM certificate")]
    NotPem,
    /// The DER inside is not X.509.
    #[error("not an X.509 certificate")]
    NotX509,
    /// The platform takes no other keys for assertions.
    #[error("the certificate does not hold an RSA key")]
    NotRsa,
}

/// A certificate as it stands in a scenario.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    pem: String,
    key: Option<String>,
}

impl TryFrom<Written> for Certificate {
    type Error = CertificateError;

    fn try_from(written: Written) -> Result<Self, CertificateError> {
        Ok(Self { key: written.key, ..Self::from_pem(&written.pem)? })
    }
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        let der = pem_section(pem, "CERTIFICATE").ok_or(CertificateError::NotPem)?;
        let parts = Parts::of(&der).ok_or(CertificateError::NotX509)?;
        if parts.algorithm != RSA_ENCRYPTION {
            return Err(CertificateError::NotRsa);
        }
        let (public_key, valid) = (parts.public_key.to_vec(), parts.valid);
        Ok(Self { key: None, pem: pem.to_owned(), der, public_key, valid })
    }

    /// `x5t#S256`: base64url of the SHA-256 digest, without padding (RFC 7515 §4.1.8).
    pub fn thumbprint_sha256(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.der))
    }

    /// `x5t`: base64url of the SHA-1 digest, without padding (RFC 7515 §4.1.7).
    pub fn thumbprint_sha1(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha1::digest(&self.der))
    }

    /// The `RSAPublicKey` (RFC 8017, appendix A.1.1).
    pub(super) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    pub(super) fn is_valid_at(&self, now: DateTime<Utc>) -> bool {
        self.valid.0 <= now && now <= self.valid.1
    }
}

impl fmt::Debug for Certificate {
    /// Tells which certificate it is, never the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("x5t#S256", &self.thumbprint_sha256()).finish_non_exhaustive()
    }
}

/// The bytes of the first section of that label (RFC 7468).
pub(super) fn pem_section(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let body = pem.split_once(&begin)?.1.split_once(&end)?.0;
    let base64: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(base64).ok()
}

/// What is read out of a certificate.
struct Parts<'a> {
    valid: (DateTime<Utc>, DateTime<Utc>),
    algorithm: &'a [u8],
    public_key: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(der: &'a [u8]) -> Option<Self> {
        let mut certificate = Der(Der(der).take(SEQUENCE)?);
        let mut signed = Der(certificate.take(SEQUENCE)?);
        if signed.tag() == Some(EXPLICIT_VERSION) {
            signed.take(EXPLICIT_VERSION)?;
        }
        signed.take(INTEGER)?;
        let _signature_algorithm = signed.take(SEQUENCE)?;
        let _issuer = signed.take(SEQUENCE)?;
        let mut validity = Der(signed.take(SEQUENCE)?);
        let valid = (validity.time()?, validity.time()?);
        let _subject = signed.take(SEQUENCE)?;
        let mut key = Der(signed.take(SEQUENCE)?);
        let algorithm = Der(key.take(SEQUENCE)?).take(OBJECT_IDENTIFIER)?;
        let (unused_bits, public_key) = key.take(BIT_STRING)?.split_first()?;
        (*unused_bits == 0).then_some(Self { valid, algorithm, public_key })
    }
}

/// What is left to read of a DER text.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    fn tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The content of the next value, which must have that tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (*found == tag).then_some(content)
    }

    fn time(&mut self) -> Option<DateTime<Utc>> {
        let tag = self.tag()?;
        let text = std::str::from_utf8(self.take(tag)?).ok()?;
        let text = match tag {
            // RFC 5280 §4.1.2.5.1: years from 50 are of the last century.
            UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
            UTC_TIME => format!("19{text}"),
            GENERALIZED_TIME => text.to_owned(),
            _ => return None,
        };
        NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok().map(|time| time.and_utc())
    }
}

/// The length of a value and what follows it (X.690 §8.1.3).
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match usize::from(*first) {
        short @ 0..=0x7F => Some((short, rest)),
        long @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(long - 0x80)?;
            Some((digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = include_str!("../../tests/simulator/keys/connector.crt");

    #[test]
    fn thumbprints_and_dates_are_read() {
        let certificate = Certificate::from_pem(PEM).unwrap();
        assert_eq!(certificate.thumbprint_sha256(), "jDDw3JcH80sxtHXfn_-wl3F5GiFLavRZSXtKXstW4IU");
        assert_eq!(certificate.thumbprint_sha1(), "DBrextxtCYz4mttMq3QWa9QiQeU");
        let at = |text: &str| text.parse().unwrap();
        assert!(!certificate.is_valid_at(at("2025-12-31T23:59:59Z")));
        assert!(certificate.is_valid_at(at("2026-01-01T00:00:00Z")));
        assert!(!certificate.is_valid_at(at("2046-01-01T00:00:01Z")));
    }

    #[test]
    fn a_date_after_2049_is_read() {
        let pem = include_str!("../../tests/simulator/keys/stranger.crt");
        assert!(Certificate::from_pem(pem).unwrap().is_valid_at("2059-12-31T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn truncated_certificates_are_refused_at_every_length() {
        let der = pem_section(PEM, "CERTIFICATE").unwrap();
        assert!((0..der.len()).all(|length| Parts::of(&der[..length]).is_none()));
        assert!(matches!(Certificate::from_pem("MIIB"), Err(CertificateError::NotPem)));
    }
}
