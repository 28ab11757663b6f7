//! A preview is the export with masked secrets.

use tokengauge::export::options::SecretEncoding;
use tokengauge::export::{Format, Options, Remark, preview, remarks, write};

use super::values::Sample;

const SECRETS: [&str; 3] = [
    "EXA~mple.TGSECRET_value-1-is-long-enough",
    "eyJ0TGSECRET.and-more-of-it.and-more",
    "1.AXTGSECRET-and-more-of-it",
];

fn sample() -> Sample {
    let [secret, access, refresh] = SECRETS;
    Sample::new(secret, access, refresh)
}

#[test]
fn no_preview_holds_a_secret() {
    let sample = sample();
    let encoded = Options { secret_encoding: SecretEncoding::Base64, ..Options::default() };
    for format in Format::ALL {
        for options in [&Options::default(), &encoded] {
            let text = preview(format, &sample.values(), options, "●").unwrap();
            assert!(!text.contains("TGSECRET") && text.contains("●●●● "), "{text}");
            // Nor in base64, at whatever place in a group it stands.
            for piece in ["VEdTRUNSRV", "RHU0VDUkVU", "UR1NFQ1JFV"] {
                assert!(!text.contains(piece), "{text}");
            }
        }
    }
}

#[test]
fn a_preview_has_the_lines_of_the_export() {
    let sample = sample();
    for format in Format::ALL {
        let shown = preview(format, &sample.values(), &Options::default(), "●").unwrap();
        let written = write(format, &sample.values(), &Options::default()).unwrap();
        assert_eq!(shown.lines().count(), written.lines().count(), "{shown}");
    }
}

#[test]
fn a_masked_token_keeps_beginning_and_length() {
    let sample = sample();
    let text = preview(Format::Card, &sample.values(), &Options::default(), "●").unwrap();
    assert!(text.contains("Access token:   eyJ0●●●● 36 characters\n"), "{text}");
}

#[test]
fn one_tenant_is_remarked_for_app_connect_only() {
    let one = Sample::usual().of_tenant("contoso.onmicrosoft.com");
    let told = |sample: &Sample, format| {
        remarks(format, &sample.values()).iter().any(|remark| matches!(remark, Remark::OneTenant { .. }))
    };
    for format in [Format::Card, Format::AccountsYaml, Format::AppConnectOperator] {
        assert!(told(&one, format));
        assert!(!told(&Sample::usual(), format));
        assert!(!told(&Sample::usual().of_tenant("common"), format));
    }
    assert!(!told(&one, Format::Json));
}

#[test]
fn what_a_consumer_lacks_is_remarked() {
    let sample = Sample::usual();
    let mut values = sample.values();
    values.client_secret = None;
    values.refresh_token = None;
    let told = |format| remarks(format, &values).len();
    assert_eq!(told(Format::Json), 1);
    assert_eq!(told(Format::CurlConfig), 0);
    assert_eq!(told(Format::AccountsYaml), 3);
    assert_eq!(told(Format::N8n), 3);
    for format in Format::ALL {
        write(format, &values, &Options::default()).unwrap();
    }
}
