//! What programs that watch others are told of the connections: pure functions from overviews to text, no secret in it.

pub mod calendar;
pub mod metrics;
