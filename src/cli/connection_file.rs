//! The file of `add --from`: a CSV of connections, one a line, read with every mistake told by its line.
//!
//! `name`, `tenant` and `mailbox` in any order under a header; comma or semicolon, quotes, comments (`#`), blank lines.
//! There is no place for a secret in it.

use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Trim};

use crate::domain::{ConnectionName, Mailbox, Tenant};
use crate::given_file;
use crate::sanitize::sanitize;

use super::exit::{CliError, Exit};
use super::parse;

/// Bytes of a file; more is not read.
const LONGEST_FILE: usize = 1024 * 1024;
/// Connections of a file.
const MOST_ROWS: usize = 1000;
/// A longer value is no name, tenant or mailbox that somebody mistyped: it is not repeated.
const LONGEST_SHOWN: usize = 40;
/// What a column that holds secrets is called.
const SECRETIVE: [&str; 9] =
    ["secret", "password", "passwort", "kennwort", "token", "key", "certificate", "credential", "pwd"];

/// One connection, as far as its line tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it stands, counted from 1.
    pub line: u64,
    /// Its name.
    pub name: ConnectionName,
    /// Its tenant, where the line names one.
    pub tenant: Option<Tenant>,
    /// Who signs in, where the line names somebody.
    pub mailbox: Option<Mailbox>,
}

/// A mistake; printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, counted from 1.
    pub line: u64,
    /// What is wrong there.
    pub what: String,
}

impl Problem {
    /// A mistake in that line.
    pub fn new(line: u64, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

/// What a file holds: what could be read, and all mistakes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionFile {
    /// The lines that are right in themselves.
    pub rows: Vec<Row>,
    /// What is wrong, in the order of the lines.
    pub problems: Vec<Problem>,
}

/// Reads a file.
pub fn read(path: &Path) -> Result<ConnectionFile, CliError> {
    let shown = sanitize(&path.display().to_string(), 200);
    let unreadable = |error: std::io::Error| {
        CliError::new(
            Exit::LocalIo,
            format!("{shown} cannot be read: {error}"),
            "name a CSV file that can be read",
        )
    };
    let file = given_file::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > LONGEST_FILE {
        return Err(CliError::new(
            Exit::Usage,
            format!("{shown} is longer than a list of connections (1 MiB)"),
            "is it the right file? at most 1,000 connections are made at once",
        ));
    }
    Ok(parse(&bytes))
}

/// Reads the bytes of a file.
pub fn parse(bytes: &[u8]) -> ConnectionFile {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return refused(1, "the file is UTF-16: save it as \"CSV UTF-8\"");
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let mut lines = Lines::new(bytes);
    let Some((line, header)) = lines.next_filled() else {
        return refused(1, "the file is empty: it begins with a header, name,tenant,mailbox");
    };
    let columns = match columns(&header) {
        Ok(columns) => columns,
        Err(faults) => {
            let problems = faults.into_iter().map(|what| Problem::new(line, what)).collect();
            return ConnectionFile { rows: Vec::new(), problems };
        }
    };
    let mut file = ConnectionFile::default();
    while let Some((line, record)) = lines.next_filled() {
        if file.rows.len() >= MOST_ROWS {
            file.problems.push(Problem::new(line, "at most 1,000 connections are made at once"));
            break;
        }
        match row(line, &record, &columns) {
            Ok(row) => file.take(row),
            Err(faults) => file.problems.extend(faults.into_iter().map(|what| Problem::new(line, what))),
        }
    }
    if file.rows.is_empty() && file.problems.is_empty() {
        return refused(line, "there is nothing below the header");
    }
    file
}

fn refused(line: u64, what: &str) -> ConnectionFile {
    ConnectionFile { rows: Vec::new(), problems: vec![Problem::new(line, what)] }
}

impl ConnectionFile {
    fn take(&mut self, row: Row) {
        match self.rows.iter().find(|own| own.name.is_same(&row.name)) {
            Some(before) => {
                let what = format!("the name {} stands in line {} already", row.name, before.line);
                self.problems.push(Problem::new(row.line, what));
            }
            None => self.rows.push(row),
        }
    }
}

/// The records of the file, each with the line that it begins in.
struct Lines<'b> {
    bytes: &'b [u8],
    reader: csv::Reader<&'b [u8]>,
    record: ByteRecord,
}

impl<'b> Lines<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(Trim::All)
            .delimiter(delimiter(bytes))
            .from_reader(bytes);
        Self { bytes, reader, record: ByteRecord::new() }
    }

    /// The next one in which something stands.
    fn next_filled(&mut self) -> Option<(u64, ByteRecord)> {
        loop {
            // A slice never fails to be read, and records of any length are taken.
            if !matches!(self.reader.read_byte_record(&mut self.record), Ok(true)) {
                return None;
            }
            if self.record.iter().any(|field| !field.trim_ascii().is_empty()) {
                return Some((self.line(), self.record.clone()));
            }
        }
    }

    /// The reader's own count begins before the blank lines that it skips: counted back from where the record ends.
    fn line(&self) -> u64 {
        let after = self.reader.position();
        let end = usize::try_from(after.byte()).unwrap_or(usize::MAX).min(self.bytes.len());
        let is_counted = self.bytes[..end].last() == Some(&b'\n');
        let within = self.record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        after.line().saturating_sub(u64::from(is_counted)).saturating_sub(within).max(1)
    }
}

/// What stands more often in the first line that holds something.
fn delimiter(bytes: &[u8]) -> u8 {
    let mut lines = bytes.split(|byte| *byte == b'\n' || *byte == b'\r').map(<[u8]>::trim_ascii);
    let header = lines.find(|line| !line.is_empty() && !line.starts_with(b"#")).unwrap_or_default();
    let pieces = |wanted: u8| header.split(|byte| *byte == wanted).count();
    if pieces(b';') > pieces(b',') { b';' } else { b',' }
}

/// Which column holds what.
struct Columns {
    count: usize,
    name: usize,
    tenant: Option<usize>,
    mailbox: Option<usize>,
}

fn columns(header: &ByteRecord) -> Result<Columns, Vec<String>> {
    let titles: Vec<String> =
        header.iter().map(|title| String::from_utf8_lossy(title).to_lowercase()).collect();
    let mut faults: Vec<String> = titles.iter().filter_map(|title| column_fault(title)).collect();
    let place = |wanted: &str| titles.iter().position(|title| title == wanted);
    for wanted in ["name", "tenant", "mailbox"] {
        if titles.iter().filter(|title| *title == wanted).count() > 1 {
            faults.push(format!("the column {wanted} stands there twice"));
        }
    }
    match place("name") {
        Some(name) if faults.is_empty() => {
            Ok(Columns { count: titles.len(), name, tenant: place("tenant"), mailbox: place("mailbox") })
        }
        Some(_) => Err(faults),
        None => {
            faults.push("a header is missing, or its column name: it reads name,tenant,mailbox".to_owned());
            Err(faults)
        }
    }
}

fn column_fault(title: &str) -> Option<String> {
    if matches!(title, "name" | "tenant" | "mailbox") {
        return None;
    }
    let shown = shown(title);
    if SECRETIVE.iter().any(|word| title.contains(word)) {
        return Some(format!(
            "no secrets inside: take the column {shown} out, and give it by --secret-file or --secret-stdin"
        ));
    }
    Some(format!(
        "there is no column {shown}: name, tenant and mailbox are read, everything else is an option of add"
    ))
}

fn row(line: u64, record: &ByteRecord, columns: &Columns) -> Result<Row, Vec<String>> {
    if record.len() != columns.count {
        return Err(vec![format!("{} fields, and the header has {}", record.len(), columns.count)]);
    }
    let mut faults = Vec::new();
    let name = field(record, Some(columns.name), "name", parse::name, &mut faults);
    let tenant = field(record, columns.tenant, "tenant", parse::tenant, &mut faults);
    let mailbox = field(record, columns.mailbox, "mailbox", parse::mailbox, &mut faults);
    match name {
        Some(name) if faults.is_empty() => Ok(Row { line, name, tenant, mailbox }),
        None if faults.is_empty() => Err(vec!["the name is missing".to_owned()]),
        _ => Err(faults),
    }
}

/// The value of a field, where something stands in it.
fn field<T>(
    record: &ByteRecord,
    column: Option<usize>,
    title: &str,
    read: fn(&str) -> Result<T, &'static str>,
    faults: &mut Vec<String>,
) -> Option<T> {
    let bytes = record.get(column?)?.trim_ascii();
    if bytes.is_empty() {
        return None;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        faults.push(format!("the {title} is not UTF-8: save the file as \"CSV UTF-8\""));
        return None;
    };
    read(text).map_err(|what| faults.push(format!("the {title} is {}, not {what}", shown(text)))).ok()
}

/// A value as it may be told: printable, and nothing that might be a secret in the wrong column.
fn shown(value: &str) -> String {
    let printable = sanitize(value, LONGEST_SHOWN);
    if value.chars().count() > LONGEST_SHOWN || value.contains('~') {
        return format!("a text of {} characters", value.chars().count());
    }
    format!("\"{printable}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<(u64, String)> {
        let file = parse(text.as_bytes());
        assert_eq!(file.problems, [], "{text:?}");
        file.rows.iter().map(|row| (row.line, row.name.to_string())).collect()
    }

    fn problems(text: &str) -> Vec<(u64, String)> {
        let file = parse(text.as_bytes());
        file.problems.into_iter().map(|problem| (problem.line, problem.what)).collect()
    }

    #[test]
    fn columns_stand_in_any_order_under_comma_or_semicolon() {
        for text in [
            "name,tenant,mailbox\na,contoso.com,ops@contoso.com\n",
            "Mailbox;NAME;Tenant\r\nops@contoso.com;a;contoso.com\r\n",
            "\u{feff}\"tenant\",\"name\",\"mailbox\"\n\"contoso.com\",\"a\",\"ops@contoso.com\"",
        ] {
            let row = parse(text.as_bytes()).rows.remove(0);
            assert_eq!((row.line, row.name.as_str()), (2, "a"), "{text:?}");
            assert_eq!(row.tenant, Tenant::parse("contoso.com"));
            assert_eq!(row.mailbox, Mailbox::parse("ops@contoso.com"));
        }
    }

    #[test]
    fn lines_are_counted_over_blank_ones_and_comments() {
        let expected = vec![(4, "a".to_owned()), (8, "b".to_owned())];
        assert_eq!(names("# ours\n\nname,tenant\na,\n\n# more\n , \nb,contoso.com"), expected);
        assert_eq!(
            names("# ours\r\n\r\nname,tenant\r\na,\r\n\r\n# more\r\n,\r\nb,contoso.com\r\n"),
            expected
        );
    }

    #[test]
    fn empty_fields_are_left_to_the_options() {
        let file = parse(b"name,tenant,mailbox\na,,\n");
        assert_eq!((&file.rows[0].tenant, &file.rows[0].mailbox), (&None, &None));
        assert_eq!(names("name\na\nb\n"), [(2, "a".to_owned()), (3, "b".to_owned())]);
    }

    #[test]
    fn every_mistake_is_told_by_its_line() {
        let told = problems("name,tenant,mailbox\n-a,contoso.com,ops\nB,,\nb,,\nc\n,contoso.com,\n");
        let lines: Vec<u64> = told.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 2, 4, 5, 6]);
        assert!(told[0].1.contains("\"-a\"") && told[1].1.contains("\"ops\""), "{told:?}");
        assert!(
            told[2].1.contains("line 3") && told[3].1.contains("1 fields") && told[4].1.contains("missing")
        );
    }

    #[test]
    fn other_columns_are_refused_by_name_and_secrets_are_not_wanted() {
        let told = problems("name,Colour,Client Secret,refresh_token\na,b,c,d\n");
        assert!(told[0].1.contains("\"colour\""), "{told:?}");
        assert!(told[1].1.starts_with("no secrets inside") && told[2].1.starts_with("no secrets inside"));
        assert!(told.iter().all(|(line, _)| *line == 1));
        assert!(problems("a,contoso.com\n")[2].1.contains("header"));
        assert!(problems("name,name\na,b\n")[0].1.contains("twice"));
    }

    #[test]
    fn nothing_that_may_be_a_secret_or_moves_the_cursor_is_repeated() {
        let secret = "qWe8Q~Rt5678abcdefghijklmnopqrstuvwxyz12";
        let told = problems(&format!("name\n{secret}\n\u{1b}[31mred\n{}\n", "x".repeat(70)));
        assert_eq!(told.len(), 3);
        for (_, what) in &told {
            assert!(!what.contains("Rt5678") && !what.contains('\u{1b}') && what.len() < 200, "{what}");
        }
    }

    #[test]
    fn files_that_hold_nothing_say_so() {
        for text in ["", "\n\n", "# only a comment\n", "name,tenant\n"] {
            assert_eq!(problems(text).len(), 1, "{text:?}");
        }
        let utf16 = parse(&[0xff, 0xfe, b'n', 0]);
        assert!(utf16.problems[0].what.contains("UTF-8"));
        let latin = parse(b"name,mailbox\na,m\xfcller@contoso.com\n");
        assert!(latin.problems[0].what.contains("UTF-8"));
    }

    #[test]
    fn a_thousand_are_the_most() {
        let lines: String = (0..1001).map(|number| format!("c{number}")).collect::<Vec<_>>().join("\n");
        let file = parse(format!("name\n{lines}").as_bytes());
        assert_eq!((file.rows.len(), file.problems[0].line), (1000, 1002));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let file = parse(&bytes);
            prop_assert!(!file.problems.is_empty() || !file.rows.is_empty());
        }

        #[test]
        fn no_table_is_too_strange(text in "(name|tenant|mailbox|[,;\"#\r\n ]|[a-z@.]{1,4}|\\PC){0,60}") {
            let file = parse(format!("name;tenant\n{text}").as_bytes());
            for problem in &file.problems {
                prop_assert!(problem.line >= 1 && !problem.what.chars().any(char::is_control));
            }
        }
    }
}
