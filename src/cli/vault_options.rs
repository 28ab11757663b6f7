//! How another program, wherever it runs, has ours find and open this vault.

use std::path::{Path, PathBuf};

use crate::config::{ConfigFile, Paths, Variables};
use crate::export::snippet::VaultOptions;
use crate::vault::unlock::Sources;

/// Whatever is not where it is looked for without being told.
pub fn vault_options(vault: &Path, config: Option<&ConfigFile>, sources: &Sources) -> VaultOptions {
    let config = match config {
        Some(ConfigFile::Named(path)) => Some(path),
        _ => None,
    };
    VaultOptions {
        vault: (!is_usual(vault)).then(|| absolute(vault)),
        config: config.map(|path| absolute(path)),
        key_file: sources.key_file.as_deref().map(absolute),
        passphrase_file: sources.passphrase_file.as_deref().map(absolute),
    }
}

/// True if the vault is found without being named.
fn is_usual(vault: &Path) -> bool {
    let plain = Variables { vault: None, ..Variables::of_process() };
    Paths::find(None, None, &plain).is_ok_and(|usual| usual.vault == vault)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
