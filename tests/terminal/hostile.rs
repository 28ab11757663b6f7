//! A server that means harm: whatever it says, the terminal is only ever written to by us.

use super::oracle::{Reading, broken_frames, read};
use super::pty::{Demo, REPLACED, Terminal};

/// Wide enough for panels in frames.
const LARGE: (u16, u16) = (120, 36);

/// One thing after the other that a server can say, as percent-encoded UTF-8 in the answer that a browser brings.
const HOSTILE: &str =
    "%1b%5b6n%1b%5d52;c;eA==%07%c2%9b31m%c2%90q%c2%9c%e2%80%ae%e2%80%8b%7f%e2%81%a6%cc%80%cc%81%cc%82x";

/// The program on a tenant whose every word is meant for the terminal.
fn among_hostile_texts() -> Terminal {
    Demo { scenario: "hostile-texts", size: LARGE, ..Demo::default() }.shown()
}

/// Presses keys and waits for their effect: every frame on the screen is whole then.
fn press(terminal: &mut Terminal, keys: &str, wanted: &str) {
    terminal.keys(keys);
    terminal.until_screen(wanted, |screen| {
        screen.contents().contains(wanted) && broken_frames(screen).is_empty()
    });
}

/// A paste as the terminal marks it.
fn paste(terminal: &mut Terminal, text: &str, wanted: &str) {
    press(terminal, &format!("\u{1b}[200~{text}\u{1b}[201~"), wanted);
}

/// Closes the panel.
fn close(terminal: &mut Terminal) {
    terminal.keys("\u{1b}");
    terminal.until("no panel", |screen| !screen.contains('╭'));
}

/// Signs in with the simulated browser.
fn sign_in(terminal: &mut Terminal) {
    press(terminal, "a", "Open this address");
    press(terminal, "o", "REFRESH");
}

/// The `state` of what was copied last.
fn last_state(terminal: &Terminal) -> String {
    let copies = read(&terminal.written).copies;
    let (_, state) = copies.last().unwrap().split_once("state=").unwrap();
    state.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next().unwrap().to_owned()
}

/// What stands on the screen is drawn anew, in its whole: the same, so nothing was where it was not thought to be.
fn is_drawn_alike_anew(terminal: &mut Terminal) {
    // Below it a notice goes by itself.
    let body = |screen: &str| screen.lines().take(30).map(str::to_owned).collect::<Vec<_>>();
    let before = body(&terminal.screen());
    let (columns, rows) = LARGE;
    terminal.resize(columns, rows + 1);
    terminal.until("one row more", |screen| screen.contains("help"));
    terminal.resize(columns, rows);
    terminal.until("the same screen", |screen| body(screen) == before);
}

/// Ends the program, and reads all that it has ever written.
fn all_of(mut terminal: Terminal) -> Reading {
    terminal.signal(rustix::process::Signal::TERM);
    terminal.ended();
    assert_eq!(terminal.not_restored(), [""; 0]);
    let reading = read(&terminal.written);
    assert_eq!(reading.foreign, [""; 0]);
    assert!(!reading.titles.is_empty(), "the title tells what needs somebody");
    for text in &reading.notifications {
        assert!(!text.contains(REPLACED) && !text.contains("AADSTS"), "our own words only: {text}");
    }
    reading
}

/// Only what we send: addresses of the simulated tenant, and the message that holds one.
fn assert_ours(copies: &[String]) {
    for copy in copies {
        assert!(copy.contains("http://127.0.0.1:") && copy.contains("state="), "{copy}");
        assert!(!copy.contains(|c: char| c.is_control() && c != '\n'), "{copy:?}");
    }
}

#[test]
fn no_answer_to_a_renewal_reaches_the_terminal_as_it_is() {
    let mut terminal = among_hostile_texts();
    sign_in(&mut terminal);
    press(&mut terminal, "1", "Enter open");
    let answers =
        ["AADSTS50173", "HTTP 400", "AADSTS99000001", "not Bearer", "HTTP 502", "renewed, tokens stored"];
    for (place, said) in answers.into_iter().enumerate() {
        press(&mut terminal, "r", said);
        assert_eq!(terminal.screen().contains(REPLACED), place == 2, "{}", terminal.screen());
        for (tab, wanted) in [("2", "Mail.Send"), ("3", "Client ID"), ("4", said), ("1", "Enter open")] {
            press(&mut terminal, tab, wanted);
        }
    }
    press(&mut terminal, "4", "AADSTS99000001");
    // The key line is drawn last: before it, a part of the tab may still be on its way.
    terminal.until("the whole tab", |screen| screen.contains("/ filter  T theme"));
    assert!(terminal.screen().contains(REPLACED));
    is_drawn_alike_anew(&mut terminal);
    assert_ours(&all_of(terminal).copies);
}

#[test]
fn no_refused_sign_in_reaches_the_terminal_as_it_is() {
    let mut terminal = among_hostile_texts();
    sign_in(&mut terminal);
    // The third request to the authorization endpoint is refused, in the answer that the browser brings.
    press(&mut terminal, "a", "Open this address");
    press(&mut terminal, "o", "AADSTS99000002");
    assert!(terminal.screen().contains(REPLACED), "{}", terminal.screen());
    press(&mut terminal, "a", "to your terminal");
    let state = last_state(&terminal);
    let answer = format!(
        "http://localhost:8400/?error={HOSTILE}&error_description=AADSTS99000003:{HOSTILE}&state={state}"
    );
    paste(&mut terminal, &answer, "AADSTS99000003");
    assert!(terminal.screen().contains(REPLACED), "{}", terminal.screen());
    let reading = all_of(terminal);
    assert_eq!(reading.copies.len(), 3);
    assert_ours(&reading.copies);
}

#[test]
fn no_device_answer_reaches_the_terminal_as_it_is() {
    let mut terminal = among_hostile_texts();
    press(&mut terminal, "a", "to your terminal");
    press(&mut terminal, "d", "Sign in by device code?");
    press(&mut terminal, "\r", "cannot be used");
    close(&mut terminal);
    assert_ours(&all_of(terminal).copies);
}

#[test]
fn no_refused_paste_reaches_the_terminal_as_it_is() {
    let mut terminal = among_hostile_texts();
    press(&mut terminal, "a", "Open this address");
    paste(&mut terminal, "\u{9b}6n\u{202e}\u{200b}\u{1b}]0;x\u{7} \u{1b}[6n", "characters");
    assert_ours(&all_of(terminal).copies);
}

#[test]
fn no_tenant_of_a_consent_reaches_the_terminal_as_it_is() {
    let mut terminal = among_hostile_texts();
    press(&mut terminal, "A", "It names");
    press(&mut terminal, "y", "to your terminal");
    let state = last_state(&terminal);
    press(&mut terminal, "P", "adminconsent?");
    press(&mut terminal, "\r", "It names");
    let answer = format!("http://localhost:8400/?admin_consent=True&tenant=T{HOSTILE}&state={state}");
    paste(&mut terminal, &answer, "has consented");
    close(&mut terminal);
    assert_ours(&all_of(terminal).copies);
}

#[test]
fn no_hostile_text_breaks_out_of_a_small_terminal() {
    let mut terminal = among_hostile_texts();
    sign_in(&mut terminal);
    press(&mut terminal, "1", "Enter open");
    for said in ["AADSTS50173", "HTTP 400", "AADSTS99000001"] {
        press(&mut terminal, "r", said);
    }
    for (columns, rows) in [(80, 24), (40, 12), (40, 10), (61, 17), (200, 50)] {
        terminal.resize(columns, rows);
        terminal.until("it is drawn", |screen| screen.contains("help"));
        for (tab, wanted) in [("2", "Mail."), ("3", "Client ID"), ("4", "refused"), ("1", "ops-at")] {
            press(&mut terminal, tab, wanted);
        }
    }
    assert_ours(&all_of(terminal).copies);
}
