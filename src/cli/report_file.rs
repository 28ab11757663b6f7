//! Where a report goes: stdout, or a file that other programs read while it is replaced.

use std::fs::Permissions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::Builder;

use super::exit::{CliError, Exit};
use super::output;

/// Readable for whoever collects it: there is no secret in it.
const MODE: u32 = 0o644;

/// Where it goes.
#[derive(Debug, Args)]
pub struct ReportOutput {
    /// Replace this file in one step, readable for all, instead of printing
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl ReportOutput {
    /// Writes the text there.
    pub fn put(&self, text: &str) -> Result<(), CliError> {
        match &self.output {
            None => output::print(text),
            Some(path) => replace(path, text).map_err(|error| not_written(path, &error)),
        }
    }
}

/// A collector that reads meanwhile finds the former text or this one, and takes no file whose name begins with a dot.
///
/// Behind a link its target is replaced; a device, a pipe or a directory stays what it is.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let behind_links = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let path = behind_links.as_path();
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = Builder::new().prefix(".tokengauge-").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(Permissions::from_mode(MODE))?;
    file.persist(path)?;
    Ok(())
}

fn not_written(path: &Path, error: &std::io::Error) -> CliError {
    CliError::new(
        Exit::LocalIo,
        format!("{} cannot be written: {error}", path.display()),
        "name a file in a directory that you may write to, or leave --output out to print",
    )
}
