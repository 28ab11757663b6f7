//! The private key of a vault in memory: once, in a page of its own, which is kept out of swap where the limit allows.
//!
//! Only this page is locked. Locking everything, now and later, would make allocations fail under the usual limit of a few
//! megabytes, and opening a passphrase takes 256. So what passes through other memory for a moment (a stack that the key was
//! moved over, an X25519 exchange, a passphrase while it is typed) might reach swap before it is overwritten.

use std::sync::Arc;

use age::x25519;
use region::LockGuard;

/// A key, shared by all who use it. The last one to let go wipes it.
#[derive(Clone)]
pub(super) struct KeyPage(Arc<Kept>);

/// A page that holds nothing else: two locks of one page would be undone by the first to end.
#[repr(align(4096))]
struct Page {
    /// `None` only while it is dropped.
    key: Option<x25519::Identity>,
}

struct Kept {
    page: Box<Page>,
    /// `None` where this user may lock no memory: it goes on without.
    guard: Option<LockGuard>,
}

impl KeyPage {
    /// Moves the key into a page of its own.
    pub(super) fn new(key: x25519::Identity) -> Self {
        let mut page = Box::new(Page { key: None });
        // Locked first, so that the key never lies in a page that is not.
        let guard = region::lock(std::ptr::from_ref(&*page), size_of::<Page>()).ok();
        page.key = Some(key);
        Self(Arc::new(Kept { page, guard }))
    }

    /// The key.
    pub(super) fn key(&self) -> &x25519::Identity {
        self.0.page.key.as_ref().expect("the key is there until the page is dropped")
    }

    /// True if the page cannot reach swap.
    pub(super) fn is_locked(&self) -> bool {
        self.0.guard.is_some()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Wiped (by its own type) while the page is still locked.
        self.page.key = None;
        self.guard = None;
    }
}
