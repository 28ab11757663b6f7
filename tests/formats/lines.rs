//! Formats of lines: a shell, systemd's and a container's rules, and curl's read each value back exactly, or it is refused.

use proptest::prelude::*;
use tokengauge::export::options::{Prefix, Quote};
use tokengauge::export::{ExportError, Format, Options, write};

use super::readers::shell;
use super::values::{CLIENT_ID, Sample, hostile_line};

fn env(sample: &Sample, quote: Quote) -> Result<String, ExportError> {
    let options = Options { quote, prefix: Prefix::parse("EXCHANGE_").unwrap(), ..Options::default() };
    write(Format::Env, &sample.values(), &options).map(|text| text.to_string())
}

/// systemd.exec(5), `EnvironmentFile=`: single quotes keep all, between double quotes a backslash escapes `"`, `\`, `$` and
/// a back-tick; after a closing quote the text goes on.
fn systemd(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")))?;
    let mut characters = line.chars();
    let mut value = String::new();
    match characters.next()? {
        '\'' => value.extend(characters.by_ref().take_while(|c| *c != '\'')),
        '"' => loop {
            match characters.next()? {
                '"' => break,
                '\\' => match characters.next()? {
                    special @ ('"' | '\\' | '$' | '`') => value.push(special),
                    other => value.extend(['\\', other]),
                },
                other => value.push(other),
            }
        },
        _ => return None,
    }
    characters.next().is_none().then_some(value)
}

/// docker run(1), `--env-file`: the line after the first `=` as it is.
fn docker(text: &str, name: &str) -> Option<String> {
    text.lines()
        .map(str::trim_start)
        .find_map(|line| line.strip_prefix(&format!("{name}=")))
        .map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_shell_and_systemd_read_what_is_quoted(secret in hostile_line(), access in hostile_line(), refresh in hostile_line()) {
        let sample = Sample::new(&secret, &access, &refresh);
        for quote in [Quote::Single, Quote::Double] {
            let text = match env(&sample, quote) {
                Ok(text) => text,
                Err(error) => {
                    let odd = [&secret, &access, &refresh].iter().any(|text| text.contains('\''));
                    prop_assert!(quote == Quote::Single && odd, "{error}");
                    continue;
                }
            };
            let read = shell(&text);
            let names = ["EXCHANGE_CLIENT_SECRET", "EXCHANGE_ACCESS_TOKEN", "EXCHANGE_REFRESH_TOKEN"];
            for (name, expected) in names.into_iter().zip([&secret, &access, &refresh]) {
                prop_assert_eq!(read.get(name), Some(expected));
                prop_assert_eq!(systemd(&text, name), Some(expected.clone()));
            }
            prop_assert_eq!(read.get("EXCHANGE_CLIENT_ID").map(String::as_str), Some(CLIENT_ID));
        }
    }

    #[test]
    fn a_container_reads_what_is_not_quoted(secret in hostile_line(), access in hostile_line()) {
        let sample = Sample::new(&secret, &access, "1.AX");
        match env(&sample, Quote::None) {
            Ok(text) => {
                prop_assert_eq!(docker(&text, "EXCHANGE_CLIENT_SECRET"), Some(secret));
                prop_assert_eq!(docker(&text, "EXCHANGE_ACCESS_TOKEN"), Some(access));
            }
            Err(_) => prop_assert!([&secret, &access].iter().any(|text| text.trim() != text.as_str())),
        }
    }
}

#[test]
fn no_line_carries_a_line_break() {
    for format in [Format::Env, Format::Card, Format::CurlConfig] {
        let sample = Sample::new("s", "a\nb", "r");
        let error = write(format, &sample.values(), &Options::default()).unwrap_err();
        assert_eq!(error, ExportError::ControlCharacter { value: "access token" });
    }
}

#[test]
fn what_is_refused_is_named_and_not_shown() {
    let sample = Sample::new("it's a TGSECRET", "a", "r");
    let error = env(&sample, Quote::Single).unwrap_err();
    assert_eq!(error.to_string(), "the client secret has a character in it that single quotes cannot carry");
    assert_eq!(error.what_to_do(), "give --quote double, or another format");
}

#[test]
fn the_names_have_no_prefix_by_default() {
    let text = write(Format::Env, &Sample::usual().values(), &Options::default()).unwrap();
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    for name in ["CLIENT_ID", "CLIENT_SECRET", "ACCESS_TOKEN", "REFRESH_TOKEN", "TENANT_ID"] {
        assert!(names.contains(&name), "{name}");
    }
}

#[test]
fn curl_reads_one_header() {
    let text = write(Format::CurlConfig, &Sample::usual().values(), &Options::default()).unwrap();
    assert_eq!(text.as_str(), "header = \"Authorization: Bearer eyJ0EXAMPLE\"\n");
}

#[test]
fn the_card_has_the_labels_of_the_form_in_its_order() {
    let text = write(Format::Card, &Sample::usual().values(), &Options::default()).unwrap();
    let expected = "Client ID:      00001111-aaaa-2222-bbbb-3333cccc4444\n\
                    Client secret:  EXA~mple.Secret_value-1\n\
                    Access token:   eyJ0EXAMPLE\n\
                    Refresh token:  1.AXEXAMPLE\n";
    assert!(text.contains(expected), "{}", text.as_str());
}
