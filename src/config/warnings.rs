//! The table `[warnings]`: of what is warned, when, and how.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::domain::warning::{RulesFault, WarningKind, WarningRules};

/// What the table says; every line of it may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Warnings {
    /// Of which kinds.
    pub kinds: Vec<Kind>,
    /// So many days before the end of a client secret or certificate.
    pub secret_days: Days,
    /// So many days before the end of a refresh token that is not renewed by itself.
    pub refresh_token_days: Days,
    /// After renewals have failed for so long.
    pub failing_minutes: Minutes,
    /// A line on the dashboard.
    pub banner: bool,
    /// The counts in the title of the terminal.
    pub title: bool,
    /// The bell of the terminal.
    pub bell: bool,
    /// A notification of the desktop, by a sequence that the terminal takes.
    pub desktop: Desktop,
    /// A program with its arguments, which gets each warning as JSON.
    pub hook: HookCommand,
    /// How long the program may take.
    pub hook_seconds: HookSeconds,
}

impl Default for Warnings {
    fn default() -> Self {
        let rules = WarningRules::default();
        Self {
            kinds: WarningKind::ALL.map(Kind).into(),
            secret_days: Days(rules.secret_days().to_vec()),
            refresh_token_days: Days(rules.refresh_token_days().to_vec()),
            failing_minutes: Minutes(30),
            banner: true,
            title: true,
            bell: true,
            desktop: Desktop::Osc9,
            hook: HookCommand(Vec::new()),
            hook_seconds: HookSeconds(10),
        }
    }
}

/// One of the kinds, by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Kind(WarningKind);

/// Stages, in days.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<u16>")]
pub struct Days(Vec<u16>);

/// A time in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct Minutes(u32);

/// A program with its arguments; none where it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct HookCommand(Vec<String>);

/// A time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct HookSeconds(u32);

/// How a terminal is asked for a notification of the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Desktop {
    /// OSC 9, as iTerm2 began it.
    Osc9,
    /// OSC 777, as rxvt began it.
    Osc777,
    /// Not at all.
    Off,
}

/// What the setting `hook` may be.
pub(super) const HOOK: &str = "a program and its arguments, as in [\"/usr/local/bin/notify\", \"--warn\"]";
/// What the setting `hook_seconds` may be.
pub(super) const HOOK_SECONDS: &str = "a whole number between 1 and 60";

impl TryFrom<String> for Kind {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        WarningKind::parse(&word).map(Self).ok_or("no kind of warning")
    }
}

impl TryFrom<Vec<u16>> for Days {
    type Error = RulesFault;

    fn try_from(days: Vec<u16>) -> Result<Self, RulesFault> {
        WarningRules::default().with_secret_days(&days).map(|_| Self(days))
    }
}

impl TryFrom<u32> for Minutes {
    type Error = RulesFault;

    fn try_from(minutes: u32) -> Result<Self, RulesFault> {
        WarningRules::default().with_failing_minutes(minutes).map(|_| Self(minutes))
    }
}

impl TryFrom<Vec<String>> for HookCommand {
    type Error = &'static str;

    fn try_from(words: Vec<String>) -> Result<Self, Self::Error> {
        let is_program = words.first().is_none_or(|program| !program.trim().is_empty());
        let is_plain = words.iter().all(|word| !word.contains('\0'));
        (is_program && is_plain).then_some(Self(words)).ok_or(HOOK)
    }
}

impl TryFrom<u32> for HookSeconds {
    type Error = &'static str;

    fn try_from(seconds: u32) -> Result<Self, Self::Error> {
        (1..=60).contains(&seconds).then_some(Self(seconds)).ok_or(HOOK_SECONDS)
    }
}

impl Warnings {
    /// Of what is warned, and when.
    pub fn rules(&self) -> WarningRules {
        let checked = "days and minutes were checked when they were read";
        WarningRules::default()
            .only(self.kinds.iter().map(|kind| kind.0))
            .with_secret_days(&self.secret_days.0)
            .and_then(|rules| rules.with_refresh_token_days(&self.refresh_token_days.0))
            .and_then(|rules| rules.with_failing_minutes(self.failing_minutes.0))
            .expect(checked)
    }

    /// The program of the hook and its arguments.
    pub fn hook(&self) -> Option<(&Path, &[String])> {
        let (program, arguments) = self.hook.0.split_first()?;
        Some((Path::new(program), arguments))
    }

    /// How long the program may take.
    pub fn hook_limit(&self) -> Duration {
        Duration::from_secs(self.hook_seconds.0.into())
    }

    /// A program that is named by a relative path stands beside the configuration file; a bare name is looked for in `PATH`.
    pub(super) fn beside(&mut self, file: &Path) {
        if let Some(program) = self.hook.0.first_mut().filter(|program| program.contains('/')) {
            let path: PathBuf = file.with_file_name("").join(&*program);
            *program = path.to_string_lossy().into_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ConfigError};

    fn parse(table: &str) -> Result<Warnings, ConfigError> {
        let text = format!("theme = \"dark\"\n\n[warnings]\n{table}\n");
        Config::parse(&text, Path::new("/home/ops/config.toml")).map(|config| config.warnings)
    }

    #[test]
    fn a_file_without_the_table_warns_of_everything() {
        let warnings = Config::parse("", Path::new("x")).unwrap().warnings;
        assert_eq!(warnings.rules(), WarningRules::default());
        assert_eq!(warnings.hook(), None);
    }

    #[test]
    fn every_rule_can_be_set() {
        let warnings = parse(
            "kinds = [\"secret\", \"failing\"]\nsecret_days = [90, 5]\nrefresh_token_days = [2]\nfailing_minutes = 5\n\
             banner = false\ntitle = false\nbell = false\ndesktop = \"osc777\"\nhook = [\"notify\", \"-x\"]\nhook_seconds = 3",
        )
        .unwrap();
        let rules = warnings.rules();
        assert!(rules.tell(WarningKind::Secret) && !rules.tell(WarningKind::NeedsYou));
        assert_eq!((rules.secret_days(), rules.refresh_token_days()), (&[90, 5][..], &[2][..]));
        assert_eq!(rules.failing(), chrono::TimeDelta::minutes(5));
        assert_eq!(warnings.hook(), Some((Path::new("notify"), &["-x".to_owned()][..])));
        assert_eq!(warnings.hook_limit(), Duration::from_secs(3));
        assert!(!(warnings.banner || warnings.title || warnings.bell));
        assert_eq!(warnings.desktop, Desktop::Osc777);
    }

    #[test]
    fn what_is_wrong_is_told_with_file_and_line() {
        for (table, fault) in [
            (
                "kinds = [\"secrets\"]",
                "warnings.kinds is [\"secrets\"], and has to be a list of \"secret\", ",
            ),
            ("secret_days = []", "warnings.secret_days is [], and has to be one to twenty whole numbers"),
            ("refresh_token_days = [0]", "warnings.refresh_token_days is [0], and has to be one to twenty"),
            ("failing_minutes = 0", "warnings.failing_minutes is 0, and has to be a whole number"),
            ("hook = [\"\"]", "warnings.hook is [\"\"], and has to be a program and its arguments"),
            ("hook = \"notify\"", "warnings.hook is \"notify\", and has to be a program and its arguments"),
            ("hook_seconds = 600", "warnings.hook_seconds is 600, and has to be a whole number"),
            ("desktop = \"growl\"", "warnings.desktop is \"growl\", and has to be one of \"osc9\""),
            ("belll = true", "there is no setting belll in [warnings]"),
        ] {
            let told = parse(table).unwrap_err().to_string();
            assert!(told.starts_with("/home/ops/config.toml, line 4: "), "{told}");
            assert!(told.contains(fault), "{told}");
        }
    }

    #[test]
    fn a_relative_program_stands_beside_the_configuration_file() {
        let program = |text: &str| {
            let mut warnings = parse(&format!("hook = ['{text}']")).unwrap();
            warnings.beside(Path::new("/home/ops/config.toml"));
            warnings.hook().unwrap().0.to_owned()
        };
        assert_eq!(program("bin/warn"), Path::new("/home/ops/bin/warn"));
        assert_eq!(program("/usr/bin/warn"), Path::new("/usr/bin/warn"));
        assert_eq!(program("warn"), Path::new("warn"));
    }
}
