//! The way to the server, over real sockets on loopback: TLS, proxies, name lookup, limits. Names that end in `.example`
//! lead to loopback here; no name server is asked.

mod certificates;
mod limits;
mod lookup;
mod proxies;
mod server;
mod tls;
mod ways;
mod wire;
