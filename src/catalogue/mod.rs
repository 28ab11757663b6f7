//! Facts as data: clouds, permissions and presets, AADSTS codes.

pub mod aadsts;
pub mod clouds;
pub mod permissions;
