//! How many colours a terminal has, and a theme's colours brought down to them.

use ratatui::style::{Color, Modifier, Style};

/// The colours that the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColourDepth {
    /// Any red, green and blue.
    TrueColour,
    /// xterm's 256: a cube of 216 and 24 greys.
    Indexed256,
    /// The terminal's own sixteen.
    Ansi16,
    /// None at all; bold, underlined and reversed remain.
    None,
}

impl ColourDepth {
    /// All depths, the richest first.
    pub const ALL: [Self; 4] = [Self::TrueColour, Self::Indexed256, Self::Ansi16, Self::None];

    /// From the texts of `COLORTERM` and `TERM`, and whether `NO_COLOR` is set to anything but nothing.
    pub fn detect(colorterm: Option<&str>, term: Option<&str>, no_color: bool) -> Self {
        let term = term.unwrap_or_default();
        if no_color || matches!(term, "" | "dumb") {
            return Self::None;
        }
        let says_true_colour = colorterm.is_some_and(|text| matches!(text.trim(), "truecolor" | "24bit"));
        match term {
            _ if term.ends_with("-m") || term.starts_with("vt1") || term.starts_with("vt2") => Self::None,
            // GNU screen cannot pass true colour on, whatever the terminal outside of it says.
            _ if term.starts_with("screen") && term.contains("256color") => Self::Indexed256,
            _ if says_true_colour || term.ends_with("-direct") => Self::TrueColour,
            "xterm-kitty" | "xterm-ghostty" | "alacritty" | "foot" | "wezterm" => Self::TrueColour,
            _ if term.contains("256color") => Self::Indexed256,
            _ => Self::Ansi16,
        }
    }
}

/// The eight names of ECMA-48; each has a `bright-` sister.
const ANSI: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

pub(super) const ANSI_COLOURS: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// The sixteen as xterm shows them: a guess, as every terminal chooses its own.
pub(super) const ANSI_RGB: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// A style that gives the ink and nothing else. Black is never bold: many terminals show that as grey.
pub(super) fn readable_ink(ink: Color) -> Style {
    let bold = if ink == Color::Black { Modifier::BOLD } else { Modifier::empty() };
    Style::new().fg(ink).remove_modifier(bold)
}

/// `#rrggbb`, an ANSI name such as `green` or `bright-green`, or `reset` for the terminal's own.
pub(super) fn parse_colour(text: &str) -> Option<Color> {
    if text == "reset" {
        return Some(Color::Reset);
    }
    if let Some(digits) = text.strip_prefix('#') {
        let is_hex = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
        return Some(Color::from_u32(number));
    }
    let (name, offset) = text.strip_prefix("bright-").map_or((text, 0), |name| (name, 8));
    let position = ANSI.iter().position(|ansi| *ansi == name)?;
    Some(ANSI_COLOURS[position + offset])
}

/// The nearest colour that the depth has; `None` where it has none.
pub(super) fn at_depth(colour: Color, depth: ColourDepth) -> Option<Color> {
    match (depth, colour) {
        (ColourDepth::None, _) => None,
        (ColourDepth::Indexed256, Color::Rgb(r, g, b)) => Some(Color::Indexed(nearest_indexed([r, g, b]))),
        (ColourDepth::Ansi16, Color::Rgb(r, g, b)) => Some(ANSI_COLOURS[nearest(&ANSI_RGB, [r, g, b])]),
        _ => Some(colour),
    }
}

/// The first sixteen of the 256 are left out: terminals recolour them.
fn nearest_indexed(wanted: [u8; 3]) -> u8 {
    let rest: Vec<[u8; 3]> = (16..=255).map(indexed_rgb).collect();
    nearest(&rest, wanted) as u8 + 16
}

/// Red, green and blue of an entry of the cube (16 to 231) or of the greys (232 to 255).
pub(super) fn indexed_rgb(index: u8) -> [u8; 3] {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        0..=15 => ANSI_RGB[usize::from(index)],
        16..=231 => {
            [(index - 16) / 36, (index - 16) / 6 % 6, (index - 16) % 6].map(|step| LEVELS[usize::from(step)])
        }
        232..=255 => [8 + (index - 232) * 10; 3],
    }
}

fn nearest(palette: &[[u8; 3]], wanted: [u8; 3]) -> usize {
    let distance = |colour: &[u8; 3]| -> u32 {
        let parts = colour.iter().zip(wanted).map(|(have, want)| u32::from(have.abs_diff(want)).pow(2));
        parts.sum()
    };
    let entries = palette.iter().enumerate();
    entries.min_by_key(|(_, colour)| distance(colour)).map_or(0, |(position, _)| position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_follows_what_the_terminal_says() {
        use ColourDepth::{Ansi16, Indexed256, None as Colourless, TrueColour};
        for (colorterm, term, no_color, expected) in [
            (Some("truecolor"), Some("xterm-256color"), false, TrueColour),
            (Some("24bit"), Some("tmux-256color"), false, TrueColour),
            (Some("truecolor"), Some("screen-256color"), false, Indexed256),
            (None, Some("xterm-256color"), false, Indexed256),
            (Some("yes"), Some("xterm-256color"), false, Indexed256),
            (None, Some("xterm-kitty"), false, TrueColour),
            (None, Some("xterm"), false, Ansi16),
            (None, Some("linux"), false, Ansi16),
            (Some("truecolor"), Some("dumb"), false, Colourless),
            (Some("truecolor"), Some("xterm-256color"), true, Colourless),
            (None, Some("vt220"), false, Colourless),
            (None, None, false, Colourless),
        ] {
            assert_eq!(ColourDepth::detect(colorterm, term, no_color), expected, "{colorterm:?} {term:?}");
        }
    }

    #[test]
    fn colours_are_read_in_three_forms_only() {
        assert_eq!(parse_colour("#86b4ff"), Some(Color::Rgb(0x86, 0xb4, 0xff)));
        assert_eq!(parse_colour("white"), Some(Color::Gray));
        assert_eq!(parse_colour("bright-black"), Some(Color::DarkGray));
        assert_eq!(parse_colour("reset"), Some(Color::Reset));
        for wrong in ["", "#fff", "#+12345", "#gggggg", "Green", "bright-", "mauve", "12"] {
            assert_eq!(parse_colour(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn nearest_of_the_cube_is_itself() {
        for index in 16..=255 {
            let rgb = indexed_rgb(index);
            assert_eq!(indexed_rgb(nearest_indexed(rgb)), rgb);
        }
    }
}
