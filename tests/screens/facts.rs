//! What holds on every screen, whatever its size and look.

use tokengauge::app::{Door, LockReason, Notice, Panel, RequestId, Tab, Unlocking};
use tokengauge::ui::colour::ColourDepth;
use tokengauge::ui::glyphs::GlyphSet;

use super::fixtures::{now, on, only};
use super::{buffer, buffer_at, dark, look, plainest, scenes, text};

/// Texts that stand for secrets in the scenes; one scene shows a value on purpose.
const PLANTED: [&str; 4] = ["TGSEC", "once_only", "6e5d4c3b", "eyJ0eXAi"];

#[test]
fn no_size_makes_the_screen_panic() {
    let looks = [dark(), plainest()];
    for (place, (_, app)) in scenes::all().into_iter().enumerate() {
        for width in 1..=60 {
            // Every width with every height for some scenes, and with every eleventh for each.
            for height in (1..=30).filter(|height| (height + width + place as u16).is_multiple_of(11)) {
                buffer(&app, &looks[place % 2], (width, height));
            }
        }
        for size in [(80, 24), (104, 31), (170, 50), (40, 10), (39, 200), (500, 10)] {
            buffer(&app, &looks[(place + 1) % 2], size);
            buffer_at(&app, scenes::long_after(), &looks[place % 2], size);
        }
        buffer(&app, &looks[place % 2], (500, 200));
    }
}

#[test]
fn small_terminals_get_a_note() {
    let app = on(Tab::Connections, "northwind");
    for size in [(39, 24), (80, 9)] {
        assert!(text(&buffer(&app, &dark(), size)).contains("tokengauge needs 40 by 10 cells"), "{size:?}");
    }
}

#[test]
fn a_locked_dashboard_shows_no_notice() {
    let told = "contoso-prod renewed, tokens stored";
    let shows = |door: Door| {
        let mut app = on(Tab::Connections, "contoso-prod");
        (app.door, app.notice) = (door, Some(Notice::good(told, now())));
        text(&buffer(&app, &dark(), (80, 24))).contains("contoso-prod")
    };
    assert!(shows(Door::Open));
    assert!(!shows(Door::Locked(Unlocking::new(LockReason::Start))));
    assert!(!shows(Door::Opening(RequestId(1))));
}

#[test]
fn words_alone_tell_every_state_in_ascii_without_colour() {
    let look = plainest();
    for (name, words) in [
        (
            "connections_twelve",
            &["NEEDS YOU", "SOON", "QUIET", "expired", "none", "sign in again", "paste address"][..],
        ),
        (
            "connections_twelve",
            &["consent missing", "replace secret", "renew by", "retries 14:51", "ends 15:01", "renews 14:"],
        ),
        ("connections_damaged", &["DAMAGED", "the record ends in the middle"]),
        ("connections_failure", &["x the vault's disk is full"]),
        ("connections_demo", &[" demo "]),
        ("tokens_soon", &["known", "est", "S replace", "App Connect has: current", "> Client ID"]),
        ("tokens_expired", &["expired", "still holds", "refused"]),
        ("tokens_never_signed_in", &["nobody has signed in", "public client"]),
        ("permissions_partly", &["[x] ", "admin no", "signs in again to apply", "also"]),
        ("sign_in_sent", &["* 1", "> 2", "o 3", "sent to your terminal", "0 of 5 tries used"]),
        ("sign_in_redeeming", &["redeeming the code"]),
        ("sign_in_failed", &["x dave@contoso.com signed in", "begin again"]),
        ("form_secret_id", &["x that is the secret's ID"]),
        ("hand_over_second", &["* 1", "> 2", "o 3", "next"]),
        ("unlock_by_key", &["Locked with L. Renewals go on."]),
        ("first_run", &["> Make a vault", "no recovery"]),
    ] {
        let app = scenes::all().into_iter().find(|(own, _)| *own == name).unwrap().1;
        let drawn = text(&buffer(&app, &look, (80, 40)));
        for word in words {
            let flat = drawn.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(drawn.contains(word) || flat.contains(word), "{name}: {word}\n{drawn}");
        }
        assert!(
            drawn.is_ascii(),
            "{name}
{drawn}"
        );
    }
}

#[test]
fn planted_secrets_are_never_drawn() {
    for (name, app) in scenes::all() {
        for size in [(80, 24), (120, 40), (200, 60), (40, 12)] {
            let drawn = text(&buffer(&app, &dark(), size));
            let seen: Vec<_> = PLANTED.iter().filter(|secret| drawn.contains(**secret)).collect();
            assert!(seen.is_empty() || name == "tokens_revealed", "{name} {seen:?}\n{drawn}");
        }
    }
}

#[test]
fn revealed_value_is_seen_until_it_ends() {
    let app = scenes::all().into_iter().find(|(name, _)| *name == "tokens_revealed").unwrap().1;
    let drawn = text(&buffer(&app, &dark(), (80, 24)));
    assert!(drawn.contains("eyJ0eXAi") && drawn.contains("masked again in  8 s"));
}

#[test]
fn hidden_length_is_the_same_for_every_secret_out_of_focus() {
    let app = scenes::all().into_iter().find(|(name, _)| *name == "form_secret_elsewhere").unwrap().1;
    let drawn = text(&buffer(&app, &dark(), (80, 24)));
    let secret = drawn.lines().find(|line| line.contains("Client secret")).unwrap();
    assert_eq!(secret.matches('●').count(), 8, "{secret}");
}

#[test]
fn seconds_that_pass_move_nothing() {
    let app = on(Tab::Connections, "contoso-prod");
    let shape = |seconds: i64| {
        let moment = now() + chrono::TimeDelta::seconds(seconds);
        let drawn = text(&buffer_at(&app, moment, &dark(), (80, 24)));
        drawn.lines().map(|line| line.trim_end().chars().count()).collect::<Vec<_>>()
    };
    assert_eq!(shape(0), shape(1));
    assert_eq!(shape(0), shape(9));
}

#[test]
fn text_from_outside_cannot_move_the_cursor() {
    let mut overview = super::fixtures::Make::healthy("contoso-prod", "ops@contoso.com").done();
    let user = &mut overview.tokens.as_mut().unwrap().user;
    user.username = Some("a\u{1b}[31m\u{202e}b@contoso.com".into());
    for tab in Tab::ALL {
        let mut app = only(overview.clone(), tab);
        app.panel = None::<Panel>;
        let drawn = text(&buffer(&app, &look("light", ColourDepth::Ansi16, GlyphSet::Plain), (120, 40)));
        assert!(!drawn.contains(['\u{1b}', '\u{202e}']), "{drawn}");
    }
}

#[test]
fn text_that_the_next_key_replaces_is_drawn_as_selected() {
    let mut app = scenes::all().into_iter().find(|(name, _)| *name == "form_edit").unwrap().1;
    let look = dark();
    let is_selected = |app: &tokengauge::app::App| {
        let drawn = buffer(app, &look, (80, 24));
        drawn.content.iter().any(|cell| Some(cell.bg) == look.theme.input_selected.bg)
    };
    assert!(!is_selected(&app));
    let Some(Panel::Input(pane)) = &mut app.panel else { panic!("the scene shows a form") };
    pane.focus_previous();
    while !pane.is_selected() {
        pane.focus_previous();
    }
    assert!(is_selected(&app));
}

#[test]
fn names_and_next_steps_are_whole_from_eighty_cells_on() {
    let name = "a-name-of-24-characters-";
    let mut all = super::fixtures::every_state();
    all.push(super::fixtures::Make::unsigned(name, "somebody.with.a.long.name@contoso.example").done());
    let app = super::fixtures::app(all);
    for width in 80..=220 {
        let drawn = text(&buffer(&app, &dark(), (width, 50)));
        for word in [name, "margies-travel", "consent missing", "replace secret", "renew by 23 Mar"] {
            assert!(drawn.contains(word), "{width} {word}\n{drawn}");
        }
    }
}

#[test]
fn a_device_code_is_shown_with_its_warning_and_what_it_signs_in() {
    let (_, app) = scenes::all().into_iter().find(|(name, _)| *name == "device_waiting").unwrap();
    for set in GlyphSet::ALL {
        for size in [(80, 24), (120, 40), (40, 12)] {
            let drawn = text(&buffer(&app, &look("dark", ColourDepth::TrueColour, set), size));
            let words = drawn.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains("Enter this code only if you yourself"), "{drawn}");
            for fact in [
                "microsoft.com/devicelogin",
                "ops@contoso.com",
                "5d2f7a10",
                "organizations",
                "Calendars.ReadWrite",
            ] {
                assert!(words.contains(fact), "{fact}: {drawn}");
            }
            assert!(!words.contains("send code") && !words.contains("copy code"), "{drawn}");
        }
    }
}

#[test]
fn the_line_of_warnings_tells_no_key_that_would_do_something_else() {
    for (name, keys) in [
        ("warnings_elsewhere", "+2  W show  Esc hide"),
        ("warnings_tokens", "+2  W show"),
        ("warnings_behind_form", "+2"),
        ("warnings_behind_question", "+2"),
        // There Esc widens the list first.
        ("warnings_narrowed", "+2  A admin consent"),
    ] {
        let app = scenes::all().into_iter().find(|(own, _)| *own == name).unwrap().1;
        let drawn = text(&buffer(&app, &dark(), (120, 40)));
        let line = drawn.lines().nth(2).unwrap();
        let told = line.split_once(" +").map(|(_, keys)| format!("+{keys}"));
        assert_eq!(told.as_deref(), Some(keys), "{name}: {line}");
    }
}

#[test]
fn a_certificate_that_is_about_to_end_is_called_one_and_leads_to_its_files() {
    let scene = |name| scenes::all().into_iter().find(|(own, _)| *own == name).unwrap().1;
    let drawn = text(&buffer(&scene("warnings_certificate"), &dark(), (80, 24)));
    for words in ["the certificate ends in 5 days", "e replace  Esc hide", "e replace certificate"] {
        assert!(drawn.contains(words), "{words}\n{drawn}");
    }
    assert!(!drawn.contains("replace secret"), "{drawn}");
    let form = text(&buffer(&scene("warnings_certificate_form"), &dark(), (80, 24)));
    let focused = form.lines().find(|line| line.contains('►')).unwrap();
    assert!(focused.contains("Certificate file"), "{form}");
}

#[test]
fn the_key_line_tells_one_key_for_what_enter_opens_in_the_queue() {
    let mut app = on(Tab::Connections, "northwind");
    app.connections.needs_me = true;
    let drawn = text(&buffer(&app, &dark(), (80, 24)));
    let keys = drawn.lines().last().unwrap();
    assert!(keys.contains("Enter sign in") && !keys.contains("a sign in"), "{keys}");
}
