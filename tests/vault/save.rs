//! Saving: generations, proofs of disk, and the old record where it fails.

use std::fs;

use tokengauge::vault::{ErrorKind, Vault, VaultError, unlock};

use crate::sample::{NO_PATIENCE, Sample, connection, files, id, name, named};

#[test]
fn a_save_raises_the_generation_and_is_read_back() {
    let sample = Sample::with_connection();
    let mut locked = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let mut changed = locked.read().unwrap();
    changed.trouble = None;
    locked.save(&mut changed).unwrap();
    assert_eq!(changed.generation, 8);
    assert_eq!(locked.read().unwrap(), changed);
    locked.save(&mut changed).unwrap();
    assert_eq!(sample.vault.connection(&name("contoso-prod")).unwrap().generation, 9);
}
