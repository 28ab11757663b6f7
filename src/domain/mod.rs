//! Nouns and rules: what a connection is, what it holds, when that lapses. No I/O, no clock, no serde.

pub mod secret;
