//! A client certificate with its private key, as the person gives them: PEM text (RFC 7468).

use chrono::{DateTime, Utc};
use jsonwebtoken::EncodingKey;
use pkcs8::PrivateKeyInfo;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::domain::CertificateCredential;
use crate::domain::app_registration::Thumbprint;
use crate::domain::secret::{PrivateKey, Secret};
use crate::sanitize::sanitize;

/// Why a certificate and key cannot be used. No text holds anything of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No PEM block of a certificate.
    #[error("there is no certificate in the file: it begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// A block that is not a certificate inside.
    #[error("the certificate cannot be read")]
    BadCertificate,
    /// No PEM block of a private key.
    #[error("there is no private key in the file: it begins with -----BEGIN PRIVATE KEY-----")]
    NoKey,
    /// Protected by a passphrase of its own.
    #[error(
        "the private key is protected by a passphrase; write it in clear for this (openssl pkey), the vault seals it"
    )]
    EncryptedKey,
    /// Not RSA: the platform takes no other kind.
    #[error("the private key is not RSA, and the platform takes RSA keys only")]
    NotRsa,
    /// The certificate was made for another key.
    #[error("the private key does not belong to the certificate")]
    NotAPair,
}

/// Reads certificate and key. Both may stand in one text; of several certificates the first counts.
pub fn read(certificate: &str, private_key: &PrivateKey) -> Result<CertificateCredential, CertificateError> {
    let der = CertificateDer::from_pem_slice(certificate.as_bytes())
        .map_err(|_| CertificateError::NoCertificate)?;
    let parsed = Certificate::from_der(&der).map_err(|_| CertificateError::BadCertificate)?;
    let modulus = rsa_modulus(&parsed)?;
    let pkcs1 = rsa_key(private_key)?;
    if key_modulus(&pkcs1).as_deref() != Some(modulus.as_slice()) {
        return Err(CertificateError::NotAPair);
    }
    let validity = &parsed.tbs_certificate.validity;
    Ok(CertificateCredential {
        thumbprint: Thumbprint(Sha256::digest(&der).into()),
        subject: sanitize(&parsed.tbs_certificate.subject.to_string(), 200),
        starts_at: moment(validity.not_before)?,
        ends_at: moment(validity.not_after)?,
        certificate: pem("CERTIFICATE", &der),
        private_key: private_key.clone(),
    })
}

/// The key in the form in which assertions are signed with it.
pub(super) fn signing_key(private_key: &PrivateKey) -> Result<EncodingKey, CertificateError> {
    rsa_key(private_key).map(|der| EncodingKey::from_rsa_der(&der))
}

/// The `RSAPrivateKey` (RFC 8017 §A.1.2) of a PKCS #8 or PKCS #1 block.
fn rsa_key(private_key: &PrivateKey) -> Result<zeroize::Zeroizing<Vec<u8>>, CertificateError> {
    let text = private_key.expose();
    if text.contains("ENCRYPTED") {
        return Err(CertificateError::EncryptedKey);
    }
    match PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| CertificateError::NoKey)? {
        PrivateKeyDer::Pkcs1(key) => Ok(key.secret_pkcs1_der().to_vec().into()),
        PrivateKeyDer::Pkcs8(key) => {
            let info =
                PrivateKeyInfo::try_from(key.secret_pkcs8_der()).map_err(|_| CertificateError::NotRsa)?;
            if info.algorithm.oid != RSA_ENCRYPTION {
                return Err(CertificateError::NotRsa);
            }
            Ok(info.private_key.to_vec().into())
        }
        _ => Err(CertificateError::NotRsa),
    }
}

/// `rsaEncryption` (RFC 8017 §A.1).
const RSA_ENCRYPTION: pkcs8::ObjectIdentifier = pkcs8::ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The modulus in a certificate's `RSAPublicKey`: the first of its two numbers.
fn rsa_modulus(certificate: &Certificate) -> Result<Vec<u8>, CertificateError> {
    let info = &certificate.tbs_certificate.subject_public_key_info;
    if info.algorithm.oid != RSA_ENCRYPTION {
        return Err(CertificateError::NotRsa);
    }
    let key = info.subject_public_key.as_bytes().ok_or(CertificateError::BadCertificate)?;
    integers(key).and_then(|numbers| numbers.first().cloned()).ok_or(CertificateError::BadCertificate)
}

/// The modulus in an `RSAPrivateKey`: the number after the version.
fn key_modulus(pkcs1: &[u8]) -> Option<Vec<u8>> {
    integers(pkcs1)?.get(1).cloned()
}

/// The first two numbers of a DER sequence.
fn integers(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    use x509_cert::der::asn1::{AnyRef, UintRef};
    use x509_cert::der::{Reader, SliceReader};
    let sequence = AnyRef::from_der(der).ok()?;
    let mut reader = SliceReader::new(sequence.value()).ok()?;
    let mut numbers = Vec::new();
    while !reader.is_finished() && numbers.len() < 2 {
        numbers.push(reader.decode::<UintRef<'_>>().ok()?.as_bytes().to_vec());
    }
    Some(numbers)
}

fn moment(time: x509_cert::time::Time) -> Result<DateTime<Utc>, CertificateError> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok();
    seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).ok_or(CertificateError::BadCertificate)
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or("")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
