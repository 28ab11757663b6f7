//! ui.
pub mod colour;
pub mod gauge;
pub mod glyphs;
pub mod text;
pub mod theme;
