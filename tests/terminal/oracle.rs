//! What the dashboard may write to the terminal: a reader of the whole stream that knows our own sequences and no others.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A stream, read from its first byte to its last.
#[derive(Debug, Default, PartialEq)]
pub struct Reading {
    /// What has no business in it, each as it was found.
    pub foreign: Vec<String>,
    /// What was sent to the clipboard.
    pub copies: Vec<String>,
    /// The titles that were set: a mark, a count and the program's name.
    pub titles: Vec<String>,
    /// The notifications for the desktop, each with its bell.
    pub notifications: Vec<String>,
}

/// Reads all that was written to a terminal.
pub fn read(stream: &[u8]) -> Reading {
    let mut reader = Reader { rest: "", on_plain_page: false, reading: Reading::default() };
    for chunk in stream.utf8_chunks() {
        reader.rest = chunk.valid();
        reader.read();
        if !chunk.invalid().is_empty() {
            reader.reading.foreign.push(format!("not UTF-8: {:02x?}", chunk.invalid()));
        }
    }
    reader.reading
}

struct Reader<'s> {
    rest: &'s str,
    /// The page without frame, or the screen of the shell: no style has been set since it was cleared. Only there lines
    /// end by CR LF.
    on_plain_page: bool,
    reading: Reading,
}

impl<'s> Reader<'s> {
    fn read(&mut self) {
        while let Some(c) = self.rest.chars().next() {
            let length = match c {
                '\u{1b}' => self.sequence(),
                '\r' if self.on_plain_page && self.rest.starts_with("\r\n") => Some(2),
                c if is_text(c) => Some(c.len_utf8()),
                _ => None,
            };
            let length = length.unwrap_or_else(|| {
                let mut found = String::new();
                self.rest.chars().take(24).for_each(|c| write!(found, "{}", c.escape_debug()).unwrap());
                self.reading.foreign.push(found);
                c.len_utf8()
            });
            self.rest = &self.rest[length..];
        }
    }

    /// What stands between such a beginning and BEL, if it is text.
    fn text_after(&self, beginning: &str) -> Option<&'s str> {
        let text = self.rest.strip_prefix(beginning)?;
        let text = &text[..text.find('\u{7}')?];
        text.chars().all(is_text).then_some(text)
    }

    /// The length of the sequence that begins here, if it is one of ours.
    fn sequence(&mut self) -> Option<usize> {
        if let Some(payload) = self.rest.strip_prefix("\u{1b}]52;c;") {
            let payload = &payload[..payload.find('\u{7}')?];
            self.reading.copies.push(String::from_utf8(STANDARD.decode(payload).ok()?).ok()?);
            return Some("\u{1b}]52;c;\u{7}".len() + payload.len());
        }
        if let Some(text) = self.text_after("\u{1b}]2;") {
            if !is_title(text) {
                return None;
            }
            self.reading.titles.push(text.to_owned());
            return Some("\u{1b}]2;\u{7}".len() + text.len());
        }
        if let Some(text) = self.text_after("\u{1b}]9;tokengauge: ") {
            self.reading.notifications.push(text.to_owned());
            let length = "\u{1b}]9;tokengauge: \u{7}".len() + text.len();
            // The bell of a warning stands behind its notification, and nowhere else.
            return Some(length + usize::from(self.rest[length..].starts_with('\u{7}')));
        }
        let body = self.rest.strip_prefix("\u{1b}[")?;
        let end = body.find(|c: char| !matches!(c, '0'..='9' | ';' | '?'))?;
        let whole = &body[..=end];
        let ours = match (&body[..end], body.as_bytes()[end]) {
            (style, b'm') => is_style(style),
            (place, b'H') => is_place(place),
            _ => OTHERS.contains(&whole),
        };
        self.on_plain_page =
            ours && !whole.ends_with('m') && (self.on_plain_page || matches!(whole, "2J" | "?1049l"));
        ours.then_some(2 + whole.len())
    }
}

/// Clearing, the cursor, the alternate screen, focus events, bracketed paste: all that is switched; and the title, which is
/// put aside and given back.
const OTHERS: [&str; 11] =
    ["2J", "?25h", "?25l", "?1049h", "?1049l", "?1004h", "?1004l", "?2004h", "?2004l", "22;2t", "23;2t"];

/// `× 2 need you · tokengauge`, or the name alone: nothing in it comes from outside.
fn is_title(text: &str) -> bool {
    let Some(counts) = text.strip_suffix("tokengauge") else { return false };
    let words = counts.strip_suffix(" · ").and_then(|counts| counts.strip_prefix(['×', '▲']));
    let is_told = |words: &str| {
        let mut parts = words.trim_start().splitn(2, ' ');
        let is_count = parts.next().is_some_and(|count| count.parse::<u16>().is_ok());
        is_count && parts.next().is_some_and(|what| matches!(what, "needs you" | "need you" | "soon"))
    };
    counts.is_empty() || words.is_some_and(is_told)
}

/// What takes room and stays where it is put, or stands upon it: no control, nothing that reorders or hides its neighbours.
fn is_text(c: char) -> bool {
    let hidden = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    !c.is_control() && !hidden
}

/// `row;column`, from 1.
fn is_place(parameters: &str) -> bool {
    let number = |text: &str| text.parse::<u16>().is_ok_and(|number| number > 0);
    parameters.split_once(';').is_some_and(|(row, column)| number(row) && number(column))
}

/// The styles that crossterm writes: colours by `38`, `48` and `58` only. Nothing of ours blinks or is concealed.
fn is_style(parameters: &str) -> bool {
    let mut numbers = parameters.split(';');
    while let Some(number) = numbers.next() {
        let is_known = match number {
            "38" | "48" | "58" => match numbers.next() {
                Some("5") => is_byte(numbers.next()),
                Some("2") => (0..3).all(|_| is_byte(numbers.next())),
                _ => false,
            },
            "0" | "1" | "2" | "3" | "4" | "7" | "22" | "23" | "24" | "27" | "39" | "49" | "59" => true,
            _ => false,
        };
        if !is_known {
            return false;
        }
    }
    true
}

fn is_byte(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.parse::<u8>().is_ok())
}

/// Where a frame of a panel does not close: each row from its upper to its lower edge has both sides in their columns.
pub fn broken_frames(screen: &vt100::Screen) -> Vec<String> {
    let (rows, columns) = screen.size();
    let at = |row, column| screen.cell(row, column).map_or("", vt100::Cell::contents);
    let mut broken = Vec::new();
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        if at(row, column) != "╭" {
            continue;
        }
        let Some(right) = (column..columns).find(|right| at(row, *right) == "╮") else {
            broken.push(format!("the upper edge in row {row}"));
            continue;
        };
        let lower = (row + 1..rows).find(|lower| (at(*lower, column), at(*lower, right)) != ("│", "│"));
        if lower.is_none_or(|lower| (at(lower, column), at(lower, right)) != ("╰", "╯")) {
            broken.push(format!("row {lower:?} of the frame at {row}, {column}"));
        }
    }
    broken
}

#[test]
fn our_own_sequences_are_known() {
    let ours = "\u{1b}[?1049h\u{1b}[?2004h\u{1b}[?1004h\u{1b}[?25l\u{1b}[2J\u{1b}[1;1H\u{1b}[38;5;7;48;2;1;2;3mA ä ▲ 漢\u{1b}[0m\
                \u{1b}]52;c;aGVsbG8=\u{7}\u{1b}[22;2t\u{1b}]2;× 2 need you · tokengauge\u{7}\u{1b}]2;tokengauge\u{7}\
                \u{1b}]9;tokengauge: a: sign in\u{7}\u{7}\u{1b}[59m\u{1b}[23;2t\u{1b}[?1049l\u{1b}[?25h";
    let reading = read(ours.as_bytes());
    assert_eq!(reading.foreign, [""; 0]);
    assert_eq!(reading.copies, ["hello"]);
    assert_eq!(reading.titles, ["× 2 need you · tokengauge", "tokengauge"]);
    assert_eq!(reading.notifications, ["a: sign in"]);
}

#[test]
fn nothing_foreign_passes() {
    let planted = [
        "\u{1b}[6n",
        "\u{1b}[5m",
        "\u{1b}[31m",
        "\u{1b}[38;5;300m",
        "\u{1b}[38m",
        "\u{1b}[8m",
        "\u{1b}[c",
        "\u{1b}[5;5R",
        "\u{1b}[2K",
        "\u{1b}[3J",
        "\u{1b}[;H",
        "\u{1b}[H",
        "\u{1b}[0;1H",
        "\u{1b}[?1000h",
        "\u{1b}[?1049",
        "\u{1b}[1;1\u{7}H",
        "\u{1b}[ q",
        "\u{1b}]0;title\u{7}",
        "\u{1b}]2;title\u{7}",
        "\u{1b}]2;× 2 contoso · tokengauge\u{7}",
        "\u{1b}]2;× 2 need you · tokengauge",
        "\u{1b}]2;contoso tokengauge\u{7}",
        "\u{1b}[21;2t",
        "\u{1b}[22;2tx\u{7}",
        "\u{1b}]9;4;3\u{7}",
        "\u{1b}]9;tokengauge: a\u{1b}[6n\u{7}",
        "\u{1b}]9;tokengauge: a\u{7}\u{7}\u{7}",
        "\u{1b}]8;;https://phish.example\u{1b}\\",
        "\u{1b}]52;c;?\u{7}",
        "\u{1b}]52;c;eA==",
        "\u{1b}]52;p;eA==\u{7}",
        "\u{1b}Pq\u{1b}\\",
        "\u{1b}_x\u{1b}\\",
        "\u{1b}c",
        "\u{1b}7",
        "\u{1b}",
        "\u{1b}[",
        "\u{9b}6n",
        "\u{9d}0;x\u{9c}",
        "\u{90}q\u{9c}",
        "\u{85}",
        "\u{7}",
        "\u{8}",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\0",
        "\u{7f}",
        "\u{e}",
        "\u{202e}",
        "\u{2066}",
        "\u{200b}",
        "\u{200d}",
        "\u{feff}",
        "\u{ad}",
        "\u{2028}",
        "\u{e0041}",
        "\u{fe0f}",
    ];
    for text in planted {
        let reading = read(format!("before{text}").as_bytes());
        assert!(!reading.foreign.is_empty(), "{text:?}");
    }
    for bytes in [&b"\xff"[..], b"\x9b6n", b"\xc3", b"\xed\xa0\x80"] {
        assert!(!read(bytes).foreign.is_empty(), "{bytes:02x?}");
    }
    // A copy is no fault of the stream by itself: whoever reads it compares the payload.
    assert_eq!(read(b"\x1b]52;c;eA==\x07").copies, ["x"]);
}

#[test]
fn every_byte_alone_is_text_or_foreign() {
    let foreign = (0..=u8::MAX).filter(|byte| !read(&[*byte]).foreign.is_empty());
    let wanted = (0..0x20).chain(0x7f..=u8::MAX);
    assert_eq!(foreign.collect::<Vec<u8>>(), wanted.collect::<Vec<u8>>());
}

#[test]
fn line_ends_are_ours_on_the_plain_page_only() {
    assert_eq!(read(b"\x1b[2J\x1b[1;1Hone\r\ntwo").foreign, [""; 0]);
    assert_eq!(read(b"\x1b[2J\x1b[1;1Hone\ntwo").foreign.len(), 1);
    assert_eq!(read(b"\x1b[2J\x1b[1;1H\x1b[0mone\r\ntwo").foreign.len(), 2);
}

#[test]
fn a_frame_whose_side_is_pushed_aside_is_broken() {
    let shown = |text: &str| {
        let mut parser = vt100::Parser::new(4, 12, 0);
        parser.process(text.replace('\n', "\r\n").as_bytes());
        broken_frames(parser.screen()).len()
    };
    assert_eq!(shown(" ╭─ A ─╮\n │ b   │\n ╰─────╯"), 0);
    assert_eq!(shown(" ╭─ A ─╮\n │ 漢   │\n ╰─────╯"), 1);
    assert_eq!(shown(" ╭─ A ─╮\n │ b   │\n ╰────╯"), 1);
    assert_eq!(shown(" ╭─ A ─\n │ b   │\n ╰─────╯"), 1);
}
