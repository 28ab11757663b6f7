//! Files that hold connection values: for their owner alone, whole or not at all, and never where they would be published
//! or lost. Command line and dashboard write by these rules.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::domain::secret::{RevealedValue, Secret};
use crate::sanitize::sanitize;

/// What the person has allowed beyond what is safe by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed {
    /// A file that is there is written over.
    pub overwrite: bool,
    /// A git work tree is written into, and values are shown on a terminal.
    pub exposed: bool,
}

/// Why a file is not written, or not read. Paths in its words are printable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportFileError {
    /// No file can have this name.
    #[error("{0} names no file")]
    NoName(String),
    /// Its directory is not there.
    #[error("the directory {0} does not exist")]
    NoDirectory(String),
    /// Something has this name already.
    #[error("{0} exists and is not written over")]
    Exists(String),
    /// A symbolic link has this name: what it leads to may be anybody's.
    #[error("{0} is a symbolic link and is not followed")]
    Symlink(String),
    /// A directory, a device or a pipe has this name.
    #[error("{0} is not a regular file")]
    NotAFile(String),
    /// A commit would publish the values.
    #[error("{0} is in a git work tree, and a commit would publish the secrets")]
    InWorkTree(String),
    /// A terminal keeps what it shows.
    #[error("the values are not shown on a terminal, which keeps them in its history")]
    Terminal,
    /// Such a file is of another kind.
    #[error("{path} is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// The most that is read, bytes.
        limit: u64,
    },
    /// The system did not let it be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        error: String,
    },
    /// The system did not let it be written.
    #[error("{path} cannot be written: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        error: String,
    },
}

impl ExportFileError {
    /// True if it was the system that refused, not a rule of ours.
    pub fn is_of_system(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Unreadable { .. } | Self::NoDirectory(_))
    }
}

/// The whole path of a file that need not exist yet: that of its directory, links resolved, with the file's own name.
pub fn whole_path(path: &Path) -> Result<PathBuf, ExportFileError> {
    let name = path.file_name().ok_or_else(|| ExportFileError::NoName(printable(path)))?;
    let directory = directory_of(path);
    let directory =
        directory.canonicalize().map_err(|_| ExportFileError::NoDirectory(printable(directory)))?;
    Ok(directory.join(name))
}

/// Tells whether the file may be written, before anything is renewed or opened for it.
pub fn check(path: &Path, allowed: Allowed) -> Result<(), ExportFileError> {
    // Told first: a link into a work tree would hide where the file really goes.
    if let Ok(there) = path.symlink_metadata() {
        check_kind(path, &there)?;
    }
    if !allowed.exposed && is_in_git_work_tree(path) {
        return Err(ExportFileError::InWorkTree(printable(path)));
    }
    let path = whole_path(path)?;
    if !allowed.overwrite && path.symlink_metadata().is_ok() {
        return Err(ExportFileError::Exists(printable(&path)));
    }
    Ok(())
}

/// Tells whether values may go to standard output.
pub fn check_stdout(allowed: Allowed) -> Result<(), ExportFileError> {
    if io::stdout().is_terminal() && !allowed.exposed { Err(ExportFileError::Terminal) } else { Ok(()) }
}

/// Writes the file, readable by its owner alone from the first moment: another name is written, synchronised and then
/// renamed, so that a reader sees all of it or nothing, and half of the values never look like all of them. Gives the
/// whole path.
pub fn write(path: &Path, text: &RevealedValue, allowed: Allowed) -> Result<PathBuf, ExportFileError> {
    check(path, allowed)?;
    let path = whole_path(path)?;
    let refused = |error: io::Error| ExportFileError::Io { path: printable(&path), error: error.to_string() };
    let directory = directory_of(&path);
    // 0600 from its first opening.
    let mut file = NamedTempFile::with_prefix_in(".tokengauge-", directory).map_err(refused)?;
    file.write_all(text.expose().as_bytes()).map_err(refused)?;
    file.as_file().sync_all().map_err(refused)?;
    if allowed.overwrite {
        file.persist(&path).map_err(|error| refused(error.error))?;
    } else {
        file.persist_noclobber(&path).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => ExportFileError::Exists(printable(&path)),
            _ => refused(error.error),
        })?;
    }
    // The name is as lasting as the contents only after this.
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(refused)?;
    Ok(path)
}

/// Reads a file that values are to be put into: a regular one, at most `limit` bytes of it.
pub fn read(path: &Path, limit: u64) -> Result<Zeroizing<String>, ExportFileError> {
    let refused =
        |error: io::Error| ExportFileError::Unreadable { path: printable(path), error: error.to_string() };
    check_kind(path, &path.symlink_metadata().map_err(refused)?)?;
    // What takes its place meanwhile is neither followed nor waited for.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(refused)?;
    let there = file.metadata().map_err(refused)?;
    check_kind(path, &there)?;
    // Room for all of it, and for the byte that tells that it is too large: no half of it is left behind in memory.
    let room = usize::try_from(there.len().min(limit)).unwrap_or(0) + 1;
    let mut text = Zeroizing::new(String::with_capacity(room));
    file.take(limit + 1).read_to_string(&mut text).map_err(refused)?;
    if text.len() as u64 > limit {
        return Err(ExportFileError::TooLarge { path: printable(path), limit });
    }
    Ok(text)
}

fn check_kind(path: &Path, there: &Metadata) -> Result<(), ExportFileError> {
    match there.file_type() {
        kind if kind.is_symlink() => Err(ExportFileError::Symlink(printable(path))),
        kind if kind.is_file() => Ok(()),
        _ => Err(ExportFileError::NotAFile(printable(path))),
    }
}

/// True if a file of this path would lie in a git work tree. A linked work tree or a submodule has a file `.git` instead
/// of a directory. Directories that do not exist yet are passed over: they would lie in the nearest one that does.
fn is_in_git_work_tree(path: &Path) -> bool {
    let directory = directory_of(path);
    let existing = directory.ancestors().map(or_here).find_map(|own| own.canonicalize().ok());
    // The person's home may be reached by a link: where it leads counts, and what the path says.
    let said = std::path::absolute(directory).ok();
    let places = existing.iter().chain(&said).flat_map(|own| own.ancestors());
    let mut marks = places.map(|own| own.join(OsStr::new(".git")));
    marks.any(|mark| mark.symlink_metadata().is_ok())
}

fn directory_of(path: &Path) -> &Path {
    or_here(path.parent().unwrap_or(Path::new("")))
}

fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

fn printable(path: &Path) -> String {
    sanitize(&path.display().to_string(), 2_000)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use rustix::fs::{FileType, Mode};
    use tempfile::TempDir;

    use super::*;

    const OVERWRITE: Allowed = Allowed { overwrite: true, exposed: false };
    const EXPOSED: Allowed = Allowed { overwrite: false, exposed: true };

    fn text(text: &str) -> RevealedValue {
        RevealedValue::new(text.to_owned())
    }

    fn put(path: &Path, allowed: Allowed) -> Result<PathBuf, ExportFileError> {
        write(path, &text("new\n"), allowed)
    }

    #[test]
    fn a_new_file_is_its_owners_alone_and_the_only_one() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("values");
        assert_eq!(put(&path, Allowed::default()), Ok(path.canonicalize().unwrap()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_there_is_written_over_only_when_that_is_allowed_and_becomes_the_owners() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("values");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(put(&path, EXPOSED), Err(ExportFileError::Exists(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        put(&path, OVERWRITE).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    }

    #[test]
    fn nothing_is_written_through_a_link_whatever_is_allowed() {
        let home = TempDir::new().unwrap();
        let (path, target) = (home.path().join("values"), home.path().join("target"));
        fs::write(&target, "old").unwrap();
        symlink(&target, &path).unwrap();
        let all = Allowed { overwrite: true, exposed: true };
        assert!(matches!(put(&path, all), Err(ExportFileError::Symlink(_))));
        symlink(home.path().join("nowhere"), home.path().join("dangling")).unwrap();
        assert!(matches!(put(&home.path().join("dangling"), all), Err(ExportFileError::Symlink(_))));
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        assert!(matches!(read(&path, 100), Err(ExportFileError::Symlink(_))));
    }

    #[test]
    fn directories_and_devices_are_no_files() {
        let home = TempDir::new().unwrap();
        assert!(matches!(put(home.path(), OVERWRITE), Err(ExportFileError::NotAFile(_))));
        assert!(matches!(put(Path::new("/dev/null"), OVERWRITE), Err(ExportFileError::NotAFile(_))));
        assert!(matches!(put(Path::new(".."), OVERWRITE), Err(ExportFileError::NotAFile(_))));
        assert!(matches!(
            put(&home.path().join("no/values"), OVERWRITE),
            Err(ExportFileError::NoDirectory(_))
        ));
    }

    #[test]
    fn a_git_work_tree_is_left_alone_also_a_linked_one() {
        let home = TempDir::new().unwrap();
        fs::create_dir_all(home.path().join("tree/deep")).unwrap();
        fs::create_dir(home.path().join("tree/.git")).unwrap();
        fs::create_dir(home.path().join("linked")).unwrap();
        fs::write(home.path().join("linked/.git"), "gitdir: elsewhere\n").unwrap();
        for path in ["tree/values", "tree/deep/values", "linked/values", "tree/deep/to/come/values"] {
            let path = home.path().join(path);
            let refused = put(&path, OVERWRITE);
            assert!(matches!(refused, Err(ExportFileError::InWorkTree(_))), "{path:?}: {refused:?}");
        }
        put(&home.path().join("tree/deep/values"), EXPOSED).unwrap();
    }

    #[test]
    fn a_link_to_a_directory_hides_no_work_tree() {
        let home = TempDir::new().unwrap();
        fs::create_dir_all(home.path().join("tree/.git")).unwrap();
        symlink(home.path().join("tree"), home.path().join("way")).unwrap();
        assert!(matches!(
            put(&home.path().join("way/values"), OVERWRITE),
            Err(ExportFileError::InWorkTree(_))
        ));
    }

    #[test]
    fn what_is_read_is_bounded() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("accounts.yaml");
        fs::write(&path, "accounts:\n").unwrap();
        assert_eq!(read(&path, 10).unwrap().as_str(), "accounts:\n");
        assert!(matches!(read(&path, 9), Err(ExportFileError::TooLarge { .. })));
        assert!(matches!(read(&home.path().join("none"), 9), Err(ExportFileError::Unreadable { .. })));
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert!(matches!(read(&path, 9), Err(ExportFileError::NotAFile(_))));
    }
}
