//! watcher.
