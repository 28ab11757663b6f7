//! The listener for the browser's answer over real sockets: what a browser brings, and what anybody else may try.

mod browser;
mod fixtures;
mod hostile;
mod ports;
mod tunnel;
