//! The way to the server, over real sockets on loopback: TLS, proxies, name lookup, limits. Names that end in `.example`
//! lead to loopback here; no name server is asked.

#[path = "../flows/desk.rs"]
#[expect(dead_code, reason = "shared with tests/flows")]
mod desk;
#[path = "../terminal/pty.rs"]
#[expect(dead_code, reason = "shared with tests/terminal")]
mod pty;
#[path = "../support/settings.rs"]
mod settings;

mod certificates;
mod checkup;
mod keys;
mod limits;
mod lookup;
mod once;
mod program;
mod proxies;
mod server;
mod tls;
mod ways;
mod wire;
