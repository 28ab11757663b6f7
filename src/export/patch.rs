//! New values in an existing `accounts.yaml`: the scalars of one account are replaced, every other byte stays.
//!
//! Key names, comments, order, indentation and the accounts of other connectors are the person's. What was written is read
//! again, and only a text in which nothing else differs is given back.

use std::fmt;
use std::ops::Range;

use saphyr_parser::ScalarStyle;
use thiserror::Error;
use zeroize::Zeroizing;

use super::ConnectionValues;
use super::accounts::CONNECTOR;
use super::options::AccountName;
use super::yaml::{Branch, Content, Document, YamlError, push_double_quoted};
use crate::domain::ConnectionValue;
use crate::domain::authority::is_guid;

/// A patched file, and what became of each value.
pub struct Patched {
    /// The text of the file.
    pub text: Zeroizing<String>,
    /// The account that it is in.
    pub account: String,
    /// What was replaced.
    pub replaced: Vec<ConnectionValue>,
    /// Values for which the account has no key.
    pub without_key: Vec<ConnectionValue>,
    /// Keys for which the connection has no value: they keep what they had.
    pub left: Vec<ConnectionValue>,
    /// The account's authorization method, where it is another one than these values are of.
    pub other_auth_type: Option<String>,
}

/// The text holds secrets, those of other connectors too.
impl fmt::Debug for Patched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text: _, account, replaced, without_key, left, other_auth_type } = self;
        f.debug_struct("Patched")
            .field("account", account)
            .field("replaced", replaced)
            .field("without_key", without_key)
            .field("left", left)
            .field("other_auth_type", other_auth_type)
            .finish_non_exhaustive()
    }
}

/// Why a file is not patched. Nothing of its values is told.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatchError {
    /// It cannot be read.
    #[error("the accounts file cannot be read: {0}")]
    Yaml(#[from] YamlError),
    /// Its root has no `accounts`.
    #[error("the file has no key accounts")]
    NoAccounts,
    /// There is no account of the Exchange connector.
    #[error("the file has no account of the connector {CONNECTOR}")]
    NoConnector,
    /// None has that name.
    #[error("the file has no {CONNECTOR} account with the name {wanted}; it has: {}", list(.there))]
    NoSuchAccount {
        /// The name that was looked for.
        wanted: String,
        /// The names there are.
        there: Vec<String>,
    },
    /// Which one is meant is not said.
    #[error("the file has several {CONNECTOR} accounts: {}", list(.there))]
    WhichAccount {
        /// The names there are.
        there: Vec<String>,
    },
    /// Two accounts have the name.
    #[error("two {CONNECTOR} accounts have the name {name}")]
    SameName {
        /// That name.
        name: String,
    },
    /// The account has no credentials, or none of the keys.
    #[error("line {line}: the account has no credentials with a key for any of the values")]
    NoKeys {
        /// Where the account begins.
        line: usize,
    },
    /// A key, or two keys for one value, that stand twice.
    #[error("line {line}: {what} stands twice")]
    Twice {
        /// Where the second one is.
        line: usize,
        /// What it is.
        what: &'static str,
    },
    /// A node that is used elsewhere, or is not one scalar on one line.
    #[error("line {line}: {what}, which is not safe to patch")]
    Unsafe {
        /// Where.
        line: usize,
        /// What is there.
        what: &'static str,
    },
    /// What was written would not be read as it is meant.
    #[error("the patched file would not be read as it is meant")]
    Unproven,
}

/// Names of accounts, in a sentence.
fn list(names: &[String]) -> String {
    if names.is_empty() { "none with a name".to_owned() } else { names.join(", ") }
}

impl PatchError {
    /// What the person can do.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            Self::Yaml(_) => "give the file that App Connect uses, as it was exported",
            Self::NoAccounts | Self::NoConnector => {
                "make the account once in App Connect and export the file, or leave out --patch for a new one"
            }
            Self::NoSuchAccount { .. } | Self::WhichAccount { .. } => "name one of them with --account",
            Self::SameName { .. } => "give each account a name of its own",
            Self::NoKeys { .. } => {
                "give the account credentials with clientId, clientSecret, accessToken, refreshToken"
            }
            Self::Twice { .. } => "remove one of the two",
            Self::Unsafe { .. } => {
                "write the values as plain texts on one line each, without anchors, aliases and tags"
            }
            Self::Unproven => "export a new file without --patch, and move the values by hand",
        }
    }
}

/// Tells whether values could be put into the account of that name, before there are any.
pub fn check(file: &str, account: Option<&AccountName>) -> Result<(), PatchError> {
    let document = Document::read(file)?;
    let (account, _) = find(&document, account)?;
    let fields = fields(&document, credentials_of(&document, account)?)?;
    let is_any = fields.iter().any(Option::is_some);
    is_any.then_some(()).ok_or(PatchError::NoKeys { line: account.line })
}

/// Puts the values into the account of that name; where no name is given, into the only one.
pub fn patch(
    file: &str,
    account: Option<&AccountName>,
    values: &ConnectionValues<'_>,
) -> Result<Patched, PatchError> {
    let document = Document::read(file)?;
    let (account, name) = find(&document, account)?;
    let credentials = credentials_of(&document, account)?;
    let fields = fields(&document, credentials)?;
    let mut replaced = Vec::new();
    let mut without_key = Vec::new();
    let mut left = Vec::new();
    let mut changes: Vec<Change<'_>> = Vec::new();
    for (field, entry) in ConnectionValue::ALL.into_iter().zip(fields) {
        match (entry, values.value(field)) {
            (Some(entry), Some(text)) => {
                changes.push(Change::new(&document, file, entry, text)?);
                replaced.push(field);
            }
            (None, Some(_)) => without_key.push(field),
            (Some(_), None) => left.push(field),
            (None, None) => {}
        }
    }
    if replaced.is_empty() {
        return Err(PatchError::NoKeys { line: account.line });
    }
    let text = apply(file, &mut changes);
    let expected: Vec<(&Branch, &str)> = changes.iter().map(|change| (change.value, change.text)).collect();
    let proven = Document::read(&text).is_ok_and(|after| document.differs_only_in(&expected, &after));
    if !proven {
        return Err(PatchError::Unproven);
    }
    let other_auth_type = other_auth_type(&document, account, credentials);
    Ok(Patched { text, account: name, replaced, without_key, left, other_auth_type })
}

/// The credentials of an account.
pub(super) fn credentials<'d>(
    document: &'d Document<'_>,
    account: Option<&AccountName>,
) -> Result<&'d Branch, PatchError> {
    credentials_of(document, find(document, account)?.0)
}

fn credentials_of<'d>(document: &Document<'_>, account: &'d Branch) -> Result<&'d Branch, PatchError> {
    only(document, account, "credentials", "credentials")?
        .filter(|found| matches!(found.content, Content::Map(_)))
        .ok_or(PatchError::NoKeys { line: account.line })
}

/// The account, and its name.
fn find<'d>(
    document: &'d Document<'_>,
    wanted: Option<&AccountName>,
) -> Result<(&'d Branch, String), PatchError> {
    let accounts =
        only(document, document.root(), "accounts", "the key accounts")?.ok_or(PatchError::NoAccounts)?;
    let connector = only(document, accounts, CONNECTOR, "the connector")?.ok_or(PatchError::NoConnector)?;
    let named: Vec<(&Branch, String)> = connector
        .items()
        .iter()
        .map(|item| {
            let name = document.values_of(item, "name").first().and_then(|name| document.scalar(name));
            (item, name.unwrap_or_default().to_owned())
        })
        .collect();
    let there = || named.iter().map(|(_, name)| name.clone()).filter(|name| !name.is_empty()).collect();
    let matches = |(_, name): &&(&Branch, String)| wanted.is_none_or(|wanted| wanted.as_str() == name);
    let found: Vec<_> = named.iter().filter(matches).collect();
    let (item, name) = match (found.as_slice(), wanted) {
        (_, _) if named.is_empty() => return Err(PatchError::NoConnector),
        ([one], _) => (one.0, one.1.clone()),
        ([], Some(wanted)) => {
            return Err(PatchError::NoSuchAccount { wanted: wanted.as_str().to_owned(), there: there() });
        }
        (_, Some(wanted)) => return Err(PatchError::SameName { name: wanted.as_str().to_owned() }),
        (_, None) => return Err(PatchError::WhichAccount { there: there() }),
    };
    untangled(document, item)?;
    Ok((item, name))
}

/// The value of a key that stands once, and is not tangled up with other nodes.
fn only<'b>(
    document: &Document<'_>,
    map: &'b Branch,
    key: &str,
    what: &'static str,
) -> Result<Option<&'b Branch>, PatchError> {
    untangled(document, map)?;
    match document.values_of(map, key).as_slice() {
        [] => Ok(None),
        [one] => untangled(document, one).map(|()| Some(*one)),
        [_, second, ..] => Err(PatchError::Twice { line: second.line, what }),
    }
}

fn untangled(document: &Document<'_>, branch: &Branch) -> Result<(), PatchError> {
    if document.is_entangled(branch) {
        return Err(PatchError::Unsafe { line: branch.line, what: "an anchor, an alias or a tag" });
    }
    Ok(())
}

/// Key and value of each field of the form, in its order.
type Fields<'b> = [Option<&'b (Branch, Branch)>; 4];

/// The entries of credentials that hold the four values, whatever their keys are called.
pub(super) fn fields<'b>(document: &Document<'_>, credentials: &'b Branch) -> Result<Fields<'b>, PatchError> {
    let mut fields: Fields<'b> = [None; 4];
    for entry in credentials.entries() {
        let Some(key) = document.scalar(&entry.0) else { continue };
        if key == "<<" {
            return Err(PatchError::Unsafe { line: entry.0.line, what: "a merge of another mapping" });
        }
        let Some(field) = field(key) else { continue };
        let slot = &mut fields[ConnectionValue::ALL.iter().position(|own| *own == field).unwrap_or(0)];
        if slot.replace(entry).is_some() {
            return Err(PatchError::Twice { line: entry.0.line, what: field.label() });
        }
        untangled(document, &entry.0)?;
        untangled(document, &entry.1)?;
    }
    Ok(fields)
}

/// Which value a key of credentials is for: the names of this connector's siblings, without regard to case.
fn field(key: &str) -> Option<ConnectionValue> {
    let key = key.to_ascii_lowercase().replacen('_', "", 1);
    Some(match key.as_str() {
        "clientid" | "clientidentity" => ConnectionValue::ClientId,
        "clientsecret" => ConnectionValue::ClientSecret,
        "accesstoken" | "accesstokenbasicoauth" => ConnectionValue::AccessToken,
        "refreshtoken" | "refreshtokenbasicoauth" => ConnectionValue::RefreshToken,
        _ => return None,
    })
}

/// The method that the account is of, if it says another one than that of the four values.
fn other_auth_type(document: &Document<'_>, account: &Branch, credentials: &Branch) -> Option<String> {
    let told = [account, credentials].into_iter().flat_map(|map| document.values_of(map, "authType"));
    told.filter_map(|value| document.scalar(value))
        .find(|told| !told.eq_ignore_ascii_case("BASIC_OAUTH"))
        .map(str::to_owned)
}

/// One scalar and what takes its place.
struct Change<'b> {
    value: &'b Branch,
    text: &'b str,
    place: Range<usize>,
    written: Zeroizing<String>,
}

impl<'b> Change<'b> {
    fn new(
        document: &Document<'_>,
        file: &str,
        entry: &'b (Branch, Branch),
        text: &'b str,
    ) -> Result<Self, PatchError> {
        let (key, value) = entry;
        let odd = |what| PatchError::Unsafe { line: value.line, what };
        let place = document.place(value).ok_or_else(|| odd("a value on several lines"))?;
        let is_empty = place.is_empty();
        let style = match document.style(value) {
            Some(ScalarStyle::Literal | ScalarStyle::Folded) => return Err(odd("a value in block style")),
            Some(style) => style,
            None => return Err(odd("a collection in place of a value")),
        };
        let mut written = Zeroizing::new(String::with_capacity(text.len() * 2 + 8));
        let place = if is_empty {
            written.push(' ');
            let colon = after_colon(file, document.place(key)).ok_or_else(|| odd("a key without a value"))?;
            colon..colon
        } else {
            place
        };
        push_scalar(&mut written, text, style);
        Ok(Self { value, text, place, written })
    }
}

/// Where a value that is not there yet would begin.
fn after_colon(file: &str, key: Option<Range<usize>>) -> Option<usize> {
    let end = key?.end;
    let rest = file.get(end..)?;
    let colon = rest.len() - rest.trim_start_matches(' ').len();
    rest[colon..].starts_with(':').then_some(end + colon + 1)
}

/// In the quotes that were there, as far as the value can stand in them.
fn push_scalar(written: &mut String, text: &str, style: ScalarStyle) {
    match style {
        ScalarStyle::Plain if is_plain(text) => written.push_str(text),
        ScalarStyle::SingleQuoted if text.bytes().all(|b| (0x20..0x7f).contains(&b)) => {
            written.push('\'');
            written.push_str(&Zeroizing::new(text.replace('\'', "''")));
            written.push('\'');
        }
        _ => push_double_quoted(written, text),
    }
}

/// True for what every reader takes as a text without quotes: it begins with a letter, is longer than any word with a
/// meaning, and has no character with one.
fn is_plain(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
    let is_word =
        text.len() >= 8 && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(good);
    is_word || is_guid(text)
}

/// From the end to the beginning, so that no place moves before its turn.
fn apply(file: &str, changes: &mut [Change<'_>]) -> Zeroizing<String> {
    changes.sort_by_key(|change| change.place.start);
    let growth: usize = changes.iter().map(|change| change.written.len()).sum();
    let mut text = Zeroizing::new(String::with_capacity(file.len() + growth));
    let mut done = 0;
    for change in changes {
        text.push_str(&file[done..change.place.start]);
        text.push_str(&change.written);
        done = change.place.end;
    }
    text.push_str(&file[done..]);
    text
}
