//! What a FETCH asks for, and the answer for the one message there is (RFC 9051 §6.4.5, §7.5.2).

/// The message, as it lies in every inbox.
pub const MESSAGE: &str = "From: Dana Whitlock <dana@contoso.example>\r\n\
To: Contoso Operations <ops@contoso.example>\r\n\
Subject: The gauge reads full\r\n\
Date: Thu, 12 Mar 2026 09:30:00 +0000\r\n\
Message-ID: <gauge-1@contoso.example>\r\n\
MIME-Version: 1.0\r\n\
Content-Type: text/plain; charset=us-ascii\r\n\
\r\n\
There is nothing to do on Sunday.\r\n";

/// Whether a sequence set holds the one message, whose number and UID are both 1.
pub fn holds_the_message(set: &str) -> bool {
    let number = |text: &str| if text == "*" { 1 } else { text.parse::<u32>().unwrap_or(0) };
    set.split(',').any(|range| {
        let (from, to) = range.split_once(':').unwrap_or((range, range));
        let (from, to) = (number(from), number(to));
        (from.min(to)..=from.max(to)).contains(&1)
    })
}

/// The items of a list such as `(UID FLAGS BODY.PEEK[HEADER.FIELDS (DATE FROM)])`.
pub fn items(list: &str) -> Vec<String> {
    let inside = list.strip_prefix('(').and_then(|list| list.strip_suffix(')')).unwrap_or(list);
    let (mut items, mut item, mut depth) = (Vec::new(), String::new(), 0_u32);
    for c in inside.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if c == ' ' && depth == 0 {
            items.push(std::mem::take(&mut item));
        } else {
            item.push(c);
        }
    }
    items.push(item);
    items
}

/// The answer to one item; `None` for an item that this server does not know.
pub fn answer(item: &str, flags: &str) -> Option<String> {
    match item.to_ascii_uppercase().as_str() {
        "UID" => Some("UID 1".into()),
        "FLAGS" => Some(format!("FLAGS ({flags})")),
        "INTERNALDATE" => Some(r#"INTERNALDATE "12-Mar-2026 09:30:00 +0000""#.into()),
        "RFC822.SIZE" => Some(format!("RFC822.SIZE {}", MESSAGE.len())),
        section => {
            let section = section.replace(".PEEK", "");
            let (name, content) = (section.strip_prefix("BODY")?, content(&section)?);
            Some(format!("BODY{name} {{{}}}\r\n{content}", content.len()))
        }
    }
}

fn content(section: &str) -> Option<String> {
    match section {
        "BODY[]" => Some(MESSAGE.into()),
        "BODY[HEADER]" => Some(header(|_| true)),
        _ => {
            let names = section.strip_prefix("BODY[HEADER.FIELDS (")?.strip_suffix(")]")?;
            let names: Vec<&str> = names.split(' ').map(|name| name.trim_matches('"')).collect();
            Some(header(|field| names.iter().any(|name| name.eq_ignore_ascii_case(field))))
        }
    }
}

/// The lines of these fields, and the empty one that ends a header.
fn header(is_wanted: impl Fn(&str) -> bool) -> String {
    let (header, _) = MESSAGE.split_once("\r\n\r\n").unwrap();
    let lines = header.split("\r\n").filter(|line| is_wanted(line.split(':').next().unwrap()));
    lines.map(|line| format!("{line}\r\n")).chain(["\r\n".to_owned()]).collect()
}

#[test]
fn a_list_is_taken_apart_outside_of_brackets() {
    let list = "(UID BODY.PEEK[HEADER.FIELDS (DATE FROM)] FLAGS)";
    assert_eq!(items(list), ["UID", "BODY.PEEK[HEADER.FIELDS (DATE FROM)]", "FLAGS"]);
    let header = answer("BODY.PEEK[HEADER.FIELDS (SUBJECT)]", "").unwrap();
    assert_eq!(header, "BODY[HEADER.FIELDS (SUBJECT)] {33}\r\nSubject: The gauge reads full\r\n\r\n");
    assert!(holds_the_message("1:*") && holds_the_message("3:*") && !holds_the_message("2,4:5"));
}
