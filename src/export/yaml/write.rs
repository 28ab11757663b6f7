//! Writes a tree as YAML in block style, so that readers of YAML 1.1 and 1.2 read the same.
//!
//! Every text stands between double quotes: without them `~` is null, `1.0` a number, `no` a truth value and `: ` a key.

use std::fmt::Write;

use zeroize::Zeroizing;

/// A node of a document.
#[derive(Debug, Clone)]
pub enum Node<'n> {
    /// Any text; written between double quotes.
    Text(&'n str),
    /// A word of ours that YAML reads as it is meant: written bare.
    Word(&'static str),
    /// Keys of ours, each a bare word.
    Map(Vec<(&'static str, Node<'n>)>),
    /// A sequence.
    List(Vec<Node<'n>>),
}

/// A document whose root is a mapping, without a marker before it.
pub fn document(root: &[(&'static str, Node<'_>)]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(64 * 1024));
    push_map(&mut text, root, 0);
    text
}

/// Each key on a line of its own; the first one where the text ends.
fn push_map(text: &mut String, map: &[(&'static str, Node<'_>)], depth: usize) {
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            push_indent(text, depth);
        }
        text.push_str(key);
        text.push(':');
        push_value(text, value, depth);
    }
}

/// What stands after a key, to the end of the line or on lines below.
fn push_value(text: &mut String, value: &Node<'_>, depth: usize) {
    match value {
        Node::Map(map) if !map.is_empty() => {
            text.push('\n');
            push_indent(text, depth + 1);
            push_map(text, map, depth + 1);
        }
        Node::List(list) if !list.is_empty() => {
            text.push('\n');
            push_list(text, list, depth + 1);
        }
        flat => {
            text.push(' ');
            push_flat(text, flat);
            text.push('\n');
        }
    }
}

fn push_list(text: &mut String, list: &[Node<'_>], depth: usize) {
    for item in list {
        push_indent(text, depth);
        text.push('-');
        match item {
            Node::Map(map) if !map.is_empty() => {
                text.push(' ');
                push_map(text, map, depth + 1);
            }
            other => push_value(text, other, depth),
        }
    }
}

fn push_flat(text: &mut String, node: &Node<'_>) {
    match node {
        Node::Text(value) => push_double_quoted(text, value),
        Node::Word(word) => text.push_str(word),
        Node::Map(_) => text.push_str("{}"),
        Node::List(_) => text.push_str("[]"),
    }
}

fn push_indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n("  ", depth));
}

/// A double-quoted scalar on one line (YAML 1.2.2 §7.3.1). What a reader of YAML 1.1 takes for a line break or refuses as
/// unprintable is escaped.
pub fn push_double_quoted(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' => push_escape(text, 'x', 2, character),
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                push_escape(text, 'u', 4, character)
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}

fn push_escape(text: &mut String, kind: char, digits: usize, character: char) {
    let _ = write!(text, "\\{kind}{:0digits$X}", u32::from(character));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_written_in_block_style() {
        let item = Node::Map(vec![("name", Node::Text("Account 1")), ("endpoint", Node::Map(Vec::new()))]);
        let other = Node::List(vec![Node::Word("true"), Node::List(Vec::new())]);
        let tree = [
            ("accounts", Node::Map(vec![("msexchange", Node::List(vec![item, other]))])),
            ("a", Node::Text("")),
        ];
        let expected = "accounts:\n  msexchange:\n    - name: \"Account 1\"\n      endpoint: {}\n    -\n      - true\n      - []\na: \"\"\n";
        assert_eq!(document(&tree).as_str(), expected);
    }

    #[test]
    fn nothing_breaks_out_of_the_quotes() {
        let quoted = |value: &str| {
            let mut text = String::new();
            push_double_quoted(&mut text, value);
            text
        };
        assert_eq!(quoted("a\"b\\c\nd: #~"), "\"a\\\"b\\\\c\\nd: #~\"");
        assert_eq!(quoted("\u{85}\u{2028}\u{1}ä😀"), "\"\\x85\\u2028\\x01ä😀\"");
    }
}
