//! The looks to choose from: themes by name, with the shapes and keys that stay.

use std::path::PathBuf;

use crate::config::{self, ColourChoice, GlyphChoice};
use crate::keymap::Keymap;
use crate::ui::Look;
use crate::ui::colour::ColourDepth;
use crate::ui::glyphs::{GlyphSet, Glyphs};
use crate::ui::theme::{EMBEDDED, Theme, ThemeError, default_name};

/// A theme of the person's own, as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeFile {
    /// File name without its ending.
    pub name: String,
    /// Where it is, for the error.
    pub path: PathBuf,
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
    /// The file of the chosen theme is wrong.
    #[error("{}: {fault}", path.display())]
    Theme {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: ThemeError,
    },
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
        choice: &config::LookChoice,
        own: &[ThemeFile],
        keymap: Keymap,
        terminal: &TerminalTraits,
    ) -> Result<Self, LooksError> {
        let first = choice.theme.as_deref().unwrap_or_else(|| default_name(terminal.colorfgbg.as_deref()));
        Self::new(own, first, terminal.depth(choice.colours), terminal.glyphs(choice.glyphs), keymap)
    }

    /// The embedded themes and the person's own; one of the same name takes the place of an embedded one. A file that is
    /// wrong matters only if it is the first theme's: otherwise it is left out.
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
            match Theme::parse(&file.toml, depth) {
                Ok(theme) => {
                    themes.retain(|(name, _)| *name != file.name);
                    themes.push((file.name.clone(), theme));
                }
                Err(fault) if file.name == first => {
                    return Err(LooksError::Theme { path: file.path.clone(), fault });
                }
                Err(_) => {}
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(first: &str) -> Result<Looks, LooksError> {
        let file = |name: &str, toml: &str| ThemeFile {
            name: name.to_owned(),
            path: format!("/home/ops/themes/{name}.toml").into(),
            toml: toml.to_owned(),
        };
        let own = [file("broken", "text = {"), file("mine", "inherits = \"dark\""), file("light", "no toml")];
        Looks::new(&own, first, ColourDepth::None, GlyphSet::Ascii, Keymap::default())
    }

    #[test]
    fn a_broken_theme_that_is_not_chosen_is_left_out() {
        let names = choose("mine").unwrap().names();
        assert_eq!(names, ["mine", "dark", "light", "high-contrast", "monochrome"]);
    }

    #[test]
    fn a_broken_theme_that_is_chosen_is_told_with_its_file() {
        for name in ["broken", "light"] {
            let told = choose(name).unwrap_err().to_string();
            assert!(told.starts_with(&format!("/home/ops/themes/{name}.toml: ")), "{told}");
        }
        assert_eq!(choose("nobody").unwrap_err(), LooksError::UnknownTheme("nobody".into()));
    }
}
