//! The looks to choose from: themes by name, with the shapes and keys that stay.

use crate::config::{self, ColourChoice, GlyphChoice};
use crate::keymap::Keymap;
use crate::ui::Look;
use crate::ui::colour::ColourDepth;
use crate::ui::glyphs::{GlyphSet, Glyphs};
use crate::ui::theme::{EMBEDDED, Theme, ThemeError, default_name};

/// A theme of the person's own: its name and the text of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeFile {
    /// File name without its ending.
    pub name: String,
    /// Its text.
    pub toml: String,
}

/// Every look there is. The first theme is the one to begin with.
#[derive(Debug, Clone)]
pub struct Looks {
    themes: Vec<(String, Theme)>,
    look: Look,
}

/// Why a look cannot be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LooksError {
    /// No theme has that name.
    #[error("no theme is called \"{0}\"")]
    UnknownTheme(String),
    /// A theme file is wrong.
    #[error("the theme \"{0}\": {1}")]
    Theme(String, ThemeError),
}

/// What the environment says of the terminal: colours and characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TerminalTraits {
    /// `TERM`.
    pub term: Option<String>,
    /// `COLORTERM`.
    pub colorterm: Option<String>,
    /// `COLORFGBG`.
    pub colorfgbg: Option<String>,
    /// Whether `NO_COLOR` is set to anything but nothing.
    pub no_color: bool,
    /// `LC_ALL`, `LC_CTYPE`, `LANG`: the first that is not empty decides.
    pub locale: [Option<String>; 3],
}

impl TerminalTraits {
    fn depth(&self, choice: ColourChoice) -> ColourDepth {
        match choice {
            ColourChoice::Auto => {
                ColourDepth::detect(self.colorterm.as_deref(), self.term.as_deref(), self.no_color)
            }
            ColourChoice::TrueColour => ColourDepth::TrueColour,
            ColourChoice::Palette => ColourDepth::Indexed256,
            ColourChoice::Sixteen => ColourDepth::Ansi16,
            ColourChoice::None => ColourDepth::None,
        }
    }

    fn glyphs(&self, choice: GlyphChoice) -> GlyphSet {
        let [lc_all, lc_ctype, lang] = self.locale.each_ref().map(Option::as_deref);
        match choice {
            GlyphChoice::Auto => Glyphs::detect(lc_all, lc_ctype, lang, self.term.as_deref()),
            GlyphChoice::Smooth => GlyphSet::Smooth,
            GlyphChoice::Plain => GlyphSet::Plain,
            GlyphChoice::Ascii => GlyphSet::Ascii,
        }
    }
}

impl Looks {
    /// What the person chose, and where they did not, what fits the terminal.
    pub fn choose(
        choice: &config::Look,
        own: &[ThemeFile],
        keymap: Keymap,
        terminal: &TerminalTraits,
    ) -> Result<Self, LooksError> {
        let first = choice.theme.as_deref().unwrap_or_else(|| default_name(terminal.colorfgbg.as_deref()));
        Self::new(own, first, terminal.depth(choice.colours), terminal.glyphs(choice.glyphs), keymap)
    }

    /// The embedded themes and the person's own; one of the same name takes the place of an embedded one.
    pub fn new(
        own: &[ThemeFile],
        first: &str,
        depth: ColourDepth,
        glyphs: GlyphSet,
        keymap: Keymap,
    ) -> Result<Self, LooksError> {
        let mut themes: Vec<(String, Theme)> = EMBEDDED
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), Theme::embedded(name, depth)?)))
            .collect();
        for file in own {
            let theme = Theme::parse(&file.toml, depth)
                .map_err(|error| LooksError::Theme(file.name.clone(), error))?;
            themes.retain(|(name, _)| *name != file.name);
            themes.push((file.name.clone(), theme));
        }
        let place = themes
            .iter()
            .position(|(name, _)| name == first)
            .ok_or_else(|| LooksError::UnknownTheme(first.to_owned()))?;
        let theme = themes[place].1.clone();
        themes.rotate_left(place);
        Ok(Self { themes, look: Look { theme, glyphs: glyphs.glyphs(), keymap } })
    }

    /// The names, beginning with the first.
    pub fn names(&self) -> Vec<String> {
        self.themes.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The look with the theme of that name.
    pub fn look(&mut self, theme: &str) -> &Look {
        if let Some((_, theme)) = self.themes.iter().find(|(name, _)| name == theme) {
            self.look.theme.clone_from(theme);
        }
        &self.look
    }

    /// The keys.
    pub fn keymap(&self) -> &Keymap {
        &self.look.keymap
    }
}
