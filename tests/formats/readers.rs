//! Python's readers, one process for many cases; and a shell with an empty environment.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::python;

/// A Python process that reads documents.
pub struct Python {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Python {
    /// The process, where there is a Python with PyYAML.
    pub fn start() -> Option<Self> {
        let program = python::with("yaml")?;
        let mut command = Command::new(program);
        command.arg(in_package("tests/formats/readers.py")).env("PYTHONIOENCODING", "utf-8");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, stdin, stdout })
    }

    /// The documents of a YAML text.
    pub fn yaml(&mut self, text: &str) -> Vec<Value> {
        self.read("yaml", text)
    }

    /// The value of a JSON text.
    pub fn json(&mut self, text: &str) -> Value {
        self.read("json", text).remove(0)
    }

    fn read(&mut self, format: &str, text: &str) -> Vec<Value> {
        writeln!(self.stdin, "{}", json!({"as": format, "text": text})).unwrap();
        self.stdin.flush().unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        answer["documents"].as_array().unwrap_or_else(|| panic!("{}\n{text}", answer["error"])).clone()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The variables that a shell has after it has read the assignments, with nothing else in its environment.
pub fn shell(text: &str) -> BTreeMap<String, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let script = "set -a; . \"$1\"; exec /usr/bin/env -0";
    let output = Command::new("sh").args(["-c", script, "sh"]).arg(file.path()).env_clear().output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told = String::from_utf8(output.stdout).unwrap();
    told.split_terminator('\0')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
