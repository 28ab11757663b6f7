//! Whatever ends the program: the terminal is given back as it was.

use rustix::process::Signal;

use super::pty::{Demo, Terminal};

/// The state in which there is the most to restore.
fn running() -> Terminal {
    let terminal = Demo::default().shown();
    let set = ["the alternate screen", "the hidden cursor", "bracketed paste", "focus events"];
    let now = terminal.not_restored();
    assert!(
        set.iter().all(|name| now.contains(name)) && now.contains(&"the settings of the line"),
        "{now:?}"
    );
    terminal
}

#[test]
fn quitting_gives_the_terminal_back() {
    let mut terminal = running();
    terminal.keys("q");
    assert!(terminal.ended().success());
    assert_eq!(terminal.not_restored(), [""; 0]);
    assert!(!terminal.screen().contains("Connections"), "{}", terminal.screen());
}

#[test]
fn signals_give_the_terminal_back() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 143), (Signal::INT, 130)] {
        let mut terminal = running();
        terminal.signal(signal);
        let status = terminal.ended();
        assert_eq!(terminal.not_restored(), [""; 0], "{signal:?}");
        assert_eq!((status.exit_code(), status.signal()), (code, None), "{signal:?}");
    }
}

#[test]
fn ctrl_c_gives_the_terminal_back() {
    let mut terminal = running();
    terminal.keys("\u{3}");
    terminal.ended();
    assert_eq!(terminal.not_restored(), [""; 0]);
}

#[test]
fn a_signal_in_the_middle_of_a_sign_in_gives_the_terminal_back() {
    let mut terminal = running();
    terminal.keys("a");
    terminal.until("the panel", |screen| screen.contains("Sign in"));
    terminal.signal(Signal::TERM);
    terminal.ended();
    assert_eq!(terminal.not_restored(), [""; 0]);
}

const PANICKED: &str = "a fault of tokengauge itself";

#[test]
#[cfg(debug_assertions)]
fn a_panic_gives_the_terminal_back_and_is_told_on_it() {
    let mut terminal = Demo { panics: true, ..Demo::default() }.start();
    let status = terminal.ended();
    assert!(!status.success());
    assert_eq!(terminal.not_restored(), [""; 0]);
    let screen = terminal.screen();
    assert!(screen.contains(PANICKED), "{screen}");
    // What the shell writes next must not go over it.
    let last = screen.lines().position(|line| line.contains(PANICKED)).unwrap();
    let (row, column) = terminal.parser.screen().cursor_position();
    assert!(usize::from(row) > last && column == 0, "the cursor stands at {row}, {column}:\n{screen}");
}
