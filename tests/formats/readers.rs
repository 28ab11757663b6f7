//! Python's readers, one process for many cases; and a shell with an empty environment.
//!
//! Needs a Python with PyYAML: `TOKENGAUGE_PEERS_PYTHON`, else the one of `target/peers/venv` that `.ci/run` makes, else
//! `python3`. Where none has it a test says so and passes, except in continuous integration (`TOKENGAUGE_CI=1`).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A Python process that reads documents.
pub struct Python {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Python {
    /// The process, where there is a Python with PyYAML.
    pub fn start() -> Option<Self> {
        let Some(program) = program() else {
            assert!(std::env::var_os("TOKENGAUGE_CI").is_none(), "PyYAML is missing");
            eprintln!("skipped: no Python with PyYAML; see .ci/run");
            return None;
        };
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

fn program() -> Option<PathBuf> {
    let given = std::env::var_os("TOKENGAUGE_PEERS_PYTHON").map(PathBuf::from);
    let usual = [in_package("target/peers/venv/bin/python3"), "python3".into()];
    given.into_iter().chain(usual).find(|python| {
        let mut import = Command::new(python);
        import.args(["-c", "import yaml"]).stdout(Stdio::null()).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    })
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
