//! Keys and pastes, and the whole dance in the demo.

use super::pty::{Demo, Terminal};

/// Chooses a connection by the filter.
pub fn choose(terminal: &mut Terminal, name: &str) {
    terminal.keys("/");
    terminal.until("the filter", |screen| screen.contains("Enter keep"));
    terminal.keys(name);
    let typed = format!("Filter   {name}");
    terminal.until("the name in the filter", |screen| screen.contains(&typed));
    // Of its own, so that it is a key and no end of a paste.
    terminal.keys("\r");
    let others = ["contoso-prod", "litware-calendar", "tailspin-helpdesk"];
    // The line of warnings names what it is about, whatever is shown.
    terminal.until("only that one", |screen| {
        let below: String = screen.lines().skip(3).collect();
        screen.contains("Enter open")
            && screen.contains(name)
            && others.iter().all(|other| *other == name || !below.contains(other))
    });
}

/// Signs in the connection whose sign-in is open.
pub fn dance(terminal: &mut Terminal) {
    choose(terminal, "fabrikam-onboarding");
    terminal.keys("a");
    terminal.until("the address is out", |screen| screen.contains("Open this address"));
    terminal.keys("o");
    terminal.until("the tokens", |screen| screen.contains("ACCESS") && screen.contains("REFRESH"));
}

#[test]
fn the_whole_dance_ends_on_the_tokens_tab() {
    let mut terminal = Demo::default().shown();
    dance(&mut terminal);
    let screen = terminal.screen();
    assert!(screen.contains("onboarding@fabrikam.example"), "{screen}");
    assert!(screen.contains("fabrikam-onboarding"), "{screen}");
    assert!(!screen.contains("simulated~hub"), "the secret is masked:\n{screen}");
    // The address went to the terminal's clipboard.
    let osc52 = b"\x1b]52;c;";
    assert!(terminal.written.windows(osc52.len()).any(|window| window == osc52));
}

#[test]
fn every_tab_is_a_key_away() {
    let mut terminal = Demo::default().shown();
    for (key, wanted) in [("2", "Mail.Send"), ("3", "Client ID"), ("4", "contoso-prod"), ("1", "NEEDS YOU")] {
        terminal.keys(key);
        terminal.until(wanted, |screen| screen.contains(wanted));
    }
    terminal.keys("?");
    terminal.until("help", |screen| screen.contains("half a page"));
    terminal.keys("q");
    terminal
        .until("the list again", |screen| screen.contains("NEEDS YOU") && !screen.contains("half a page"));
    assert!(terminal.runs(), "q closes a panel first");
}

const UNUSED: &str = "none of it acted as keys";

#[test]
fn a_pasted_burst_does_not_act_as_keys() {
    for paste in ["4q\rq\r?q4q?q", "\u{1b}[200~q\u{1b}[201~", "\u{1b}[200~4q\rDq\u{1b}[201~"] {
        let mut terminal = Demo::default().shown();
        terminal.keys(paste);
        terminal.until("it says so", |screen| screen.contains(UNUSED));
        assert!(terminal.screen().contains("NEEDS YOU"), "{paste:?}:\n{}", terminal.screen());
        terminal.keys("q");
        assert!(terminal.ended().success());
    }
}

#[test]
fn quick_typing_is_typing() {
    let mut terminal = Demo::default().shown();
    terminal.keys("/hub");
    terminal.until("the filter", |screen| screen.contains("hub"));
    terminal.keys("\u{7f}\u{7f}\u{7f}scan");
    terminal.until("the filter found it", |screen| {
        screen.contains("northwind-scanner") && !screen.contains("contoso-prod")
    });
}

#[test]
fn the_theme_changes_and_the_screen_stays() {
    let mut terminal = Demo::default().shown();
    let before = terminal.parser.screen().contents_formatted();
    terminal.keys("T");
    terminal.keys("?");
    terminal.until("help", |screen| screen.contains("half a page"));
    terminal.keys("q");
    terminal.until("the list again", |screen| screen.contains("NEEDS YOU"));
    assert_ne!(terminal.parser.screen().contents_formatted(), before);
}

#[test]
fn an_unmarked_paste_of_any_length_is_read_at_once() {
    let mut terminal = Demo::default().shown();
    choose(&mut terminal, "fabrikam-onboarding");
    terminal.keys("a");
    terminal.until("the address is out", |screen| screen.contains("Open this address"));
    // More than crossterm reads at a time, twice over.
    terminal.keys(&format!("http://localhost:8400/?code={}", "0aB-".repeat(700)));
    terminal.until("all of it", |screen| screen.contains("2,828 characters"));
}
