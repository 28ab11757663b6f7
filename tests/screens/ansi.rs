//! A buffer as the bytes that would paint it.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

pub fn text(buffer: &Buffer) -> String {
    let mut out = String::from("\x1b[?25l\x1b[2J\x1b[H");
    for (y, cells) in buffer.content.chunks(usize::from(buffer.area.width)).enumerate() {
        write!(out, "\x1b[{};1H", y + 1).unwrap();
        let mut hidden = 0;
        for cell in cells {
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            write!(out, "\x1b[0{}m{}", style(cell), cell.symbol()).unwrap();
            hidden = cell.symbol().width().saturating_sub(1);
        }
    }
    out + "\x1b[0m"
}

fn style(cell: &Cell) -> String {
    let mut codes = colour(cell.fg, 30) + &colour(cell.bg, 40);
    for (modifier, code) in [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ] {
        if cell.modifier.contains(modifier) {
            write!(codes, ";{code}").unwrap();
        }
    }
    codes
}

fn colour(colour: Color, base: u8) -> String {
    let named = |number: u8, bright: bool| format!(";{}", base + number + if bright { 60 } else { 0 });
    match colour {
        Color::Rgb(red, green, blue) => format!(";{};2;{red};{green};{blue}", base + 8),
        Color::Indexed(index) => format!(";{};5;{index}", base + 8),
        Color::Reset => format!(";{}", base + 9),
        Color::Black => named(0, false),
        Color::Red => named(1, false),
        Color::Green => named(2, false),
        Color::Yellow => named(3, false),
        Color::Blue => named(4, false),
        Color::Magenta => named(5, false),
        Color::Cyan => named(6, false),
        Color::Gray => named(7, false),
        Color::DarkGray => named(0, true),
        Color::LightRed => named(1, true),
        Color::LightGreen => named(2, true),
        Color::LightYellow => named(3, true),
        Color::LightBlue => named(4, true),
        Color::LightMagenta => named(5, true),
        Color::LightCyan => named(6, true),
        Color::White => named(7, true),
    }
}
