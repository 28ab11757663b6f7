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
    /// A block that is not a key inside, or one that cannot sign.
    #[error("the private key cannot be used: it is damaged, or shorter than 2,048 bits")]
    BadKey,
    /// Not RSA: the platform takes no other kind.
    #[error("certificate and private key are not RSA, and the platform takes RSA keys only")]
    NotRsa,
    /// The certificate was made for another key.
    #[error("the private key does not belong to the certificate")]
    NotAPair,
}

/// Reads certificate and key. Both may stand in one text; of several certificates the one of the key counts, of several
/// keys the first. Only that key is kept, and it has signed once.
pub fn read(certificate: &str, private_key: &PrivateKey) -> Result<CertificateCredential, CertificateError> {
    let ders = certificates(certificate)?;
    let private_key = key_block(private_key)?;
    let pkcs1 = rsa_key(&private_key)?;
    let modulus = key_modulus(&pkcs1).ok_or(CertificateError::BadKey)?;
    let der = certificate_of(&modulus, &ders)?;
    prove(&private_key)?;
    let parsed = Certificate::from_der(der).map_err(|_| CertificateError::BadCertificate)?;
    let validity = &parsed.tbs_certificate.validity;
    Ok(CertificateCredential {
        thumbprint: Thumbprint(Sha256::digest(der).into()),
        subject: sanitize(&parsed.tbs_certificate.subject.to_string(), 200),
        starts_at: moment(validity.not_before)?,
        ends_at: moment(validity.not_after)?,
        certificate: pem("CERTIFICATE", der),
        private_key,
    })
}

/// All certificates of a text, at least one.
fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let ders = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| CertificateError::BadCertificate)?;
    if ders.is_empty() { Err(CertificateError::NoCertificate) } else { Ok(ders) }
}

/// The certificate that was made for the key; of those that were not, the first says why.
fn certificate_of<'a>(
    modulus: &[u8],
    ders: &'a [CertificateDer<'static>],
) -> Result<&'a [u8], CertificateError> {
    let mut first = Ok(());
    for (place, der) in ders.iter().enumerate() {
        match certificate_modulus(der) {
            Ok(own) if own == modulus => return Ok(der),
            Err(error) if place == 0 => first = Err(error),
            _ => {}
        }
    }
    first.and(Err(CertificateError::NotAPair))
}

/// The first private key of a text, alone: what else stands in the file is not for the vault.
fn key_block(text: &PrivateKey) -> Result<PrivateKey, CertificateError> {
    let text = text.expose();
    let is_begin = |line: &str| line.starts_with("-----BEGIN ") && line.ends_with("PRIVATE KEY-----");
    let is_end = |line: &str| line.starts_with("-----END ") && line.ends_with("PRIVATE KEY-----");
    let lines = text.lines().map(str::trim);
    let from_begin: Vec<&str> = lines.skip_while(|line| !is_begin(line)).collect();
    let end = from_begin.iter().position(|line| is_end(line)).ok_or(if from_begin.is_empty() {
        CertificateError::NoKey
    } else {
        CertificateError::BadKey
    })?;
    let block = &from_begin[..=end];
    // PKCS #8 says it in the label, the older form in a header (RFC 1421 §4.6.1.1).
    if block[0].contains("ENCRYPTED") || block.iter().any(|line| line.starts_with("Proc-Type:")) {
        return Err(CertificateError::EncryptedKey);
    }
    // Room enough from the start, so that no copy is left behind by growing.
    let mut alone = String::with_capacity(text.len() + 1);
    for line in block {
        alone.push_str(line);
        alone.push('\n');
    }
    Ok(PrivateKey::new(alone))
}

/// Signs once, so that a key that cannot is found while the person is there.
fn prove(private_key: &PrivateKey) -> Result<(), CertificateError> {
    let key = signing_key(private_key)?;
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::PS256);
    jsonwebtoken::encode(&header, &serde_json::json!({}), &key).map_err(|_| CertificateError::BadKey)?;
    Ok(())
}

/// The key in the form in which assertions are signed with it.
pub(super) fn signing_key(private_key: &PrivateKey) -> Result<EncodingKey, CertificateError> {
    rsa_key(private_key).map(|der| EncodingKey::from_rsa_der(&der))
}

/// The `RSAPrivateKey` (RFC 8017 §A.1.2) of a PKCS #8 or PKCS #1 block.
fn rsa_key(private_key: &PrivateKey) -> Result<zeroize::Zeroizing<Vec<u8>>, CertificateError> {
    match PrivateKeyDer::from_pem_slice(private_key.expose().as_bytes())
        .map_err(|_| CertificateError::BadKey)?
    {
        PrivateKeyDer::Pkcs1(key) => Ok(key.secret_pkcs1_der().to_vec().into()),
        PrivateKeyDer::Pkcs8(key) => {
            let info =
                PrivateKeyInfo::try_from(key.secret_pkcs8_der()).map_err(|_| CertificateError::BadKey)?;
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
fn certificate_modulus(der: &[u8]) -> Result<Vec<u8>, CertificateError> {
    let certificate = Certificate::from_der(der).map_err(|_| CertificateError::BadCertificate)?;
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

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
