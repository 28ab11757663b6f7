//! Why a server's certificate is refused, in facts: dates, names, who signed it.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};
use webpki::EndEntityCert;

use crate::sanitize::sanitize;

/// A certificate that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the certificate of {host} was refused")]
pub struct RefusedCertificate {
    /// Whose it should be.
    pub host: String,
    /// Why.
    pub fault: CertificateFault,
}

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateFault {
    /// Its time is over. `today` is this machine's date.
    Expired {
        /// Its last day.
        on: NaiveDate,
        /// This machine's date.
        today: NaiveDate,
    },
    /// Its time has not come.
    NotYetValid {
        /// Its first day.
        from: NaiveDate,
        /// This machine's date.
        today: NaiveDate,
    },
    /// It is somebody else's.
    WrongHost {
        /// Whose it is; printable.
        names: Vec<String>,
    },
    /// It was signed by itself.
    SelfSigned,
    /// It may sign others, so it is nobody's own.
    OfCa,
    /// It was signed by somebody whom this machine does not know; printable.
    UnknownIssuer(Option<String>),
    /// Something rarer.
    Other,
}

/// The usual check; what it refuses is told with the facts that the certificate holds.
#[derive(Debug)]
pub(super) struct ExplainingVerifier {
    inner: Arc<WebPkiServerVerifier>,
}

impl ExplainingVerifier {
    pub(super) fn new(inner: Arc<WebPkiServerVerifier>) -> Self {
        Self { inner }
    }
}

impl ServerCertVerifier for ExplainingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match &error {
            rustls::Error::InvalidCertificate(fault) => {
                let host = sanitize(&server_name.to_str(), 100);
                refused(RefusedCertificate { host, fault: explain(fault, end_entity, now) })
            }
            _ => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn refused(certificate: RefusedCertificate) -> rustls::Error {
    rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(certificate))))
}

/// The refusal that an error of rustls carries.
pub(super) fn refusal(error: &rustls::Error) -> Option<&RefusedCertificate> {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(refusal))) => {
            refusal.downcast_ref::<RefusedCertificate>()
        }
        _ => None,
    }
}

fn explain(fault: &CertificateError, certificate: &CertificateDer<'_>, now: UnixTime) -> CertificateFault {
    let today = day(now);
    match fault {
        CertificateError::ExpiredContext { not_after, .. } => {
            CertificateFault::Expired { on: day(*not_after), today }
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            CertificateFault::NotYetValid { from: day(*not_before), today }
        }
        CertificateError::NotValidForNameContext { .. } | CertificateError::NotValidForName => {
            CertificateFault::WrongHost { names: names(certificate) }
        }
        CertificateError::Other(OtherError(fault)) if is_of_ca(fault.as_ref()) => CertificateFault::OfCa,
        _ if is_self_signed(certificate) => CertificateFault::SelfSigned,
        CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer(issuer(certificate)),
        _ => CertificateFault::Other,
    }
}

fn day(time: UnixTime) -> NaiveDate {
    let moment = i64::try_from(time.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    moment.map_or(NaiveDate::MAX, |moment| moment.date_naive())
}

/// A few names are enough to see whose it is.
const NAMES_SHOWN: usize = 3;

fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    certificate.valid_dns_names().take(NAMES_SHOWN).map(|name| sanitize(name, 60)).collect()
}

fn is_of_ca(fault: &(dyn std::error::Error + 'static)) -> bool {
    fault.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
}

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    EndEntityCert::try_from(certificate).is_ok_and(|own| own.issuer() == own.subject())
}

/// The common name of whoever signed it, else the organization.
fn issuer(certificate: &CertificateDer<'_>) -> Option<String> {
    const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
    const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
    let certificate = EndEntityCert::try_from(certificate).ok()?;
    let name = |kind| attribute(certificate.issuer(), kind);
    name(COMMON_NAME).or_else(|| name(ORGANIZATION)).filter(|name| !name.is_empty())
}

/// An attribute of a distinguished name (RFC 5280 §4.1.2.4): a sequence of sets of pairs of kind and text.
fn attribute(mut name: &[u8], kind: &[u8]) -> Option<String> {
    while let Some((mut set, rest)) = element(name) {
        name = rest;
        while let Some((pair, rest)) = element(set) {
            set = rest;
            let (own, text) = element(pair)?;
            if own == kind {
                return Some(sanitize(&String::from_utf8_lossy(element(text)?.0), 60));
            }
        }
    }
    None
}

/// The content of the first DER element, and what follows it.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = der.get(1..)?.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), rest.get(2..)?),
        _ => return None,
    };
    rest.split_at_checked(length)
}
