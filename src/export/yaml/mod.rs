//! YAML: a writer of trees, and a reader that knows where each scalar stands.

mod read;
mod write;

pub use read::{Branch, Content, Document, YamlError};
pub(super) use write::{Node, document, push_double_quoted};
