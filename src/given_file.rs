//! Opening a file that a person named: never waiting for one who writes to a pipe, perhaps never.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens it for reading.
///
/// # Errors
///
/// Those of the system, and for a pipe, a terminal or a device. What the shell hands over (`<(command)`, `/dev/stdin`) is
/// read to its end, pipe or not; `/dev/null` is a file of nothing.
pub fn open(path: &Path) -> io::Result<File> {
    let is_handed_over = ["/dev/stdin", "/dev/null"].iter().any(|own| path == Path::new(own))
        || ["/dev/fd", "/proc/self/fd"].iter().any(|directory| path.starts_with(directory));
    if is_handed_over {
        return File::open(path);
    }
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() || kind.is_dir() {
        // Reading a directory fails with the system's own words.
        return Ok(file);
    }
    Err(io::Error::other("it is no file but a pipe, a terminal or a device"))
}
