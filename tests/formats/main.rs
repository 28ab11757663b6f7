//! The formats that values leave and come in, read back by programs that we did not write: Python's YAML and JSON readers
//! and a POSIX shell.

mod intake;
mod lines;
#[path = "../support/needs.rs"]
#[expect(dead_code, reason = "other tests need other things of the machine")]
mod needs;
mod patch;
mod preview;
#[path = "../support/python.rs"]
mod python;
mod readers;
mod trees;
mod values;
