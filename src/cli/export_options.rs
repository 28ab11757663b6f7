//! What may be said of a format, and which format each choice is for.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use crate::export::options::{AccountName, KeyStyle, KubernetesName, Prefix, Quote, SecretEncoding};
use crate::export::{self, Format, Options};
use crate::runtime::export_file::{self, ExportFileError};

use super::exit::{CliError, Exit};
use super::parse;

/// Choices of single formats.
#[derive(Debug, Args)]
pub struct FormatOptions {
    /// How values are quoted in env: single (the default), double, none for docker run --env-file
    #[arg(long, value_enum, hide_possible_values = true, help_heading = "Options of formats")]
    quote: Option<QuoteWay>,
    /// What stands before each name in env, such as EXCHANGE_
    #[arg(long, value_parser = parse::prefix, help_heading = "Options of formats")]
    prefix: Option<Prefix>,
    /// Namespace of the manifests
    #[arg(long, value_name = "NAME", value_parser = parse::kubernetes_name, help_heading = "Options of formats")]
    namespace: Option<KubernetesName>,
    /// Name of the Secret in the manifests
    #[arg(long, value_name = "NAME", value_parser = parse::kubernetes_name, help_heading = "Options of formats")]
    secret_name: Option<KubernetesName>,
    /// Values of kubernetes-secret in base64 under data, not as text under stringData
    #[arg(long, help_heading = "Options of formats")]
    base64: bool,
    /// Account in App Connect: the one to be patched, or the name of a new one [default of a new one: Account 1]
    #[arg(long, value_name = "NAME", value_parser = parse::account, help_heading = "Options of formats")]
    account: Option<AccountName>,
    /// An accounts.yaml that exists: its values are replaced, all else in it stays
    #[arg(long, value_name = "FILE", help_heading = "Options of formats")]
    patch: Option<PathBuf>,
    /// What the keys of a new account are called: plain (the default), basic-oauth
    #[arg(
        long,
        value_enum,
        conflicts_with = "patch",
        hide_possible_values = true,
        help_heading = "Options of formats"
    )]
    key_style: Option<KeyStyleName>,
}

/// How values are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum QuoteWay {
    /// 'value'
    Single,
    /// "value"
    Double,
    /// value
    None,
}

impl From<QuoteWay> for Quote {
    fn from(way: QuoteWay) -> Self {
        match way {
            QuoteWay::Single => Self::Single,
            QuoteWay::Double => Self::Double,
            QuoteWay::None => Self::None,
        }
    }
}

/// What the keys of a new account are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KeyStyleName {
    /// clientId, accessToken, refreshToken
    Plain,
    /// clientIdentity, accessTokenBasicOauth, refreshTokenBasicOauth
    BasicOauth,
}

impl From<KeyStyleName> for KeyStyle {
    fn from(name: KeyStyleName) -> Self {
        match name {
            KeyStyleName::Plain => Self::Plain,
            KeyStyleName::BasicOauth => Self::BasicOauth,
        }
    }
}

/// A choice, whether it was made, and the formats that it is for.
type Row<'r> = (&'static str, bool, &'r [Format]);

impl FormatOptions {
    /// Refuses a choice that the format does not know.
    pub fn check(&self, format: Format) -> Result<(), CliError> {
        let accounts = [Format::AccountsYaml, Format::AppConnectOperator];
        let manifests = [Format::KubernetesSecret, Format::AppConnectOperator];
        let rows: [Row<'_>; 8] = [
            ("--quote", self.quote.is_some(), &[Format::Env]),
            ("--prefix", self.prefix.is_some(), &[Format::Env]),
            ("--namespace", self.namespace.is_some(), &manifests),
            ("--secret-name", self.secret_name.is_some(), &manifests),
            ("--base64", self.base64, &[Format::KubernetesSecret]),
            ("--account", self.account.is_some(), &accounts),
            ("--patch", self.patch.is_some(), &accounts),
            ("--key-style", self.key_style.is_some(), &accounts),
        ];
        let wrong = rows.iter().find(|(_, given, formats)| *given && !formats.contains(&format));
        wrong.map_or(Ok(()), |(option, _, formats)| Err(not_for(option, format, formats)))
    }

    /// The choices.
    pub fn options(&self) -> Options {
        Options {
            quote: self.quote.map(Quote::from).unwrap_or_default(),
            prefix: self.prefix.clone().unwrap_or_default(),
            namespace: self.namespace.clone(),
            secret_name: self.secret_name.clone(),
            secret_encoding: if self.base64 { SecretEncoding::Base64 } else { SecretEncoding::Text },
            account: self.account.clone().unwrap_or_default(),
            key_style: self.key_style.map(KeyStyle::from).unwrap_or_default(),
            ..Options::default()
        }
    }

    /// The account that is named.
    pub fn account(&self) -> Option<&AccountName> {
        self.account.as_ref()
    }

    /// The accounts file to be patched, as it is now.
    pub fn existing_accounts(&self) -> Result<Option<Zeroizing<String>>, CliError> {
        let read = |path: &PathBuf| export_file::read(path, export::LARGEST as u64);
        self.patch.as_ref().map(read).transpose().map_err(|error| not_read(&error))
    }

    /// Tells whether the accounts file can be patched, before anything is renewed for it.
    pub fn check_accounts(&self) -> Result<(), CliError> {
        match self.existing_accounts()? {
            Some(accounts) => Ok(export::check_patch(&accounts, self.account())?),
            None => Ok(()),
        }
    }
}

fn not_read(error: &ExportFileError) -> CliError {
    let exit = if error.is_of_system() { Exit::LocalIo } else { Exit::Refused };
    CliError::new(
        exit,
        error.to_string(),
        "name the accounts.yaml that App Connect uses, a regular file, or leave out --patch for a new one",
    )
}

fn not_for(option: &str, format: Format, formats: &[Format]) -> CliError {
    let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
    let names = names.join(" or ");
    CliError::new(
        Exit::Usage,
        format!("{option} is for --format {names}, and means nothing to {}", format.name()),
        format!("leave out {option}, or give --format {names}"),
    )
}
