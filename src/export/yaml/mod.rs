//! YAML: a writer of trees, and a reader that knows where each scalar stands.

mod write;

pub(super) use write::{Node, document};
