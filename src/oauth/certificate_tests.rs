//! Certificates and keys as people have them: every form of PEM, the wrong kinds, what does not belong together.

use super::*;

const CERT: &str = include_str!("../../tests/certificates/cert.pem");
const OTHER_CERT: &str = include_str!("../../tests/certificates/other-cert.pem");
const EC_CERT: &str = include_str!("../../tests/certificates/ec-cert.pem");
const SHORT_CERT: &str = include_str!("../../tests/certificates/short-cert.pem");
const PKCS8: &str = include_str!("../../tests/certificates/key.pem");
const PKCS1: &str = include_str!("../../tests/certificates/key-pkcs1.pem");
const ENCRYPTED: &str = include_str!("../../tests/certificates/key-encrypted.pem");
const PKCS1_ENCRYPTED: &str = include_str!("../../tests/certificates/key-pkcs1-encrypted.pem");
const EC_KEY: &str = include_str!("../../tests/certificates/ec-key.pem");
const EC_KEY_SEC1: &str = include_str!("../../tests/certificates/ec-key-sec1.pem");
const SHORT_KEY: &str = include_str!("../../tests/certificates/short-key.pem");

fn key(text: &str) -> PrivateKey {
    PrivateKey::new(text)
}

fn refused(certificate: &str, private_key: &str) -> CertificateError {
    read(certificate, &key(private_key)).unwrap_err()
}

#[test]
fn the_certificate_tells_of_itself() {
    let read = read(CERT, &key(PKCS8)).unwrap();
    assert_eq!(read.subject, "CN=connector for tests");
    // As `openssl x509 -noout -fingerprint -sha256 -dates` prints them.
    let wanted = "1096C7266D973FCFA1AC7F64470D54E4CC1E9420994A4DA312B1DC54FC936DDD";
    assert_eq!(read.thumbprint.to_string(), wanted);
    assert_eq!(Thumbprint::parse(wanted), Some(read.thumbprint));
    assert_eq!(read.starts_at.to_rfc3339(), "2026-11-22T11:00:29+00:00");
    assert_eq!(read.ends_at.to_rfc3339(), "2046-11-17T11:00:29+00:00");
    assert_eq!(read.certificate.trim(), CERT.trim());
}

#[test]
fn a_key_is_taken_as_pkcs_8_and_as_pkcs_1() {
    for form in [PKCS8, PKCS1] {
        let held = read(CERT, &key(form)).unwrap();
        assert_eq!(held.private_key.expose().trim(), form.trim());
        assert!(signing_key(&held.private_key).is_ok());
    }
}

#[test]
fn both_may_stand_in_one_file_in_either_order() {
    for together in [format!("{CERT}{PKCS8}"), format!("{PKCS8}{CERT}")] {
        let held = read(&together, &key(&together)).unwrap();
        assert!(!held.private_key.expose().contains("CERTIFICATE"), "only the key is kept with the key");
        assert!(!held.certificate.contains("PRIVATE KEY"), "and none with the certificate");
    }
}

#[test]
fn what_openssl_writes_around_the_blocks_does_not_disturb() {
    let attributes =
        "Bag Attributes\r\n    friendlyName: NOT ENCRYPTED at all\r\nKey Attributes: <No Attributes>\r\n";
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let bag = format!("{attributes}{}{attributes}{}", crlf(PKCS8), crlf(CERT));
    assert!(read(&bag, &key(&bag)).is_ok());
}

#[test]
fn of_several_certificates_the_one_of_the_key_counts() {
    for chain in [format!("{CERT}{OTHER_CERT}"), format!("{OTHER_CERT}{CERT}"), format!("{EC_CERT}{CERT}")] {
        assert_eq!(read(&chain, &key(PKCS8)).unwrap().subject, "CN=connector for tests");
    }
}

#[test]
fn what_does_not_belong_together_is_refused() {
    assert_eq!(refused(OTHER_CERT, PKCS8), CertificateError::NotAPair);
    assert_eq!(refused(EC_CERT, PKCS8), CertificateError::NotRsa);
}

#[test]
fn a_key_with_a_passphrase_is_told_as_such() {
    assert_eq!(refused(CERT, ENCRYPTED), CertificateError::EncryptedKey);
    assert_eq!(refused(CERT, PKCS1_ENCRYPTED), CertificateError::EncryptedKey);
}

#[test]
fn other_kinds_of_keys_are_told_as_such() {
    for form in [EC_KEY, EC_KEY_SEC1] {
        assert_eq!(refused(EC_CERT, form), CertificateError::NotRsa);
        assert_eq!(refused(CERT, form), CertificateError::NotRsa);
    }
}

#[test]
fn a_key_too_short_to_sign_is_found_at_once() {
    assert_eq!(refused(SHORT_CERT, SHORT_KEY), CertificateError::BadKey);
}

#[test]
fn files_without_pem_are_told_apart() {
    assert_eq!(refused("", PKCS8), CertificateError::NoCertificate);
    assert_eq!(refused(PKCS8, PKCS8), CertificateError::NoCertificate);
    assert_eq!(refused(CERT, ""), CertificateError::NoKey);
    assert_eq!(refused(CERT, CERT), CertificateError::NoKey);
    assert_eq!(refused(CERT, "\u{30}\u{82}\u{4}\u{be}\u{2}\u{1}"), CertificateError::NoKey);
}

#[test]
fn garbage_in_the_blocks_is_no_certificate_and_no_key() {
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    // Base64 of what is no DER, no base64, DER of something else, nothing.
    for body in ["Z2FyYmFnZQ==", "!!!", "MAMCAQA=", ""] {
        let certificate = refused(&block("CERTIFICATE", body), PKCS8);
        assert!(matches!(certificate, CertificateError::BadCertificate), "{body}: {certificate:?}");
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY"] {
            assert_eq!(refused(CERT, &block(label, body)), CertificateError::BadKey, "{label} {body}");
        }
    }
    assert_eq!(refused(CERT, "-----BEGIN PRIVATE KEY-----\nZ2FyYmFnZQ==\n"), CertificateError::BadKey);
}

#[test]
fn no_cut_of_the_files_panics() {
    for end in (0..CERT.len()).step_by(7) {
        let _ = read(&CERT[..end], &key(PKCS8));
        assert!(read(CERT, &key(&PKCS8[..end.min(PKCS8.len())])).is_err());
    }
}

#[test]
fn no_error_holds_anything_of_the_key() {
    let body: String = PKCS8.lines().nth(1).unwrap().to_owned();
    for error in [refused(OTHER_CERT, PKCS8), refused(CERT, &PKCS8[..400])] {
        assert!(!format!("{error} {error:?}").contains(&body[..16]));
    }
}
