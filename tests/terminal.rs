//! The program in a terminal: a pseudo-terminal with a VT100 at its other end.

#[path = "support/line.rs"]
mod line;
#[path = "support/plain_http.rs"]
mod plain_http;
#[path = "support/process.rs"]
mod process;
#[path = "support/settings.rs"]
mod settings;

mod terminal {
    mod pty;

    mod bytes;
    mod endings;
    mod hang_up;
    mod hostile;
    mod keys;
    mod oracle;
    mod sizes;
    mod unsaved;
    mod warnings;
}
