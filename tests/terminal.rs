//! The program in a terminal: a pseudo-terminal with a VT100 at its other end.

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
