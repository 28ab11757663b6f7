//! The export panel: a format, its choice, a file, and how the text would look with its secrets masked.
//!
//! The text itself never comes here: the executor makes it, masks it for the preview, and writes it.

use crate::domain::hand_over::Label;
use crate::domain::{ConnectionId, Overview};
use crate::export::options::{KeyStyle, Quote, SecretEncoding};
use crate::export::{Format, Options};

use super::{Delivery, Failure, Field, RequestId, Secrecy};

/// The longest path that can be typed.
const LONGEST_PATH: usize = 1024;

/// The export panel.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportPanel {
    /// Whose values.
    pub connection: ConnectionId,
    /// In which form.
    pub format: Format,
    /// Its choices.
    pub options: Options,
    /// The file to be written.
    pub file: Field,
    /// True once the person has changed the file's name: another format leaves it then.
    pub is_file_chosen: bool,
    /// Where keys go.
    pub focus: ExportFocus,
    /// How the text would look.
    pub preview: Preview,
    /// The first line of it that is shown.
    pub scrolled: usize,
    /// What is under way, asked or done.
    pub phase: ExportPhase,
    /// The directory of a file that the person has not named.
    directory: String,
}

/// Where keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFocus {
    /// The choice of the format.
    Format,
    /// The choice that the format has.
    Option,
    /// The file's name.
    File,
}

/// How the text would look.
#[derive(Debug, Clone, PartialEq)]
pub enum Preview {
    /// It is being made.
    Awaited(RequestId),
    /// Here it is.
    Ready(Box<Previewed>),
    /// It cannot be made.
    Failed(Failure),
}

/// A preview. Printable, without a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Previewed {
    /// The lines of the text, or what would change in the file that is there.
    pub lines: Vec<String>,
    /// What a person should know.
    pub remarks: Vec<String>,
    /// True if values are put into the file that is there.
    pub is_patch: bool,
}

/// How far an export has come.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportPhase {
    /// The set is renewed first, since little is left of it.
    Renewing(RequestId),
    /// The person chooses.
    Choosing,
    /// Something is asked first.
    Asking(ExportQuestion, Permit),
    /// It is under way, with this permission.
    Exporting(RequestId, Permit),
    /// It is done.
    Done(Delivery),
    /// It is done, and for this reason nothing remembers it.
    Unremembered(Delivery, Failure),
    /// It was refused.
    Failed(Failure),
}

/// What is asked before an export. The path is printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportQuestion {
    /// Write over this file?
    Overwrite(String),
    /// Write into a git work tree?
    WorkTree(String),
    /// Send secrets to the clipboard?
    Clipboard,
}

/// What the person has allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permit {
    /// A file that is there is written over.
    pub overwrite: bool,
    /// A git work tree is written into.
    pub work_tree: bool,
}

/// An export that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportOrder {
    /// In which form.
    pub format: Format,
    /// Its choices.
    pub options: Options,
    /// Where to.
    pub to: ExportTo,
}

/// Where an export goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportTo {
    /// Into a file, as it was typed.
    File(String, Permit),
    /// To the terminal's clipboard.
    Clipboard,
}

/// What came of an export.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// Where it went.
    pub delivery: Delivery,
    /// The record that remembers it, or why none does: what was handed over is not taken back for that.
    pub remembered: Result<Box<Overview>, Failure>,
}

/// Why nothing was exported.
#[derive(Debug, Clone, PartialEq)]
pub enum NotExported {
    /// The person may allow it.
    Asks(ExportQuestion),
    /// It cannot be.
    Failed(Failure),
}

impl ExportPanel {
    /// The panel over a connection, with a file of `directory` proposed.
    pub fn new(overview: &Overview, directory: &str, preview: Preview) -> Self {
        let mut panel = Self {
            connection: overview.id.clone(),
            format: Format::Env,
            options: Options::default(),
            file: Field::open(LONGEST_PATH),
            is_file_chosen: false,
            focus: ExportFocus::Format,
            preview,
            scrolled: 0,
            phase: ExportPhase::Choosing,
            directory: directory.to_owned(),
        };
        panel.propose_file(overview);
        panel
    }

    /// The same as an export before.
    #[must_use]
    pub fn again(mut self, format: &Label, file: Option<&Label>, overview: &Overview) -> Self {
        self.format = Format::named(format.as_str()).unwrap_or(self.format);
        self.propose_file(overview);
        if let Some(path) = file {
            self.file.set(path.as_str());
            self.is_file_chosen = true;
        }
        self
    }

    /// Names a file after connection and format, unless the person has named one.
    pub fn propose_file(&mut self, overview: &Overview) {
        if !self.is_file_chosen {
            let name = self.format.file_name(overview.name.as_str());
            let directory = self.directory.trim_end_matches('/');
            let path = if directory.is_empty() { name } else { format!("{directory}/{name}") };
            self.file = Field::with_text(&path, Secrecy::Open, LONGEST_PATH);
        }
    }

    /// The places where keys can go.
    pub fn places(&self) -> Vec<ExportFocus> {
        let option = self.option().map(|_| ExportFocus::Option);
        [Some(ExportFocus::Format), option, Some(ExportFocus::File)].into_iter().flatten().collect()
    }

    /// The format's choice: its name, and what is chosen.
    pub fn option(&self) -> Option<(&'static str, &'static str)> {
        match self.format {
            Format::Env => Some((
                "Quotes",
                match self.options.quote {
                    Quote::Single => "single, for a shell and systemd",
                    Quote::Double => "double",
                    Quote::None => "none, for docker --env-file",
                },
            )),
            Format::KubernetesSecret => Some((
                "Values",
                match self.options.secret_encoding {
                    SecretEncoding::Text => "as text (stringData)",
                    SecretEncoding::Base64 => "in base64 (data)",
                },
            )),
            Format::AccountsYaml | Format::AppConnectOperator => Some((
                "Keys",
                match self.options.key_style {
                    KeyStyle::Plain => "plain: clientId, accessToken",
                    KeyStyle::BasicOauth => "basic-oauth: clientIdentity, accessTokenBasicOauth",
                },
            )),
            Format::Card
            | Format::Json
            | Format::Postman
            | Format::CurlConfig
            | Format::N8n
            | Format::Mutt
            | Format::Mbsync
            | Format::Msmtp => None,
        }
    }

    /// The choice before or after, where the keys go; tells whether the text is another one now.
    pub fn step(&mut self, by: isize, overview: &Overview) -> bool {
        match self.focus {
            ExportFocus::Format => {
                let here = Format::ALL.iter().position(|own| *own == self.format).unwrap_or(0).cast_signed();
                let there = (here + by).rem_euclid(Format::ALL.len().cast_signed());
                self.format = Format::ALL[there.unsigned_abs()];
                self.propose_file(overview);
                true
            }
            ExportFocus::Option => self.step_option(by > 0),
            ExportFocus::File => false,
        }
    }

    fn step_option(&mut self, forward: bool) -> bool {
        let options = &mut self.options;
        match self.format {
            Format::Env => {
                options.quote = match (options.quote, forward) {
                    (Quote::Single, true) | (Quote::None, false) => Quote::Double,
                    (Quote::Double, true) | (Quote::Single, false) => Quote::None,
                    (Quote::None, true) | (Quote::Double, false) => Quote::Single,
                }
            }
            Format::KubernetesSecret => {
                options.secret_encoding = match options.secret_encoding {
                    SecretEncoding::Text => SecretEncoding::Base64,
                    SecretEncoding::Base64 => SecretEncoding::Text,
                }
            }
            Format::AccountsYaml | Format::AppConnectOperator => {
                options.key_style = match options.key_style {
                    KeyStyle::Plain => KeyStyle::BasicOauth,
                    KeyStyle::BasicOauth => KeyStyle::Plain,
                }
            }
            Format::Card
            | Format::Json
            | Format::Postman
            | Format::CurlConfig
            | Format::N8n
            | Format::Mutt
            | Format::Mbsync
            | Format::Msmtp => return false,
        }
        true
    }

    /// The place before or after.
    pub fn turn_focus(&mut self, by: isize) {
        let places = self.places();
        let here = places.iter().position(|own| *own == self.focus).unwrap_or(0).cast_signed();
        self.focus = places[(here + by).rem_euclid(places.len().cast_signed()).unsigned_abs()];
    }

    /// True if there are more lines than a page is sure to show.
    pub fn is_long(&self) -> bool {
        matches!(&self.preview, Preview::Ready(preview) if preview.lines.len() > 4)
    }

    /// Scrolls the preview, at most to its last line.
    pub fn scroll(&mut self, by: isize) {
        let last = match &self.preview {
            Preview::Ready(preview) => preview.lines.len().saturating_sub(1),
            Preview::Awaited(_) | Preview::Failed(_) => 0,
        };
        self.scrolled = self.scrolled.saturating_add_signed(by).min(last);
    }

    /// True if keys are text.
    pub fn is_typing(&self) -> bool {
        self.focus == ExportFocus::File && matches!(self.phase, ExportPhase::Choosing)
    }

    /// What is asked for.
    pub fn order(&self, to: ExportTo) -> ExportOrder {
        ExportOrder { format: self.format, options: self.options.clone(), to }
    }
}
