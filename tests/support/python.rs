//! A Python with the packages that a test reads with: `TOKENGAUGE_PEERS_PYTHON`, else the one of `target/peers/venv` that
//! `.ci/run` makes, else `python3`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::needs;

/// The program, if one has all of these modules (`yaml, icalendar`). Where none has them the test says so and is skipped,
/// except in continuous integration (`TOKENGAUGE_CI=1`).
pub fn with(modules: &str) -> Option<PathBuf> {
    let given = std::env::var_os("TOKENGAUGE_PEERS_PYTHON").map(PathBuf::from);
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/venv/bin/python3");
    let found = given.into_iter().chain([venv, "python3".into()]).find(|python| {
        let mut import = Command::new(python);
        import.arg("-c").arg(format!("import {modules}")).stdout(Stdio::null()).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    });
    needs::provided(found.is_some(), &format!("a Python with {modules}"));
    found
}
