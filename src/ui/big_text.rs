//! Letters of blocks: a short code that is read across a room, and typed without a mistake.

use super::glyphs::{GlyphSet, Glyphs};

/// Free cells between two letters, the better first: with one, M and M look like one another's parts.
const GAPS: [usize; 2] = [2, 1];
const COLUMNS: u32 = 5;
const ROWS: usize = 7;

/// `text` in letters of blocks, line by line; `None` if one of its characters has no letter here, or if it is wider than
/// `width` cells. A letter is five cells wide and four lines high, without block characters seven lines.
pub(super) fn big_text(text: &str, width: u16, glyphs: &Glyphs) -> Option<Vec<String>> {
    let letters = text.chars().map(letter).collect::<Option<Vec<_>>>()?;
    let needs = |gap: &usize| letters.len() * (COLUMNS as usize + gap) - gap;
    let gap = GAPS.into_iter().find(|gap| !letters.is_empty() && needs(gap) <= usize::from(width))?;
    Some(match glyphs.set {
        GlyphSet::Ascii => lines(&letters, gap, ROWS, ascii),
        GlyphSet::Smooth | GlyphSet::Plain => lines(&letters, gap, ROWS.div_ceil(2), halves),
    })
}

/// Without room for letters of blocks: the characters apart from each other.
pub(super) fn spaced(text: &str) -> String {
    let characters: Vec<String> = text.chars().map(String::from).collect();
    characters.join(" ")
}

type Letter = [u8; ROWS];

fn letter(character: char) -> Option<Letter> {
    LETTERS.iter().find(|(own, _)| *own == character).map(|(_, letter)| *letter)
}

fn lines(letters: &[Letter], gap: usize, count: usize, cell: fn(Letter, usize, u32) -> char) -> Vec<String> {
    let gap = " ".repeat(gap);
    let of_letter =
        |letter: Letter, line| (0..COLUMNS).map(|column| cell(letter, line, column)).collect::<String>();
    let of_line = |line| letters.iter().map(|letter| of_letter(*letter, line)).collect::<Vec<_>>().join(&gap);
    (0..count).map(of_line).collect()
}

fn is_set(letter: Letter, row: usize, column: u32) -> bool {
    letter.get(row).is_some_and(|bits| bits >> (COLUMNS - 1 - column) & 1 == 1)
}

/// Two rows of a letter in one line. The half line that is over stays free above: a heading stands there.
fn halves(letter: Letter, line: usize, column: u32) -> char {
    let upper = (2 * line).checked_sub(1).is_some_and(|row| is_set(letter, row, column));
    match (upper, is_set(letter, 2 * line, column)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

fn ascii(letter: Letter, line: usize, column: u32) -> char {
    if is_set(letter, line, column) { '#' } else { ' ' }
}

/// What user codes are made of (RFC 8628 §6.1). Nought has a stroke, so that it is no O.
#[rustfmt::skip]
const LETTERS: [(char, Letter); 37] = [
    ('A', [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
    ('B', [0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110]),
    ('C', [0b01111, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b01111]),
    ('D', [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110]),
    ('E', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111]),
    ('F', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000]),
    ('G', [0b01111, 0b10000, 0b10000, 0b10011, 0b10001, 0b10001, 0b01111]),
    ('H', [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
    ('I', [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110]),
    ('J', [0b00111, 0b00010, 0b00010, 0b00010, 0b00010, 0b10010, 0b01100]),
    ('K', [0b10001, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010, 0b10001]),
    ('L', [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111]),
    ('M', [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001]),
    ('N', [0b10001, 0b11001, 0b11001, 0b10101, 0b10011, 0b10011, 0b10001]),
    ('O', [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
    ('P', [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000]),
    ('Q', [0b01110, 0b10001, 0b10001, 0b10001, 0b10101, 0b10010, 0b01101]),
    ('R', [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001]),
    ('S', [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110]),
    ('T', [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100]),
    ('U', [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
    ('V', [0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b01010, 0b00100]),
    ('W', [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001]),
    ('X', [0b10001, 0b01010, 0b01010, 0b00100, 0b01010, 0b01010, 0b10001]),
    ('Y', [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100]),
    ('Z', [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b11111]),
    ('0', [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110]),
    ('1', [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110]),
    ('2', [0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111]),
    ('3', [0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110]),
    ('4', [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010]),
    ('5', [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110]),
    ('6', [0b01110, 0b10000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110]),
    ('7', [0b11111, 0b00001, 0b00010, 0b00100, 0b00100, 0b01000, 0b01000]),
    ('8', [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110]),
    ('9', [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00001, 0b01110]),
    ('-', [0b00000, 0b00000, 0b00000, 0b11111, 0b00000, 0b00000, 0b00000]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ_look_different() {
        for (place, (_, letter)) in LETTERS.iter().enumerate() {
            assert!(LETTERS[place + 1..].iter().all(|(_, other)| other != letter));
        }
    }

    #[test]
    fn a_code_stands_in_four_lines_of_blocks_or_seven_without() {
        let smooth = big_text("HI", 11, GlyphSet::Smooth.glyphs()).unwrap();
        assert_eq!(smooth, ["▄   ▄  ▄▄▄ ", "█   █   █  ", "█▀▀▀█   █  ", "█   █  ▄█▄ "]);
        assert_eq!(big_text("HI", 20, GlyphSet::Ascii.glyphs()).unwrap().len(), 7);
    }

    #[test]
    fn what_has_no_letter_or_no_room_is_not_drawn() {
        let glyphs = GlyphSet::Smooth.glyphs();
        assert_eq!(big_text("ABC", 16, glyphs), None);
        assert_eq!(big_text("ABC", 19, glyphs).unwrap()[0].chars().count(), 19, "more room, more gap");
        assert!(big_text("ABC", 17, glyphs).is_some());
        assert_eq!(
            (big_text("a", 80, glyphs), big_text("A/B", 80, glyphs), big_text("", 80, glyphs)),
            (None, None, None)
        );
        assert_eq!(spaced("F7K"), "F 7 K");
    }
}
