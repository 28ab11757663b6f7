//! What is written to the terminal while nothing is typed: nothing where nothing changes, little where clocks tick.

use std::time::Duration;

use super::keys::dance;
use super::pty::{Demo, Terminal};

/// Reads until nothing has come for a while.
fn calm_down(terminal: &mut Terminal) {
    while terminal.bytes_within(Duration::from_millis(700)) > 0 {}
}

#[test]
fn nothing_is_written_while_nothing_changes() {
    // A minute of the demo is a second here: the loop wakes every thirty seconds of the demo, ten times in all.
    let mut terminal = Demo { scenario: "first-sign-in", speed: 60, ..Demo::default() }.shown();
    for tab in ["1", "2", "3", "4"] {
        terminal.keys(tab);
        calm_down(&mut terminal);
        assert_eq!(
            terminal.bytes_within(Duration::from_millis(1500)),
            0,
            "on tab {tab}:\n{}",
            terminal.screen()
        );
    }
    assert!(terminal.runs());
}

#[test]
fn eight_ticking_gauges_write_less_than_three_hundred_bytes_a_second() {
    const SECONDS: u32 = 5;
    // High enough for all thirteen rows.
    let mut terminal = Demo { size: (100, 36), ..Demo::default() }.shown();
    dance(&mut terminal);
    terminal.keys("1\u{1b}");
    terminal.until("the whole list", |screen| {
        screen.contains("contoso-prod") && screen.contains("litware-rooms")
    });
    terminal.until("what was due has renewed", |screen| !screen.contains("renewing"));
    // What is left of these changes comes with the next full second.
    terminal.bytes_within(Duration::from_secs(2));
    let before = terminal.screen();
    let written = terminal.bytes_within(Duration::from_secs(SECONDS.into())) / SECONDS as usize;
    let after = terminal.screen();
    let ticking = before.lines().zip(after.lines()).filter(|(before, after)| before != after).count();
    println!("{ticking} lines tick with {written} bytes a second");
    assert!(ticking >= 8, "{before}\n{after}");
    assert!(written < 300, "{written} bytes a second:\n{after}");
}
