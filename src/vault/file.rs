//! Files and directories of the vault, and how they are opened: for the owner alone, regular ones only, never waiting.
//!
//! Directories are made 0700 and files 0600 by the call that makes them, so that they never are wider, whatever the
//! umask. What is opened is checked again: somebody may have loosened it. A file is replaced by renaming a
//! [`Draft`] over it, so that a reader finds the old bytes or the new ones, never anything between.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Dir, OFlags};
use rustix::io::Errno;
use rustix::process::geteuid;
use zeroize::Zeroizing;

use super::error::VaultError;

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;
/// No key file, passphrase file or record is longer; more is not read.
const LONGEST_FILE: u64 = 16 * 1024 * 1024;
/// No key file or passphrase file is longer.
const LONGEST_KEY: u64 = 64 * 1024;
/// Reading stops at an empty read, for which there must be room.
const ROOM_TO_SEE_THE_END: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DraftState {
    Open,
    Renamed,
}

/// A file beside the one that it will replace. Dropped before that, it is removed.
#[derive(Debug)]
pub(super) struct Draft {
    file: File,
    path: PathBuf,
    target: PathBuf,
    state: DraftState,
}

impl Draft {
    /// Begins to replace `target`. Whoever calls holds its lock, and so owns the name of the draft.
    pub(super) fn begin(path: PathBuf, target: PathBuf) -> Result<Self, VaultError> {
        // Left behind by a process that was killed.
        remove_if_there(&path)?;
        let file = create_private(&path)?;
        Ok(Self { file, path, target, state: DraftState::Open })
    }

    /// Proves that the disk takes these bytes; they are overwritten by [`Draft::replace`].
    pub(super) fn prove(&mut self, filler: &[u8]) -> Result<(), VaultError> {
        self.write(filler)
    }

    /// Puts `bytes` in the place of the old file, which is untouched where this fails.
    pub(super) fn replace(mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.write(bytes)?;
        fs::rename(&self.path, &self.target).map_err(|e| VaultError::io("replace", &self.target, &e))?;
        self.state = DraftState::Renamed;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        let written = (|| {
            self.file.rewind()?;
            self.file.write_all(bytes)?;
            self.file.set_len(bytes.len() as u64)?;
            self.file.sync_all()
        })();
        written.map_err(|e| VaultError::io("write", &self.path, &e))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.state == DraftState::Open {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// How far the permissions of a file with a key or passphrase are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// The owner alone may read it.
    OwnerOnly,
    /// Its directory guards it: systemd opens credentials to the service by an access list, which shows as group bits.
    Directory,
}

/// The text of a file with a key or a passphrase.
pub(super) fn read_key(path: &Path, guard: Guard) -> Result<Zeroizing<String>, VaultError> {
    let unreadable = |e: &io::Error| VaultError::KeyUnreadable { path: path.to_owned(), reason: e.into() };
    let mut options = OpenOptions::new();
    options.read(true);
    // A pipe that the shell hands over is waited for; a pipe in the file system might be waited for in vain.
    let handed_over = path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd");
    if !handed_over {
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path).map_err(|e| unreadable(&e))?;
    let metadata = file.metadata().map_err(|e| unreadable(&e))?;
    if !metadata.is_file() && !handed_over {
        return Err(VaultError::KeyUnusable { path: path.to_owned(), fault: "is not a regular file" });
    }
    if guard == Guard::OwnerOnly {
        check_metadata(path, &metadata, FILE_MODE)?;
    }
    // Read into room enough, so that no copy is left behind by growing; 64 KiB are plenty for a key. All of the room is
    // wiped in the end, so there is no more of it than needed; a pipe does not tell its length.
    let length = if metadata.is_file() { metadata.len().min(LONGEST_KEY) } else { LONGEST_KEY };
    let mut text = Zeroizing::new(String::with_capacity(length as usize + ROOM_TO_SEE_THE_END));
    file.take(LONGEST_KEY).read_to_string(&mut text).map_err(|e| unreadable(&e))?;
    Ok(text)
}

/// Replaces a note that may be lost: readers find the old one or the new one, a power cut may leave none.
pub(super) fn replace_note(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    // Two writers at once have drafts of their own.
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    remove_if_there(&draft)?;
    let mut file = create_private(&draft)?;
    let written = file.write_all(bytes).and_then(|()| fs::rename(&draft, path));
    written.map_err(|e| {
        let _ = fs::remove_file(&draft);
        VaultError::io("write", path, &e)
    })
}

/// Where a session of this user's keeps what ends with it.
pub(super) fn usual_runtime_directory() -> PathBuf {
    Path::new("/run/user").join(geteuid().as_raw().to_string())
}

/// True if there is such a file.
pub(super) fn is_there(path: &Path) -> bool {
    path.exists()
}

/// Makes a file that was not there, for the owner alone.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let mut file = create_private(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // A part of a key is no key, and its name must be free for the next try.
        let _ = fs::remove_file(path);
        return Err(VaultError::io("write", path, &error));
    }
    sync_parent(path)
}

/// Takes back a file that was just made and is of no use, because what follows it failed.
pub(super) fn take_back(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Never through a link that was not looked at, and never waiting for the other end of a pipe.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(FILE_MODE).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
}

fn create_private(path: &Path) -> Result<File, VaultError> {
    let opened = private(OpenOptions::new().write(true).create_new(true)).open(path);
    let file = opened.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => VaultError::FileExists(path.to_owned()),
        _ => VaultError::io("make", path, &error),
    })?;
    grant_owner(&file, path).map(|()| file)
}

/// A umask may have taken the owner's own bits; they are given back, and never a bit to anybody else.
pub(super) fn grant_owner(file: &File, path: &Path) -> Result<(), VaultError> {
    let mode = metadata(file, path)?.mode() & 0o777;
    if mode & FILE_MODE == FILE_MODE {
        return Ok(());
    }
    let granted = file.set_permissions(Permissions::from_mode(FILE_MODE));
    granted.map_err(|e| VaultError::io("make", path, &e))
}

pub(super) fn make_directory(path: &Path) -> Result<(), VaultError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_directory(parent)?;
    }
    let failed = |e: &io::Error| match e.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            VaultError::NoPlace { path: path.to_owned(), reason: e.into() }
        }
        _ => VaultError::io("make", path, e),
    };
    match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
        Ok(()) => {}
        // Another process was quicker; what it made is checked like everything else.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
        Err(error) => return Err(failed(&error)),
    }
    let mode = fs::symlink_metadata(path).map_err(|e| failed(&e))?.mode() & 0o777;
    if mode != DIRECTORY_MODE {
        fs::set_permissions(path, Permissions::from_mode(DIRECTORY_MODE)).map_err(|e| failed(&e))?;
    }
    sync_parent(path)
}

/// False if there is nothing; an error if there is something that is no safe directory.
pub(super) fn check_vault_directory(dir: &Path) -> Result<bool, VaultError> {
    let found = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => Ok(false),
        io::ErrorKind::NotADirectory => Err(VaultError::NotADirectory(dir.to_owned())),
        _ => Err(VaultError::io("look at", dir, &e)),
    };
    let link = match fs::symlink_metadata(dir) {
        Ok(metadata) => metadata.is_symlink(),
        Err(error) => return found(error),
    };
    if link && is_writable_by_all(parent(dir)) {
        return Err(VaultError::UntrustedLink(dir.to_owned()));
    }
    let metadata = match fs::metadata(dir) {
        Ok(metadata) => metadata,
        Err(error) => return found(error),
    };
    if !metadata.is_dir() {
        return Err(VaultError::NotADirectory(dir.to_owned()));
    }
    check_metadata(dir, &metadata, DIRECTORY_MODE).map(|()| true)
}

fn check_metadata(path: &Path, metadata: &Metadata, wanted: u32) -> Result<(), VaultError> {
    if metadata.uid() != geteuid().as_raw() {
        return Err(VaultError::ForeignOwner { path: path.to_owned(), uid: metadata.uid() });
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(VaultError::UnsafePermissions { path: path.to_owned(), mode, wanted });
    }
    Ok(())
}

/// Nothing to keep us waiting, and nothing without an end.
pub(super) fn check_regular(file: &File, path: &Path) -> Result<(), VaultError> {
    if metadata(file, path)?.is_file() { Ok(()) } else { Err(VaultError::NotAFile(path.to_owned())) }
}

/// Opens a file, through a link where that can be trusted; `None` if there is none.
pub(super) fn open_if_there(path: &Path) -> Result<Option<File>, VaultError> {
    let file = match private(OpenOptions::new().read(true)).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::LOOP) => open_behind_link(path)?,
            // What opening a socket is answered with.
            Some(Errno::NXIO) => return Err(VaultError::NotAFile(path.to_owned())),
            _ => return Err(VaultError::io("open", path, &error)),
        },
    };
    let metadata = metadata(&file, path)?;
    if !metadata.is_file() {
        return Err(VaultError::NotAFile(path.to_owned()));
    }
    check_metadata(path, &metadata, FILE_MODE).map(|()| Some(file))
}

fn open_behind_link(path: &Path) -> Result<File, VaultError> {
    let target = behind_links(path)?;
    let opened = private(OpenOptions::new().read(true)).open(&target);
    opened.map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::NXIO) => VaultError::NotAFile(target.clone()),
        _ => VaultError::io("open", &target, &error),
    })
}

/// Where a file really is: whoever keeps it elsewhere, and a link to it in the vault, finds the link again after a save.
/// A link is trusted where only its owner could have put it, and its target where only its owner can replace it.
pub(super) fn behind_links(path: &Path) -> Result<PathBuf, VaultError> {
    if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        return Ok(path.to_owned());
    }
    let target = fs::canonicalize(path).map_err(|e| VaultError::io("follow", path, &e))?;
    if is_writable_by_all(parent(path)) || is_writable_by_all(parent(&target)) {
        return Err(VaultError::UntrustedLink(path.to_owned()));
    }
    Ok(target)
}

fn is_writable_by_all(directory: &Path) -> bool {
    directory.metadata().is_ok_and(|directory| directory.mode() & 0o002 != 0)
}

pub(super) fn read_whole(mut file: &File, path: &Path) -> Result<Vec<u8>, VaultError> {
    let length = metadata(file, path)?.len().min(LONGEST_FILE);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
    let read = (&mut file).take(LONGEST_FILE).read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|e| VaultError::io("read", path, &e))
}

fn metadata(file: &File, path: &Path) -> Result<Metadata, VaultError> {
    file.metadata().map_err(|e| VaultError::io("look at", path, &e))
}

pub(super) fn remove_if_there(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(VaultError::io("remove", path, &error)),
        _ => Ok(()),
    }
}

pub(super) fn file_names(directory: &Path) -> Result<Vec<String>, VaultError> {
    let failed = |e: &io::Error| VaultError::io("read", directory, e);
    // Not by `fs::read_dir`, which panics where the directory cannot be closed.
    let entries = match File::open(directory).and_then(|opened| Ok(Dir::new(opened)?)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(&error)),
    };
    let names = entries.collect::<Result<Vec<_>, Errno>>().map_err(|e| failed(&e.into()))?;
    let names = names.iter().filter_map(|entry| entry.file_name().to_str().ok());
    Ok(names.filter(|name| !matches!(*name, "." | "..")).map(str::to_owned).collect())
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(super) fn sync_parent(path: &Path) -> Result<(), VaultError> {
    let directory = parent(path);
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|e| VaultError::io("write", directory, &e))
}
