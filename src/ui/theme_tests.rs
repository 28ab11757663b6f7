//! What every embedded theme promises: it parses, it is complete, and it can be read.

use super::super::colour::{ANSI_COLOURS, ANSI_RGB, indexed_rgb};
use super::*;

fn embedded(name: &str, depth: ColourDepth) -> Theme {
    Theme::parse(embedded_source(name).unwrap(), depth).unwrap()
}

/// What is read as text; the rest are surfaces and frames.
const READ: [&str; 20] = [
    "text",
    "heading",
    "accent",
    "brand",
    "border_focused",
    "tab",
    "key",
    "key_label",
    "fresh",
    "ageing",
    "expiring",
    "expired",
    "good",
    "warning",
    "error",
    "notice",
    "input",
    "input_focused",
    "input_selected",
    "tab_active",
];
const READ_LAST: [&str; 3] = ["muted", "none", "secret_mask"];

fn rgb(colour: Color) -> Option<[u8; 3]> {
    match colour {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index) => Some(indexed_rgb(index)),
        _ => None,
    }
}

/// Relative luminance (WCAG 2).
fn luminance(colour: [u8; 3]) -> f64 {
    let linear = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

/// Contrast ratio (WCAG 2), 1 to 21.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

/// Lightness as the eye has it (CIE L*), 0 to 100.
fn lightness(style: Style) -> f64 {
    116.0 * luminance(style.fg.and_then(rgb).unwrap()).cbrt() - 16.0
}

/// Checks every role that is read against the grounds it may stand on, the selected row among them.
fn check_contrast(name: &str, grounds: &[[u8; 3]], text_least: f64, muted_least: f64) {
    // The steps of the cube are coarse: the nearest entry may miss by a twentieth.
    for (depth, tolerance) in [(ColourDepth::TrueColour, 1.0), (ColourDepth::Indexed256, 0.95)] {
        let theme = embedded(name, depth);
        let selected = theme.selected.bg.and_then(rgb).unwrap();
        for (role, style) in theme.roles() {
            let least = match role {
                _ if READ.contains(&role) => text_least * tolerance,
                _ if READ_LAST.contains(&role) => muted_least * tolerance,
                _ => continue,
            };
            let ink = style.fg.and_then(rgb).unwrap();
            let own = style.bg.and_then(rgb).map(|ground| vec![ground]);
            for ground in own.unwrap_or_else(|| [grounds, &[selected]].concat()) {
                let ratio = contrast(ink, ground);
                assert!(ratio >= least, "{name} {depth:?} {role} on {ground:?}: {ratio:.2} < {least}");
            }
        }
    }
}

#[test]
fn every_embedded_theme_parses_at_every_depth() {
    for name in EMBEDDED {
        for depth in ColourDepth::ALL {
            assert_eq!(embedded(name, depth).roles().count(), Theme::ROLES.len());
            assert!(Theme::embedded(name, depth).is_some());
        }
    }
    assert_eq!(Theme::embedded("mauve", ColourDepth::TrueColour), None);
}

#[test]
fn nothing_has_a_colour_where_there_is_none() {
    for theme in EMBEDDED.iter().flat_map(|name| {
        [embedded(name, ColourDepth::None), Theme::embedded(name, ColourDepth::None).unwrap()]
    }) {
        for (role, style) in theme.roles() {
            assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None), "{role}");
        }
        for style in [theme.selected, theme.tab_active, theme.cursor, theme.banner] {
            assert!(style.add_modifier.contains(Modifier::REVERSED));
        }
    }
}

#[test]
fn sixteen_colours_are_only_the_sixteen() {
    for name in EMBEDDED {
        for (role, style) in embedded(name, ColourDepth::Ansi16).roles() {
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{name} {role}");
            }
            assert!(style.fg.is_none() || style.fg != style.bg, "{name} {role} is unreadable");
        }
    }
}

#[test]
fn dark_reads_on_black_and_on_dark_grey() {
    check_contrast("dark", &[[0; 3], [0x1e; 3]], 4.5, 3.0);
}

#[test]
fn light_reads_on_white_and_on_paper() {
    check_contrast("light", &[[0xff; 3], [0xfa, 0xfa, 0xf7], [0xf5, 0xf5, 0xf0]], 4.5, 3.0);
}

#[test]
fn high_contrast_is_seven_to_one() {
    check_contrast("high-contrast", &[[0; 3]], 7.0, 7.0);
}

#[test]
fn stages_differ_in_lightness_and_not_in_hue_alone() {
    for name in ["dark", "light", "high-contrast"] {
        let theme = embedded(name, ColourDepth::TrueColour);
        let stages = [theme.fresh, theme.ageing, theme.expiring, theme.expired].map(lightness);
        for (position, one) in stages.iter().enumerate() {
            for other in &stages[..position] {
                assert!((one - other).abs() >= 4.5, "{name} {stages:.1?}");
            }
        }
    }
}

#[test]
fn stages_differ_in_lightness_with_sixteen_colours_too() {
    for name in ["dark", "light", "high-contrast"] {
        let theme = embedded(name, ColourDepth::Ansi16);
        let stages = [theme.fresh, theme.ageing, theme.expiring, theme.expired]
            .map(|style| lightness(Style { fg: style.fg.and_then(xterm), ..style }));
        for (position, one) in stages.iter().enumerate() {
            for other in &stages[..position] {
                assert!((one - other).abs() >= 4.5, "{name} {stages:.1?}");
            }
        }
    }
}

#[test]
fn selected_row_reads_with_sixteen_colours() {
    for name in ["dark", "light", "high-contrast"] {
        let selected = embedded(name, ColourDepth::Ansi16).selected;
        let [ink, ground] =
            [selected.fg, selected.bg].map(|colour| colour.and_then(xterm).and_then(rgb).unwrap());
        assert!(contrast(ink, ground) >= 7.0, "{name}");
    }
}

/// One of the sixteen as xterm shows it.
fn xterm(colour: Color) -> Option<Color> {
    let place = ANSI_COLOURS.iter().position(|own| *own == colour)?;
    let [r, g, b] = ANSI_RGB[place];
    Some(Color::Rgb(r, g, b))
}

#[test]
fn own_theme_inherits_what_it_does_not_name() {
    let theme =
        Theme::parse("inherits = \"dark\"\ntext = { fg = \"#ffffff\" }", ColourDepth::TrueColour).unwrap();
    let dark = embedded("dark", ColourDepth::TrueColour);
    assert_eq!((theme.text, theme.muted), (Style::new().fg(Color::Rgb(255, 255, 255)), dark.muted));
}

#[test]
fn errors_have_two_lines_and_name_the_role() {
    for (source, named) in [
        ("text = { fg = \"#fff\" }\ninherits = \"dark\"", "text"),
        ("text = { ansi = { fg = \"mauve\" } }\ninherits = \"dark\"", "text"),
        ("muted = { colour = \"red\" }\ninherits = \"dark\"", "muted"),
        ("muted = 7\ninherits = \"dark\"", "muted"),
        ("mutd = {}\ninherits = \"dark\"", "mutd"),
        ("inherits = \"drak\"", "drak"),
        ("inherits = 7", "7"),
        ("", "background"),
        ("text = {\nfg =", "TOML"),
    ] {
        let error = Theme::parse(source, ColourDepth::Ansi16).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
        assert_eq!(error.lines().count(), 2, "{error}");
    }
}

#[test]
fn light_terminal_starts_light() {
    let names =
        [None, Some("15;0"), Some("0;15"), Some("0;default;15"), Some("0;7"), Some("x")].map(default_name);
    assert_eq!(names, ["dark", "dark", "light", "light", "light", "dark"]);
}
