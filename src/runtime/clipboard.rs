//! clipboard.
