//! Emergency copies that the disk does not let go of: what they hold is saved, and counts for nothing any more.

use super::home::Run;
use super::needs;
use super::tenant::NAME;
use super::unsaved::{answering, copies, next, waiting, words};

/// What keeps a copy from going: it is not removed, or the removal may not last.
const REFUSALS: [(&str, bool); 2] = [("unlink", true), ("fsync", false)];

#[test]
fn a_copy_that_cannot_be_removed_is_told_and_goes_with_the_next_command() {
    if !needs::program("strace") {
        return;
    }
    for (call, is_there_still) in REFUSALS {
        let (slow, draft) = waiting();
        std::fs::remove_dir(&draft).unwrap();
        let [copy] = copies(&slow.runtime()).try_into().unwrap();
        let of = if is_there_still { copy.as_path() } else { copy.parent().unwrap() };
        let strace = answering(of, &format!("inject={call}:error=EIO"));
        let command = slow.start_under(&words(&strace), &["token", NAME]);
        let run = Run::of(command.wait_with_output().unwrap()).is(0);
        assert!(run.out.starts_with("access-1-"), "{call}: {}", run.out);
        let told = format!("is saved now, but its copy in {} cannot be removed", copy.display());
        assert!(run.err.contains(&told) && run.err.contains("Input/output error"), "{call}: {}", run.err);
        assert_eq!(copies(&slow.runtime()).len(), usize::from(is_there_still), "{call}");
        // Nothing was asked for: the platform would hold that back for ever.
        assert!(next(&slow, &["token", NAME]).is(0).out.starts_with("access-1-"), "{call}");
        assert_eq!(copies(&slow.runtime()).len(), 0, "{call}");
        assert_eq!(next(&slow, &["token", NAME]).is(0).err, "", "{call}");
    }
}

#[test]
fn a_copy_that_outlives_its_removed_connection_is_told() {
    if !needs::program("strace") {
        return;
    }
    let (slow, _draft) = waiting();
    let [copy] = copies(&slow.runtime()).try_into().unwrap();
    let strace = answering(&copy, "inject=unlink:error=EIO");
    let command = slow.start_under(&words(&strace), &["remove", NAME, "--yes"]);
    Run::of(command.wait_with_output().unwrap()).is(0);
    assert!(!slow.home.record(NAME).exists());
    let told = next(&slow, &["list"]);
    assert!(told.err.contains(copy.to_str().unwrap()), "{told:?}");
}
