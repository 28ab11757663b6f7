//! Settings and paths: where vault and configuration file are, and what the file says.
//!
//! An option wins over its environment variable, which wins over the person's own directories (XDG). There is no
//! third place to fall back to: without a home, a path has to be named.

mod faults;
mod warnings;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use serde::Deserialize;
use thiserror::Error;

use crate::given_file;
use crate::keymap::{Keymap, KeymapError};
use crate::sanitize::sanitize;
use crate::vault::unlock::{Keyring, Sources};

pub use warnings::{Desktop, Warnings};

/// The variables of the environment that are looked at, empty ones left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// `TOKENGAUGE_VAULT`.
    pub vault: Option<PathBuf>,
    /// `TOKENGAUGE_CONFIG`.
    pub config: Option<PathBuf>,
    /// `TOKENGAUGE_KEY_FILE`.
    pub key_file: Option<PathBuf>,
    /// `TOKENGAUGE_PASSPHRASE_FILE`.
    pub passphrase_file: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`, set by systemd.
    pub credentials_directory: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `XDG_DATA_HOME`.
    pub xdg_data_home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`.
    pub xdg_config_home: Option<PathBuf>,
    /// `XDG_STATE_HOME`.
    pub xdg_state_home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub xdg_runtime_dir: Option<PathBuf>,
}

impl Variables {
    /// That of this process.
    pub fn of_process() -> Self {
        Self::read(|name| std::env::var_os(name))
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            vault: path("TOKENGAUGE_VAULT"),
            config: path("TOKENGAUGE_CONFIG"),
            key_file: path("TOKENGAUGE_KEY_FILE"),
            passphrase_file: path("TOKENGAUGE_PASSPHRASE_FILE"),
            credentials_directory: path("CREDENTIALS_DIRECTORY"),
            home: path("HOME"),
            xdg_data_home: path("XDG_DATA_HOME"),
            xdg_config_home: path("XDG_CONFIG_HOME"),
            xdg_state_home: path("XDG_STATE_HOME"),
            xdg_runtime_dir: path("XDG_RUNTIME_DIR"),
        }
    }

    /// Where the key of the vault may come from; `key_file` is that of the command line.
    pub fn sources(&self, key_file: Option<PathBuf>) -> Sources {
        Sources {
            key_file: key_file.or_else(|| self.key_file.clone()),
            credentials_directory: self.credentials_directory.clone(),
            passphrase_file: self.passphrase_file.clone(),
            keyring: Keyring::Asked,
            notes: self.state_directory(),
            runtime_directory: self.runtime_directory(),
            usual_runtime_directory: None,
            since_boot: std::time::Duration::ZERO,
        }
    }

    /// `XDG_RUNTIME_DIR`; one that is not absolute is none.
    pub fn runtime_directory(&self) -> Option<PathBuf> {
        self.xdg_runtime_dir.clone().filter(|directory| directory.is_absolute())
    }

    /// `$XDG_STATE_HOME/tokengauge`. Nothing depends on it, so what is not plain is passed over.
    fn state_directory(&self) -> Option<PathBuf> {
        // A home that is not there is not made for this.
        let usual = || self.home.as_ref().filter(|home| home.is_dir()).map(|home| home.join(".local/state"));
        let directory = self.xdg_state_home.clone().or_else(usual)?;
        directory.is_absolute().then(|| directory.join("tokengauge"))
    }
}

/// Where things are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Directory of the vault.
    pub vault: PathBuf,
    /// The configuration file and whether it must be there; `None` where no home tells a place.
    pub config: Option<ConfigFile>,
}

/// The configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigFile {
    /// Named by the person: it must be there.
    Named(PathBuf),
    /// In its usual place: it need not be.
    Usual(PathBuf),
}

impl ConfigFile {
    /// Its path.
    pub fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::Usual(path) => path,
        }
    }

    /// The directory of the person's own themes, beside it.
    pub fn themes_directory(&self) -> PathBuf {
        self.path().with_file_name("themes")
    }
}

impl Paths {
    /// Finds them: option, then environment, then home.
    pub fn find(
        vault: Option<PathBuf>,
        config: Option<PathBuf>,
        environment: &Variables,
    ) -> Result<Self, ConfigError> {
        let vault = match vault.or_else(|| environment.vault.clone()) {
            Some(path) => path,
            None => usual(environment, environment.xdg_data_home.as_ref(), "XDG_DATA_HOME", "--vault")?
                .data_dir()
                .join("vault"),
        };
        let config = match config.or_else(|| environment.config.clone()) {
            Some(path) => Some(ConfigFile::Named(path)),
            None => usual_config(environment)?,
        };
        Ok(Self { vault, config })
    }
}

/// Without a home there is no usual file, and none is needed.
fn usual_config(environment: &Variables) -> Result<Option<ConfigFile>, ConfigError> {
    match usual(environment, environment.xdg_config_home.as_ref(), "XDG_CONFIG_HOME", "--config") {
        Ok(own) => Ok(Some(ConfigFile::Usual(own.config_dir().join("config.toml")))),
        Err(ConfigError::NoHome { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The person's own directories, if the environment tells them plainly. `directories` would pass over a relative path
/// and ask the user database instead of `HOME`: surprising, for a place that keeps secrets.
fn usual(
    environment: &Variables,
    xdg: Option<&PathBuf>,
    variable: &'static str,
    option: &'static str,
) -> Result<ProjectDirs, ConfigError> {
    let (variable, path) = match (xdg, &environment.home) {
        (Some(path), _) => (variable, path),
        (None, Some(home)) => ("HOME", home),
        (None, None) => return Err(ConfigError::NoHome { option }),
    };
    if path.is_relative() {
        return Err(ConfigError::RelativePath { variable, option });
    }
    ProjectDirs::from("", "", "tokengauge").ok_or(ConfigError::NoHome { option })
}

/// Which shapes the dashboard draws with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GlyphChoice {
    /// By terminal and locale.
    #[default]
    Auto,
    /// Eighth blocks.
    Smooth,
    /// Halves and shades, which old fonts have.
    Plain,
    /// ASCII.
    Ascii,
}

/// How many colours the dashboard uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum ColourChoice {
    /// By what the terminal says of itself.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// 24 bits.
    #[serde(rename = "truecolor")]
    TrueColour,
    /// The palette of 256.
    #[serde(rename = "256")]
    Palette,
    /// The 16 of the terminal.
    #[serde(rename = "16")]
    Sixteen,
    /// None.
    #[serde(rename = "none")]
    None,
}

/// What the configuration file says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Name of a theme, built in or of a file in `themes/` beside the configuration file.
    pub theme: Option<String>,
    /// Shapes.
    pub glyphs: GlyphChoice,
    /// Colours.
    pub colours: ColourChoice,
    /// One more file of CA certificates to trust (PEM or DER): that of a proxy that reads along.
    pub ca_file: Option<PathBuf>,
    /// Action → keys.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Of what is warned, and how.
    pub warnings: Warnings,
}

impl Config {
    /// Reads the file; the defaults where there is none in the usual place.
    pub fn load(file: Option<&ConfigFile>) -> Result<Self, ConfigError> {
        let Some(file) = file else { return Ok(Self::default()) };
        match (read_bounded(file.path()), file) {
            (Ok(text), _) => {
                // What is named in it may be started from another directory than this.
                let place = std::path::absolute(file.path()).unwrap_or_else(|_| file.path().to_owned());
                Ok(Self::parse(&text, file.path())?.beside(&place))
            }
            (Err(error), ConfigFile::Usual(_)) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            (Err(error), _) => Err(ConfigError::Unreadable {
                file: file.path().to_owned(),
                reason: sanitize(&error.to_string(), 120),
            }),
        }
    }

    /// Reads the text; `file` is for the error only.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let wrong = |error: toml::de::Error| {
            let offset = error.span().map_or(0, |span| span.start).min(text.len());
            ConfigError::Wrong {
                file: file.to_owned(),
                line: 1 + text.get(..offset).map_or(0, |before| before.matches('\n').count()),
                fault: sanitize(&faults::in_words(text, &error), 300),
            }
        };
        toml::from_str(text).map_err(wrong)
    }

    /// A relative path is one from the directory of the configuration file.
    fn beside(mut self, file: &Path) -> Self {
        self.ca_file = self.ca_file.map(|path| file.with_file_name("").join(path));
        self.warnings.beside(file);
        self
    }

    /// The bindings in force.
    pub fn keymap(&self, file: Option<&ConfigFile>) -> Result<Keymap, ConfigError> {
        let overrides = self.keys.iter().map(|(action, keys)| (action.as_str(), keys.as_slice()));
        Keymap::with_overrides(overrides).map_err(|fault| ConfigError::Keys {
            file: file.map_or_else(PathBuf::new, |file| file.path().to_owned()),
            fault,
        })
    }
}

/// More than any settings.
const LONGEST_CONFIG: u64 = 1024 * 1024;

/// The text of a file with settings: the configuration, or a theme.
pub fn read_bounded(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    given_file::open(path)?.take(LONGEST_CONFIG + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST_CONFIG {
        return Err(io::Error::other("it is longer than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is no UTF-8 text"))
}

/// How the dashboard looks, as far as the person decided it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LookChoice {
    /// `--theme`, else the configuration's; `None` leaves it to the terminal.
    pub theme: Option<String>,
    /// Shapes.
    pub glyphs: GlyphChoice,
    /// Colours.
    pub colours: ColourChoice,
    /// Where the person's own themes are, `NAME.toml` each; it need not exist.
    pub themes: Option<PathBuf>,
}

/// What the dashboard starts with.
#[derive(Debug, Clone)]
pub struct DashboardOptions {
    /// Directory of the vault, which may not exist yet.
    pub vault: PathBuf,
    /// Where its key may come from.
    pub sources: Sources,
    /// The configuration file, which is read again when TLS is set up.
    pub config: Option<ConfigFile>,
    /// The bindings.
    pub keymap: Keymap,
    /// The look.
    pub look: LookChoice,
    /// Of what is warned, and how.
    pub warnings: Warnings,
}

/// What is wrong with paths or configuration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// Nothing tells where the person's files are.
    #[error("HOME is not set, so there is no place for the vault")]
    NoHome {
        /// The option that names the place.
        option: &'static str,
    },
    /// A directory that depends on where the program was started.
    #[error("{variable} is not an absolute path")]
    RelativePath {
        /// The variable.
        variable: &'static str,
        /// The option that names the place.
        option: &'static str,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {reason}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is not as it should be.
    #[error("{}, line {line}: {fault}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        fault: String,
    },
    /// The bindings in it do not work.
    #[error("{}, [keys]: {fault}", file.display())]
    Keys {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        fault: KeymapError,
    },
}

impl ConfigError {
    /// Second line: what to do.
    pub fn what_to_do(&self) -> String {
        match self {
            Self::NoHome { option } => format!("set HOME, or name the place with {option}"),
            Self::RelativePath { variable, option } => {
                format!("set {variable} to a path that begins with /, or name the place with {option}")
            }
            Self::Unreadable { .. } => "mend the file, or name another one with --config".to_owned(),
            Self::Wrong { .. } => "mend that line, or take it out: what is not said is as usual".to_owned(),
            Self::Keys { .. } => "write it as in: renew = [\"r\", \"Ctrl-R\"]".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Variables {
        Variables::read(|name| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| value.into()))
    }

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, Path::new("/home/ops/config.toml"))
    }

    #[test]
    fn an_option_wins_over_its_variable() {
        let environment = environment(&[("TOKENGAUGE_VAULT", "/from/variable"), ("HOME", "/home/ops")]);
        let found =
            |option: Option<&str>| Paths::find(option.map(Into::into), None, &environment).unwrap().vault;
        assert_eq!(found(Some("/from/option")), Path::new("/from/option"));
        assert_eq!(found(None), Path::new("/from/variable"));
    }

    #[test]
    fn without_a_home_the_vault_has_no_place() {
        let find = |pairs: &[(&str, &str)]| Paths::find(None, None, &environment(pairs));
        assert_eq!(find(&[]), Err(ConfigError::NoHome { option: "--vault" }));
        assert_eq!(find(&[("HOME", "")]), Err(ConfigError::NoHome { option: "--vault" }));
        let relative = |variable| Err(ConfigError::RelativePath { variable, option: "--vault" });
        assert_eq!(find(&[("HOME", "x")]), relative("HOME"));
        assert_eq!(find(&[("HOME", "/home/ops"), ("XDG_DATA_HOME", "here")]), relative("XDG_DATA_HOME"));
    }

    #[test]
    fn what_was_seen_is_noted_in_the_state_directory_or_nowhere() {
        let notes = |pairs: &[(&str, &str)]| environment(pairs).sources(None).notes;
        assert_eq!(notes(&[("HOME", "/")]), Some("/.local/state/tokengauge".into()));
        assert_eq!(notes(&[("HOME", "/nowhere/ops")]), None, "nobody's home is made for it");
        let both = [("HOME", "/home/ops"), ("XDG_STATE_HOME", "/var/state")];
        assert_eq!(notes(&both), Some("/var/state/tokengauge".into()));
        assert_eq!(notes(&[("XDG_STATE_HOME", "here")]), None);
        assert_eq!(notes(&[]), None);
    }

    #[test]
    fn what_cannot_be_saved_goes_to_the_runtime_directory_if_that_is_a_place() {
        let directory =
            |text: &str| environment(&[("XDG_RUNTIME_DIR", text)]).sources(None).runtime_directory;
        assert_eq!(directory("/run/user/1000"), Some("/run/user/1000".into()));
        assert_eq!((directory("here"), directory("")), (None, None));
    }

    #[test]
    fn an_unknown_setting_is_told_with_file_and_line() {
        let error = parse("theme = \"dark\"\n\ncolors = \"16\"\n").unwrap_err();
        assert!(
            error.to_string().starts_with("/home/ops/config.toml, line 3: there is no setting colors, but "),
            "{error}"
        );
    }

    #[test]
    fn what_never_ends_or_is_no_text_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let [pipe, long, latin] = ["pipe", "long", "latin"].map(|name| directory.path().join(name));
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_bits_truncate(0o600)).unwrap();
        std::fs::File::create(&long).unwrap().set_len(1 << 30).unwrap();
        std::fs::write(&latin, b"theme = \"d\xe4mmrig\"").unwrap();
        for (path, told) in [
            (pipe, "cannot be read: it is no file but a pipe"),
            ("/dev/zero".into(), "cannot be read: it is no file but a pipe, a terminal or a device"),
            (long, "cannot be read: it is longer than 1 MiB"),
            (latin, "cannot be read: it is no UTF-8 text"),
        ] {
            for file in [ConfigFile::Named(path.clone()), ConfigFile::Usual(path)] {
                let error = Config::load(Some(&file)).unwrap_err().to_string();
                assert!(error.contains(told), "{error}");
            }
        }
        let nothing = ConfigFile::Named("/dev/null".into());
        assert_eq!(Config::load(Some(&nothing)), Ok(Config::default()));
    }

    #[test]
    fn settings_are_read() {
        let config = parse("colours = \"256\"\nglyphs = \"ascii\"\n[keys]\nrenew = [\"Ctrl-R\"]\n").unwrap();
        assert_eq!((config.colours, config.glyphs), (ColourChoice::Palette, GlyphChoice::Ascii));
        assert_eq!(config.keymap(None).unwrap().key_of(crate::app::Action::Renew), "Ctrl-R");
    }

    #[test]
    fn a_relative_ca_file_stands_beside_the_configuration_file() {
        let ca_file =
            |text: &str| parse(text).unwrap().beside(Path::new("/home/ops/config.toml")).ca_file.unwrap();
        assert_eq!(ca_file("ca_file = 'proxy.pem'"), Path::new("/home/ops/proxy.pem"));
        assert_eq!(ca_file("ca_file = '/etc/proxy.pem'"), Path::new("/etc/proxy.pem"));
    }

    #[test]
    fn themes_stand_beside_the_configuration_file() {
        let file = ConfigFile::Named("/etc/tg/config.toml".into());
        assert_eq!(file.themes_directory(), Path::new("/etc/tg/themes"));
    }
}
