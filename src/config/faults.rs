//! What is wrong with a configuration file, in words: which setting, what it may be, what stands there.

use std::ops::Range;

use toml::de::{DeTable, DeValue, Error};

use crate::domain::warning::{RulesFault, WarningKind};

use super::warnings::{HOOK, HOOK_SECONDS};

/// The settings of the file itself, tables included.
const SETTINGS: [&str; 6] = ["theme", "glyphs", "colours", "ca_file", "keys", "warnings"];
/// Those of the table `[warnings]`.
const WARNINGS: [&str; 10] = [
    "kinds",
    "secret_days",
    "refresh_token_days",
    "failing_minutes",
    "banner",
    "title",
    "bell",
    "desktop",
    "hook",
    "hook_seconds",
];
/// More of a wrong value is not repeated.
const LONGEST_SHOWN: usize = 60;

/// What is wrong.
pub(super) fn in_words(text: &str, error: &Error) -> String {
    let at = error.span().map_or(0, |span| span.start);
    // What the reader expected is in its own words, and more than one thing may be right there.
    let message = error.message().split(", expected").next().unwrap_or_default();
    let Ok(table) = DeTable::parse(text) else { return format!("that is no TOML: {message}") };
    find(table.get_ref(), at, "").map_or_else(|| message.to_owned(), |place| place.in_words(text))
}

/// A setting as it stands in the text.
struct Place {
    /// With its table before a dot.
    name: String,
    /// Where its value stands; `None` for a table.
    value: Option<Range<usize>>,
}

/// The innermost setting that stands at this byte.
fn find(table: &DeTable<'_>, at: usize, prefix: &str) -> Option<Place> {
    table.iter().find_map(|(key, value)| {
        let name = format!("{prefix}{}", key.get_ref());
        let is_here = || key.span().contains(&at) || value.span().contains(&at);
        match value.get_ref() {
            DeValue::Table(inner) => find(inner, at, &format!("{name}."))
                .or_else(|| is_here().then_some(Place { name, value: None })),
            _ => is_here().then(|| Place { name, value: Some(value.span()) }),
        }
    })
}

impl Place {
    fn in_words(&self, text: &str) -> String {
        let Some(allowed) = allowed(&self.name) else {
            return match self.name.strip_prefix("warnings.") {
                Some(name) => {
                    format!("there is no setting {name} in [warnings], but {}", WARNINGS.join(", "))
                }
                None => format!("there is no setting {}, but {}", self.name, SETTINGS.join(", ")),
            };
        };
        format!("{} is {}, and has to be {allowed}", self.name, self.found(text))
    }

    /// What stands there, on one line.
    fn found(&self, text: &str) -> String {
        let written = self.value.clone().and_then(|span| text.get(span));
        let Some(written) = written else { return "a table".to_owned() };
        let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() > LONGEST_SHOWN {
            return format!("{} …", line.chars().take(LONGEST_SHOWN).collect::<String>());
        }
        line
    }
}

/// What a setting may be; `None` if there is no such setting.
fn allowed(name: &str) -> Option<String> {
    let words = match name {
        "theme" => "the name of a theme, as in \"dark\"",
        "glyphs" => "one of \"auto\", \"smooth\", \"plain\", \"ascii\"",
        "colours" => "one of \"auto\", \"truecolor\", \"256\", \"16\", \"none\"",
        "ca_file" => "the path of a file, as in \"/etc/ssl/proxy.pem\"",
        "keys" => "a table, [keys]",
        "warnings" => "a table, [warnings]",
        "warnings.kinds" => {
            let kinds = WarningKind::ALL.map(|kind| format!("\"{}\"", kind.word()));
            return Some(format!("a list of {}", kinds.join(", ")));
        }
        "warnings.secret_days" | "warnings.refresh_token_days" => return Some(RulesFault::Days.to_string()),
        "warnings.failing_minutes" => return Some(RulesFault::Minutes.to_string()),
        "warnings.banner" | "warnings.title" | "warnings.bell" => "true or false",
        "warnings.desktop" => "one of \"osc9\", \"osc777\", \"off\"",
        "warnings.hook" => HOOK,
        "warnings.hook_seconds" => HOOK_SECONDS,
        action if action.starts_with("keys.") => "a list of keys, as in [\"r\", \"Ctrl-R\"]",
        _ => return None,
    };
    Some(words.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn told(text: &str) -> String {
        Config::parse(text, Path::new("c.toml")).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_value_is_told_with_its_setting_what_it_may_be_and_what_it_is() {
        for (text, expected) in [
            ("theme = 5", "c.toml, line 1: theme is 5, and has to be the name of a theme, as in \"dark\""),
            (
                "\n[warnings]\nsecret_days = [30, \"x\"]",
                "c.toml, line 3: warnings.secret_days is [30, \"x\"], and has to be one to twenty whole numbers \
                 between 1 and 3650, as in [60, 30, 14, 7, 1]",
            ),
            (
                "warnings.refresh_token_days = [70000]",
                "c.toml, line 1: warnings.refresh_token_days is [70000], and has to be one to twenty whole numbers \
                 between 1 and 3650, as in [60, 30, 14, 7, 1]",
            ),
            (
                "[warnings]\nfailing_minutes = -1",
                "c.toml, line 2: warnings.failing_minutes is -1, and has to be a whole number between 1 and 10080",
            ),
            ("warnings = 3", "c.toml, line 1: warnings is 3, and has to be a table, [warnings]"),
            (
                "[theme]\nname = 'dark'",
                "c.toml, line 1: theme is a table, and has to be the name of a theme, as in \"dark\"",
            ),
            (
                "[keys]\nrenew = 'r'",
                "c.toml, line 2: keys.renew is 'r', and has to be a list of keys, as in [\"r\", \"Ctrl-R\"]",
            ),
            (
                "colors = '16'",
                "c.toml, line 1: there is no setting colors, but theme, glyphs, colours, ca_file, keys, warnings",
            ),
        ] {
            assert_eq!(told(text), expected);
        }
        assert!(
            told("[warnings]\nbelll = true").contains("there is no setting belll in [warnings], but kinds, ")
        );
        assert!(told("theme = dark").ends_with("line 1: that is no TOML: string values must be quoted"));
        assert!(told("[warnings").ends_with("line 1: that is no TOML: unclosed table"));
    }

    #[test]
    fn no_setting_is_told_in_words_of_the_program() {
        let names = SETTINGS.iter().map(ToString::to_string);
        let names: Vec<String> =
            names.chain(WARNINGS.iter().map(|name| format!("warnings.{name}"))).collect();
        // No setting is a date.
        for name in names {
            let told = told(&format!("{name} = 1979-05-27"));
            assert!(told.contains(&format!("{name} is 1979-05-27, and has to be ")), "{told}");
        }
    }

    #[test]
    fn every_word_that_a_setting_may_be_is_taken() {
        for name in ["glyphs", "colours", "warnings.desktop"] {
            let allowed = allowed(name).unwrap();
            let words: Vec<&str> = allowed.split('"').skip(1).step_by(2).collect();
            assert!(words.len() > 2);
            for word in words {
                assert!(
                    Config::parse(&format!("{name} = '{word}'"), Path::new("c")).is_ok(),
                    "{name}: {word}"
                );
            }
        }
    }

    #[test]
    fn every_setting_that_is_read_is_named() {
        let of_reader = |text: &str| {
            let error = toml::from_str::<Config>(text).unwrap_err();
            let (_, names) = error.message().split_once("expected one of ").unwrap();
            names.split(", ").map(|name| name.trim_matches('`').to_owned()).collect::<Vec<String>>()
        };
        assert_eq!(of_reader("nonsense = 1"), SETTINGS);
        assert_eq!(of_reader("warnings.nonsense = 1"), WARNINGS);
    }
}
