//! Sizes: every one of them, changed while the program runs.

use super::pty::Demo;

#[test]
fn any_size_can_be_had_at_any_time() {
    let mut terminal = Demo::default().shown();
    for (columns, rows) in
        [(80, 24), (500, 200), (40, 10), (120, 40), (39, 9), (200, 10), (40, 100), (80, 24)]
    {
        terminal.resize(columns, rows);
        let small = columns < 40 || rows < 10;
        let wanted = if small { "needs 40" } else { "Connections" };
        terminal.until(&format!("{columns}x{rows}"), |screen| screen.contains(wanted));
    }
    terminal.keys("q");
    assert!(terminal.ended().success());
}

#[test]
fn one_cell_is_survived() {
    let mut terminal = Demo::default().shown();
    for key in ["2", "3", "4", "?", "\u{1b}", "1", "a", "u"] {
        terminal.resize(1, 1);
        terminal.until("it is drawn in one cell", |screen| !screen.trim().is_empty());
        terminal.keys(key);
        terminal.resize(80, 24);
        terminal.until("it is drawn again", |screen| screen.trim().len() > 100);
    }
    assert!(terminal.runs());
    terminal.signal(rustix::process::Signal::TERM);
    terminal.ended();
    assert_eq!(terminal.not_restored(), [""; 0]);
}

#[test]
fn it_can_be_started_in_one_cell() {
    let mut terminal = Demo { size: (1, 1), ..Demo::default() }.start();
    terminal.until("something is written", |_| true);
    terminal.resize(80, 24);
    terminal.until("the whole list", |screen| screen.contains("Connections") && screen.contains("help"));
    terminal.keys("q");
    assert!(terminal.ended().success());
}
