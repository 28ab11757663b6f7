//! The look by role: what a thing means decides its style, and a TOML file decides what that style is.
//!
//! Code says `theme.expiring`, never orange. Four themes are embedded; a person's own comes in as text, may inherit one of
//! them, and is checked whole: an error names the role that is wrong. No file is read here.

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use thiserror::Error;

pub use super::colour::ColourDepth;
use super::colour::{at_depth, parse_colour};
use crate::domain::{Need, RenewalOutcome, Stage};

/// The names of the embedded themes, in the order in which a key steps through them.
pub const EMBEDDED: [&str; 4] = ["dark", "light", "high-contrast", "monochrome"];

/// The theme at first start, by `COLORFGBG`, in which some terminals tell their colours (`0;15`: black on white).
pub fn default_name(colorfgbg: Option<&str>) -> &'static str {
    let background =
        colorfgbg.and_then(|text| text.rsplit(';').next()).and_then(|last| last.parse::<u8>().ok());
    match background {
        Some(7 | 9..=15) => "light",
        _ => "dark",
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])+ $role:ident,)+) => {
        /// One style for each role.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Theme {
            $($(#[$doc])+ pub $role: Style,)+
        }

        impl Theme {
            /// The names of all roles, as a theme file spells them.
            pub const ROLES: &[&str] = &[$(stringify!($role)),+];

            /// All roles by name.
            pub fn roles(&self) -> impl Iterator<Item = (&'static str, Style)> {
                [$((stringify!($role), self.$role)),+].into_iter()
            }

            fn build(mut style: impl FnMut(&'static str) -> Result<Style, ThemeError>) -> Result<Self, ThemeError> {
                Ok(Self { $($role: style(stringify!($role))?,)+ })
            }
        }
    };
}

roles! {
    /// Under everything; drawn first over the whole screen.
    background,
    /// What is read.
    text,
    /// What is read last: explanations, units, column headings.
    muted,
    /// The name of a group or pane.
    heading,
    /// The one colour that catches the eye without meaning good or bad.
    accent,
    /// The program's name.
    brand,
    /// Frames and rules.
    border,
    /// The frame of the pane in which keys work.
    border_focused,
    /// The row under the cursor; mostly a background, so that the row keeps its colours. With an `fg` the whole row has it.
    selected,
    /// A tab that is not open.
    tab,
    /// The open tab.
    tab_active,
    /// A key in the line of keys.
    key,
    /// What that key does.
    key_label,
    /// A lifetime with plenty left.
    fresh,
    /// A lifetime past its first threshold.
    ageing,
    /// A lifetime worth acting on.
    expiring,
    /// A lifetime that is over.
    expired,
    /// The word for what is not there.
    none,
    /// The part of a gauge that is used up.
    gauge_empty,
    /// What went well.
    good,
    /// What should be looked at.
    warning,
    /// What went wrong.
    error,
    /// The status line's news.
    notice,
    /// What must not be overlooked: demo, locked, read only.
    banner,
    /// Bullets in place of a secret.
    secret_mask,
    /// A field.
    input,
    /// The field in which text lands.
    input_focused,
    /// The text in that field which the next key replaces.
    input_selected,
    /// The place in that field.
    cursor,
    /// A QR code: its dark modules and the light ground, whatever the rest of the screen looks like.
    qr,
}

/// Roles that are recognized by contrast alone, so that without colour they must be reversed.
const MUST_STAND_OUT: [&str; 5] = ["selected", "tab_active", "input_selected", "cursor", "banner"];

/// What is wrong with a theme; the second line of the text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ThemeError {
    /// The text is no TOML.
    #[error(
        "the theme is not TOML: {message}\nwrite one role a line, such as: text = {{ fg = \"#d6dce8\" }}"
    )]
    NotToml {
        /// What the parser said, with the place.
        message: String,
    },
    /// `inherits` names no embedded theme.
    #[error("the theme inherits \"{name}\", which is not built in\ninherit one of {}", EMBEDDED.join(", "))]
    UnknownBase {
        /// The name as written.
        name: String,
    },
    /// A role that does not exist.
    #[error("the theme names a role \"{role}\" that does not exist\nroles are {}", Theme::ROLES.join(", "))]
    UnknownRole {
        /// The name as written.
        role: String,
    },
    /// A role has no style, and nothing is inherited.
    #[error(
        "the theme has no style for the role \"{role}\"\nadd it, or begin the theme with inherits = \"dark\""
    )]
    MissingRole {
        /// The role.
        role: &'static str,
    },
    /// A style with a wrong key or a value of the wrong kind.
    #[error(
        "the style of the role \"{role}\" cannot be read: {message}\nuse fg, bg, bold, dim, italic, underlined, reversed and ansi"
    )]
    Style {
        /// The role.
        role: &'static str,
        /// What the parser said.
        message: String,
    },
    /// A colour that is none.
    #[error(
        "the role \"{role}\" has an unknown colour \"{value}\"\nuse #rrggbb, reset, or one of the sixteen such as green or bright-green"
    )]
    Colour {
        /// The role.
        role: &'static str,
        /// The colour as written.
        value: String,
    },
}

impl Theme {
    /// An embedded theme. Without colour every one of them is the monochrome one.
    pub fn embedded(name: &str, depth: ColourDepth) -> Option<Self> {
        let source = embedded_source(name)?;
        let source = if depth == ColourDepth::None { MONOCHROME } else { source };
        Some(Self::parse(source, depth).expect("a test parses every embedded theme at every depth"))
    }

    /// A theme from the text of a file, with its colours brought down to what the terminal has.
    pub fn parse(source: &str, depth: ColourDepth) -> Result<Self, ThemeError> {
        let own = read_table(source)?;
        let base = inherited(&own)?;
        if let Some(role) = own.keys().find(|key| *key != INHERITS && !Self::ROLES.contains(&key.as_str())) {
            return Err(ThemeError::UnknownRole { role: role.clone() });
        }
        Self::build(|role| {
            let value = own.get(role).or_else(|| base.get(role)).ok_or(ThemeError::MissingRole { role })?;
            let spec = StyleSpec::deserialize(value.clone())
                .map_err(|error| ThemeError::Style { role, message: one_line(error.message()) })?;
            spec.style(role, depth)
        })
    }

    /// The style of a stage.
    pub fn stage(&self, stage: Stage) -> Style {
        match stage {
            Stage::Fresh => self.fresh,
            Stage::Ageing => self.ageing,
            Stage::Expiring => self.expiring,
            Stage::Expired => self.expired,
        }
    }

    /// The style of a group's mark.
    pub fn need(&self, need: Need) -> Style {
        match need {
            Need::NeedsYou => self.error,
            Need::Soon => self.warning,
            Need::Quiet => self.good,
        }
    }

    /// The style of a renewal's mark.
    pub fn renewal(&self, outcome: &RenewalOutcome) -> Style {
        match outcome {
            RenewalOutcome::Worked | RenewalOutcome::WorkedOddly(_) => self.good,
            RenewalOutcome::WillRetry(_) => self.warning,
            RenewalOutcome::Failed(_) => self.error,
        }
    }
}

const INHERITS: &str = "inherits";
const DARK: &str = include_str!("../../themes/dark.toml");
const LIGHT: &str = include_str!("../../themes/light.toml");
const HIGH_CONTRAST: &str = include_str!("../../themes/high-contrast.toml");
const MONOCHROME: &str = include_str!("../../themes/monochrome.toml");

fn embedded_source(name: &str) -> Option<&'static str> {
    let position = EMBEDDED.iter().position(|embedded| *embedded == name)?;
    Some([DARK, LIGHT, HIGH_CONTRAST, MONOCHROME][position])
}

fn read_table(source: &str) -> Result<toml::Table, ThemeError> {
    source.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| source[..span.start].lines().count().max(1));
        let place = line.map(|line| format!(" (line {line})")).unwrap_or_default();
        ThemeError::NotToml { message: one_line(error.message()) + &place }
    })
}

fn inherited(own: &toml::Table) -> Result<toml::Table, ThemeError> {
    let Some(name) = own.get(INHERITS) else { return Ok(toml::Table::new()) };
    let source = name.as_str().and_then(embedded_source);
    let unknown =
        || ThemeError::UnknownBase { name: name.as_str().map_or_else(|| name.to_string(), str::to_owned) };
    read_table(source.ok_or_else(unknown)?)
}

/// Every error has two lines, so what the parser says must be one.
fn one_line(message: &str) -> String {
    message.lines().map(str::trim).collect::<Vec<_>>().join(", ")
}

/// A role as it stands in the file.
#[expect(clippy::struct_excessive_bools, reason = "the keys of the file, each of which is there or not")]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StyleSpec {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underlined: bool,
    reversed: bool,
    /// The colours for a terminal with sixteen, and modifiers in addition.
    ansi: Option<Box<StyleSpec>>,
}

impl StyleSpec {
    fn style(&self, role: &'static str, depth: ColourDepth) -> Result<Style, ThemeError> {
        // Both are read at every depth, so that a mistake shows on every terminal.
        let own = self.colours(role)?;
        let ansi =
            self.ansi.as_deref().map(|spec| Ok((spec.colours(role)?, spec.modifiers()))).transpose()?;
        let ((fg, bg), extra) = match (depth, ansi) {
            (ColourDepth::Ansi16, Some(ansi)) => ansi,
            _ => (own, Modifier::empty()),
        };
        let mut modifiers = self.modifiers() | extra;
        if depth == ColourDepth::None && MUST_STAND_OUT.contains(&role) {
            modifiers |= Modifier::REVERSED;
        }
        if depth == ColourDepth::Ansi16 && bg.is_some() && fg == Some(Color::Black) {
            // Many terminals show bold black as grey, which no coloured ground suits.
            modifiers -= Modifier::BOLD;
        }
        let mut style = Style::new().add_modifier(modifiers);
        style.fg = fg.and_then(|colour| at_depth(colour, depth));
        style.bg = bg.and_then(|colour| at_depth(colour, depth));
        Ok(style)
    }

    fn colours(&self, role: &'static str) -> Result<(Option<Color>, Option<Color>), ThemeError> {
        let read = |text: &Option<String>| {
            let unknown = |value: &String| ThemeError::Colour { role, value: value.clone() };
            text.as_ref().map(|value| parse_colour(value).ok_or_else(|| unknown(value))).transpose()
        };
        Ok((read(&self.fg)?, read(&self.bg)?))
    }

    fn modifiers(&self) -> Modifier {
        let set = [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underlined, Modifier::UNDERLINED),
            (self.reversed, Modifier::REVERSED),
        ];
        set.into_iter().filter(|(is_set, _)| *is_set).map(|(_, modifier)| modifier).collect()
    }
}

#[cfg(test)]
#[path = "theme_tests.rs"]
mod tests;
