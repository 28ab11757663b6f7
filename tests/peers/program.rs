//! A command that waits for somebody: what it prints is read while it runs.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use crate::home::Home;

/// Ends with the test, whatever it waits for.
pub struct Program {
    child: Child,
    printed: BufReader<ChildStdout>,
    so_far: String,
}

impl Program {
    /// Starts the binary on the vault of a home, both of its outputs in one.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        // No browser is to be found and opened on the machine that runs the tests.
        let mut command = home.under(&["/bin/sh", "-c", r#"exec "$0" "$@" 2>&1"#], arguments);
        let mut child = command.env("PATH", "/nonexistent").stdout(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap());
        Self { child, printed, so_far: String::new() }
    }

    /// Waits until a line holds a word that is looked for, and tells the word.
    pub fn word(&mut self, is_it: impl Fn(&str) -> bool) -> String {
        loop {
            let mut line = String::new();
            let read = self.printed.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended before it was told: {}", self.so_far);
            self.so_far.push_str(&line);
            if let Some(word) = line.split_whitespace().find(|word| is_it(word)) {
                return word.to_owned();
            }
        }
    }

    /// Waits for its end, and tells the exit code and all that it printed.
    pub fn end(mut self) -> (i32, String) {
        while self.printed.read_line(&mut self.so_far).unwrap() > 0 {}
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, std::mem::take(&mut self.so_far))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
