//! Where in a text an answer may begin, and how far it may reach over wrapped lines (P5, P6).

/// A place where an answer may begin, with the text that follows it joined over line ends as far as it goes.
pub(super) struct Candidate<'t> {
    text: &'t str,
    start: usize,
    opener: Option<char>,
    joined: String,
    /// After each line that was joined: how long `joined` was, and where in `text` that is.
    ends: Vec<End>,
}

#[derive(Clone, Copy)]
struct End {
    joined: usize,
    text: usize,
}

/// One way to read a candidate: so many of its lines joined.
#[derive(Clone, Copy)]
pub(super) struct Reading<'c> {
    /// The joined text, without the punctuation of a sentence around it.
    pub(super) text: &'c str,
    /// Where in the whole text it ends.
    pub(super) end: usize,
}

/// First place at or after `from` where an answer may begin.
pub(super) fn next_start(text: &str, from: usize) -> Option<usize> {
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at))?;
    let mut before = text[..from].chars().next_back();
    for (offset, c) in text[from..].char_indices() {
        let may_begin = before.is_none_or(|b| b.is_whitespace() || partner(b).is_some());
        if may_begin && !c.is_whitespace() && (partner(c).is_none() || c == '[') {
            return Some(from + offset);
        }
        before = Some(c);
    }
    None
}

impl<'t> Candidate<'t> {
    /// Joins what follows `start`. `begins_anew` tells of a line that is an answer of its own; it is never joined.
    pub(super) fn new(text: &'t str, start: usize, begins_anew: impl Fn(&str) -> bool) -> Self {
        let opener = text[..start].trim_end().chars().next_back().filter(|c| partner(*c).is_some());
        let mut candidate = Self { text, start, opener, joined: String::new(), ends: Vec::new() };
        candidate.join(begins_anew);
        candidate
    }

    fn join(&mut self, begins_anew: impl Fn(&str) -> bool) {
        let mut from = self.start;
        let mut depth = 0;
        loop {
            let line = self.text[from..].split('\n').next().unwrap_or_default();
            let indent = line.len() - line.trim_start().len();
            let rest = line.trim();
            let scheme_only = self.joined.ends_with("://");
            if rest.is_empty()
                || (!self.joined.is_empty() && !scheme_only && begins_anew(without_openers(rest)))
            {
                return;
            }
            let length = address_length(rest, self.opener, &mut depth);
            self.joined.push_str(&rest[..length]);
            self.ends.push(End { joined: self.joined.len(), text: from + indent + length });
            from += line.len() + 1;
            if length < rest.len() || from > self.text.len() {
                return;
            }
        }
    }

    /// Everything joined.
    pub(super) fn joined(&self) -> &str {
        &self.joined
    }

    /// What the joining cost, in bytes read: looking at a line costs as much as reading some 32 bytes.
    pub(super) fn effort(&self) -> usize {
        self.joined.len() + 32 * self.ends.len()
    }

    /// All readings, the longest first.
    pub(super) fn readings(&self) -> impl Iterator<Item = Reading<'_>> {
        self.ends.iter().rev().map(|end| self.reading(*end))
    }

    /// The reading of the first line alone.
    pub(super) fn first_line(&self) -> Option<Reading<'_>> {
        self.ends.first().map(|end| self.reading(*end))
    }

    fn reading(&self, end: End) -> Reading<'_> {
        let whole = &self.joined[..end.joined];
        let text =
            if self.is_surrounded(end.text) { whole.trim_end_matches(is_sentence_mark) } else { whole };
        Reading { text, end: end.text }
    }

    /// Whether anything but its own quotes or brackets stands around it.
    fn is_surrounded(&self, end: usize) -> bool {
        let before = self.text[..self.start].trim_end();
        let before = self.opener.and_then(|opener| before.strip_suffix(opener)).unwrap_or(before);
        let after = self.text[end..].trim_start();
        let after =
            self.opener.and_then(partner).and_then(|closer| after.strip_prefix(closer)).unwrap_or(after);
        !before.trim().is_empty() || !after.trim().is_empty()
    }
}

/// How much of a line belongs to an address. Brackets inside it may pair up, as in `[http://[::1]/]`.
fn address_length(line: &str, opener: Option<char>, depth: &mut usize) -> usize {
    let closer = opener.and_then(partner);
    for (at, c) in line.char_indices() {
        if c.is_whitespace() || matches!(c, '"' | '`' | '<' | '>' | '|') {
            return at;
        }
        if Some(c) == closer {
            if *depth == 0 {
                return at;
            }
            *depth -= 1;
        } else if Some(c) == opener {
            *depth += 1;
        }
    }
    line.len()
}

fn without_openers(line: &str) -> &str {
    let inner = line.trim_start_matches(|c| partner(c).is_some());
    if line.starts_with("[::") { line } else { inner }
}

/// What closes a quote or bracket; nothing for any other character.
fn partner(opener: char) -> Option<char> {
    Some(match opener {
        '"' => '"',
        '\'' => '\'',
        '`' => '`',
        '<' => '>',
        '(' => ')',
        '[' => ']',
        '\u{201c}' | '\u{201e}' => '\u{201d}',
        '\u{2018}' => '\u{2019}',
        '\u{ab}' => '\u{bb}',
        _ => return None,
    })
}

fn is_sentence_mark(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '\'' | '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate_at(text: &str, start: usize) -> Candidate<'_> {
        Candidate::new(text, start, |line| line.starts_with("http://"))
    }

    fn readings(text: &str, start: usize) -> Vec<String> {
        candidate_at(text, start).readings().map(|r| r.text.to_owned()).collect()
    }

    fn starts(text: &str) -> Vec<usize> {
        std::iter::successors(next_start(text, 0), |at| next_start(text, at + 1)).collect()
    }

    #[test]
    fn answers_begin_after_blanks_quotes_and_opening_brackets_only() {
        assert_eq!(starts("a b\tc\nd"), [0, 2, 4, 6]);
        for opener in ['"', '\'', '`', '<', '(', '['] {
            assert!(starts(&format!("x{opener}a")).contains(&2), "{opener}");
        }
        for other in ['=', ':', '>', ')', ']', '|', '/', ',', '{'] {
            assert_eq!(starts(&format!("x{other}a")), [0], "{other}");
        }
    }

    #[test]
    fn answers_end_at_blanks_and_at_characters_no_address_has() {
        for end in [' ', '\t', '"', '`', '<', '>', '|'] {
            assert_eq!(readings(&format!("ab{end}cd"), 0), ["ab"], "{end}");
        }
        assert_eq!(readings("ab'c)d]e}f", 0), ["ab'c)d]e}f"]);
    }

    #[test]
    fn answers_end_at_the_partner_of_their_opener() {
        for (opener, closer) in [('\'', '\''), ('(', ')'), ('[', ']'), ('<', '>'), ('"', '"')] {
            assert_eq!(readings(&format!("{opener}ab{closer}cd"), 1), ["ab"], "{opener}");
        }
        assert_eq!(readings("(a)b)", 1), ["a"]);
        assert_eq!(readings("[a[b]c]", 1), ["a[b]c"]);
    }

    #[test]
    fn sentence_marks_are_cut_only_where_other_text_stands_around() {
        assert_eq!(readings("ab.,;:!?)]}'", 0), ["ab.,;:!?)]}'"]);
        assert_eq!(readings("ab.,;:!?)]}' c", 0), ["ab"]);
        assert_eq!(readings("c ab.,;:!?)]}'", 2), ["ab"]);
        assert_eq!(readings("'ab!'", 1), ["ab!"]);
    }

    #[test]
    fn wrapped_lines_are_joined_the_longest_first_without_their_margins() {
        assert_eq!(readings("ab  \n\t cd\nef gh\nij", 0), ["abcdef", "abcd", "ab"]);
    }

    #[test]
    fn empty_lines_and_lines_that_begin_anew_end_the_joining() {
        assert_eq!(readings("ab\n\ncd", 0), ["ab"]);
        assert_eq!(readings("ab\nhttp://", 0), ["ab"]);
        assert_eq!(readings("ab\n(http://", 0), ["ab"]);
    }

    #[test]
    fn reading_knows_where_in_the_text_it_ends() {
        let candidate = candidate_at("ab \n cd ef", 0);
        assert_eq!(candidate.readings().map(|r| r.end).collect::<Vec<_>>(), [7, 2]);
    }
}
