//! Reads one YAML document as a tree whose nodes know their place in the text, with bounds on size and depth.
//!
//! Nothing is resolved: a scalar is its text, an alias stays an alias.

use std::fmt;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use thiserror::Error;

use crate::export::LARGEST;

/// Collections in collections.
const DEEPEST: usize = 64;

/// Scalars, and beginnings and ends of collections: ten times as many as the accounts of any runtime have.
const MOST_EVENTS: usize = 100_000;

/// Why a text is not read as a document. Lines count from one; nothing of the text is told.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum YamlError {
    /// The syntax is broken.
    #[error("it is not YAML: line {line}")]
    Syntax {
        /// Where it was noticed.
        line: usize,
    },
    /// More than [`LARGEST`] bytes, or too many nodes.
    #[error("it is larger than any accounts file: more than 1 MiB or 100,000 nodes")]
    TooLarge,
    /// Collections in collections beyond all use.
    #[error("it is nested too deeply: line {line}")]
    TooDeep {
        /// Where it becomes too much.
        line: usize,
    },
    /// There is no document, or more than one.
    #[error("it does not hold exactly one YAML document")]
    NotOneDocument,
}

/// A step of the parser, and where in the text it stands.
type Placed<'t> = (Event<'t>, Span);

/// A document.
pub struct Document<'t> {
    text: &'t str,
    events: Vec<Placed<'t>>,
    root: Branch,
}

/// Text and events hold secrets.
impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("root", &self.root).finish_non_exhaustive()
    }
}

/// A node of a document.
#[derive(Debug)]
pub struct Branch {
    event: usize,
    /// The line that it begins on.
    pub line: usize,
    /// What it holds.
    pub content: Content,
}

/// What a node holds.
#[derive(Debug)]
pub enum Content {
    /// A text, a number, a truth value: one scalar.
    Scalar,
    /// The node of an anchor, which stands elsewhere.
    Alias,
    /// A sequence.
    List(Vec<Branch>),
    /// Keys and values, in their order.
    Map(Vec<(Branch, Branch)>),
}

impl<'t> Document<'t> {
    /// Reads exactly one document.
    pub fn read(text: &'t str) -> Result<Self, YamlError> {
        if text.len() > LARGEST {
            return Err(YamlError::TooLarge);
        }
        let mut events: Vec<Placed<'t>> = Vec::new();
        let mut depth = 0usize;
        for event in Parser::new_from_str(text) {
            let placed = event.map_err(|error| YamlError::Syntax { line: error.marker().line() })?;
            match placed.0 {
                Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
                Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
                _ => {}
            }
            // Before more of it is read: such a text is made to keep a reader busy.
            if depth > DEEPEST {
                return Err(YamlError::TooDeep { line: placed.1.start.line() });
            }
            if events.len() >= MOST_EVENTS {
                return Err(YamlError::TooLarge);
            }
            events.push(placed);
        }
        let root = grow(&events)?;
        Ok(Self { text, events, root })
    }

    /// The root.
    pub fn root(&self) -> &Branch {
        &self.root
    }

    /// The text of a scalar.
    pub fn scalar(&self, branch: &Branch) -> Option<&str> {
        match &self.events.get(branch.event)?.0 {
            Event::Scalar(text, ..) => Some(text),
            _ => None,
        }
    }

    /// The values of a key of a mapping: none, one, or more where the key stands twice.
    pub fn values_of<'b>(&self, map: &'b Branch, key: &str) -> Vec<&'b Branch> {
        map.entries()
            .iter()
            .filter(|(own, _)| self.scalar(own) == Some(key))
            .map(|(_, value)| value)
            .collect()
    }

    /// True if the node has an anchor or a tag, or is an alias: it is used elsewhere, or is not what it seems.
    pub fn is_entangled(&self, branch: &Branch) -> bool {
        match &self.events[branch.event].0 {
            Event::Scalar(_, _, anchor, tag) => *anchor != 0 || tag.is_some(),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => {
                *anchor != 0 || tag.is_some()
            }
            _ => true,
        }
    }

    /// How a scalar is written.
    pub(in crate::export) fn style(&self, branch: &Branch) -> Option<ScalarStyle> {
        match &self.events[branch.event].0 {
            Event::Scalar(_, style, ..) => Some(*style),
            _ => None,
        }
    }

    /// Where a scalar stands in the text, in bytes, quotes included; `None` if it goes over several lines. The end is
    /// looked for in the text: the parser's goes as far as the next token, over blanks and comments.
    pub(in crate::export) fn place(&self, branch: &Branch) -> Option<Range<usize>> {
        let (Event::Scalar(value, style, ..), span) = &self.events[branch.event] else { return None };
        let start = self.byte(span.start.index());
        let rest = self.text.get(start..)?;
        let length = match style {
            ScalarStyle::Plain => rest.starts_with(value.as_ref()).then_some(value.len()),
            ScalarStyle::SingleQuoted => single_quoted(rest),
            ScalarStyle::DoubleQuoted => double_quoted(rest),
            ScalarStyle::Literal | ScalarStyle::Folded => None,
        }?;
        (!rest[..length].contains(['\n', '\r'])).then_some(start..start + length)
    }

    fn byte(&self, character: usize) -> usize {
        self.text.char_indices().nth(character).map_or(self.text.len(), |(at, _)| at)
    }

    /// True if `other` differs from this document only in these scalars, which have these texts there.
    pub(in crate::export) fn differs_only_in(
        &self,
        changes: &[(&Branch, &str)],
        other: &Document<'_>,
    ) -> bool {
        let change = |index: usize| changes.iter().find(|(branch, _)| branch.event == index);
        let agree =
            |(index, (own, others)): (usize, (&Placed<'t>, &Placed<'_>))| match (change(index), &others.0) {
                (None, others) => own.0 == *others,
                (Some((_, expected)), Event::Scalar(text, _, 0, None)) => text == expected,
                (Some(_), _) => false,
            };
        self.events.len() == other.events.len()
            && self.events.iter().zip(&other.events).enumerate().all(agree)
    }
}

impl Branch {
    /// Keys and values; nothing where it is no mapping.
    pub fn entries(&self) -> &[(Branch, Branch)] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items; nothing where it is no sequence.
    pub fn items(&self) -> &[Branch] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }
}

/// The length of the scalar that begins here (YAML 1.2.2 §7.3.2): a quote in it is doubled.
fn single_quoted(text: &str) -> Option<usize> {
    let mut from = text.starts_with('\'').then_some(1)?;
    loop {
        let quote = from + text[from..].find('\'')?;
        if !text[quote + 1..].starts_with('\'') {
            return Some(quote + 1);
        }
        from = quote + 2;
    }
}

/// The length of the scalar that begins here (§7.3.1): a backslash goes with the character after it.
fn double_quoted(text: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    characters.next().filter(|(_, first)| *first == '"')?;
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some(at + 1),
            '\\' => drop(characters.next()?),
            _ => {}
        }
    }
    None
}

/// A collection that is being read.
struct Open {
    event: usize,
    line: usize,
    is_map: bool,
    branches: Vec<Branch>,
}

impl Open {
    fn close(self) -> Branch {
        let content = if self.is_map {
            let mut entries = Vec::with_capacity(self.branches.len() / 2);
            let mut branches = self.branches.into_iter();
            while let (Some(key), Some(value)) = (branches.next(), branches.next()) {
                entries.push((key, value));
            }
            Content::Map(entries)
        } else {
            Content::List(self.branches)
        };
        Branch { event: self.event, line: self.line, content }
    }
}

fn grow(events: &[Placed<'_>]) -> Result<Branch, YamlError> {
    let mut open: Vec<Open> = Vec::new();
    let mut roots: Vec<Branch> = Vec::new();
    for (index, (event, span)) in events.iter().enumerate() {
        let line = span.start.line();
        let finished = match event {
            Event::Scalar(..) => Some(Branch { event: index, line, content: Content::Scalar }),
            Event::Alias(_) => Some(Branch { event: index, line, content: Content::Alias }),
            Event::SequenceStart(..) => {
                open.push(Open { event: index, line, is_map: false, branches: Vec::new() });
                None
            }
            Event::MappingStart(..) => {
                open.push(Open { event: index, line, is_map: true, branches: Vec::new() });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(Open::close),
            _ => None,
        };
        if let Some(branch) = finished {
            open.last_mut().map_or(&mut roots, |parent| &mut parent.branches).push(branch);
        }
    }
    match <[Branch; 1]>::try_from(roots) {
        Ok([root]) => Ok(root),
        Err(_) => Err(YamlError::NotOneDocument),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        let shown = format!("{:?}", Document::read("accessToken: TGSECRET\n").unwrap());
        assert!(shown.contains("Scalar") && !shown.contains("TGSECRET"), "{shown}");
    }

    #[test]
    fn nodes_know_their_place() {
        let text = "# ä\na:\n  - 'b''c' # no\n  - \"d\\\"\" # \"\n  - e f # g\n";
        let document = Document::read(text).unwrap();
        let items = document.root().entries()[0].1.items();
        assert_eq!(document.scalar(&items[0]), Some("b'c"));
        assert_eq!(&text[document.place(&items[0]).unwrap()], "'b''c'");
        assert_eq!(&text[document.place(&items[1]).unwrap()], "\"d\\\"\"");
        assert_eq!(&text[document.place(&items[2]).unwrap()], "e f");
        assert_eq!(items[1].line, 4);
    }

    #[test]
    fn depth_and_size_have_bounds() {
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert_eq!(Document::read(&deep).unwrap_err(), YamlError::TooDeep { line: 1 });
        assert_eq!(Document::read(&" ".repeat(LARGEST + 1)).unwrap_err(), YamlError::TooLarge);
        assert_eq!(Document::read("a: 1\n---\nb: 2\n").unwrap_err(), YamlError::NotOneDocument);
        assert_eq!(Document::read("").unwrap_err(), YamlError::NotOneDocument);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_fall(text in "(?s)[ \\n\\t\\-:#'\"|>&*!?,{}\\[\\]%@`~a-c\\PC]{0,200}") {
            let _ = Document::read(&text);
        }
    }
}
