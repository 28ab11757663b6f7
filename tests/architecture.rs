//! Which part of the program may know which other; the one clock, the one entropy; who may expose a secret.
//!
//! Reads the source as text, without comments and without unit tests. A rule is changed here, with its reason, or kept.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A part, the parts that it may name, and the crates and services that it must not.
type Rule = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Parts above `app` that come together in the running program.
const BELOW_RUNTIME: &[&str] = &[
    "app",
    "catalogue",
    "config",
    "domain",
    "export",
    "given_file",
    "keymap",
    "oauth",
    "sanitize",
    "simulator",
    "ui",
    "vault",
];

#[rustfmt::skip]
const RULES: [Rule; 15] = [
    ("domain", &[], &["serde", "tokio", "reqwest", "ratatui", "crossterm", "std::fs", "std::net", "std::time"]),
    ("sanitize", &[], &["serde", "tokio", "reqwest", "ratatui", "std::fs", "std::net"]),
    // Opens what a person named, wherever that is read.
    ("given_file", &[], &["serde", "tokio", "reqwest", "ratatui", "std::net"]),
    ("catalogue", &["domain"], &["tokio", "reqwest", "ratatui", "std::fs", "std::net"]),
    ("oauth", &["domain", "catalogue", "sanitize"], &["tokio", "reqwest", "ratatui", "std::fs", "std::net"]),
    // The screen and the loop are not its business: it is used by every command.
    ("vault", &["domain"], &["tokio", "reqwest", "ratatui", "crossterm", "std::net"]),
    ("export", &["domain"], &["tokio", "reqwest", "ratatui", "std::fs", "std::net"]),
    ("report", &["domain"], &["tokio", "reqwest", "ratatui", "std::fs", "std::net"]),
    // Outside text that the person pasted is echoed: sanitized. Of the formats it knows names and choices.
    ("app", &["domain", "oauth", "catalogue", "export", "sanitize"], &["tokio", "reqwest", "ratatui", "std::fs", "std::net"]),
    // The key line and the help page print the keys as they are bound.
    ("ui", &["app", "domain", "export", "keymap", "sanitize"], &["tokio", "reqwest", "std::fs", "std::net"]),
    ("keymap", &["app"], &["tokio", "reqwest", "ratatui", "std::fs", "std::net"]),
    // Paths and settings, among them what may open the vault, and the rules of warning.
    ("config", &["app", "domain", "given_file", "keymap", "sanitize", "vault"], &["tokio", "reqwest", "ratatui", "std::net"]),
    ("runtime", BELOW_RUNTIME, &[]),
    // Commands draw no screen; the dashboard is the runtime's.
    ("cli", &["app", "catalogue", "config", "domain", "export", "given_file", "keymap", "oauth", "report", "runtime", "sanitize", "simulator", "vault"],
        &["ratatui", "reqwest"]),
    // Not `oauth`: client and server are to check each other.
    ("simulator", &["domain"], &["reqwest", "ratatui", "crossterm"]),
];

/// Words that only these files may use, each with its reason. A directory ends with a slash.
#[rustfmt::skip]
const ONLY_IN: [(&[&str], &[&str]); 6] = [
    // The one clock: everything else is told the moment.
    (&["Utc::now", "Local::now", "SystemTime", "Instant::now"], &["src/runtime/clock.rs"]),
    // The one source of randomness.
    (&["getrandom"], &["src/runtime/entropy.rs"]),
    // The one sleep of the loop, with a screen or without; a lock that another process holds is asked for again after a pause.
    // A listener has an end of its own; a command that waits for a device code to be entered has no loop: it sleeps from
    // one question to the next. Whoever ends waits for the last answer, and between two tries to save it.
    (&["time::sleep", "thread::sleep", "time::interval"],
        &["src/runtime/driver.rs", "src/vault/lock.rs", "src/runtime/listener/server.rs", "src/runtime/exchange/device.rs",
            "src/runtime/stop.rs", "src/cli/listen.rs"]),
    // What waits for the outside has an end: a terminal or a name server that does not answer, requests
    // still open on leaving, the person's own hook.
    (&["time::timeout"],
        &["src/runtime/prompt.rs", "src/runtime/clipboard.rs", "src/runtime/http/lookup.rs",
            "src/runtime/listener/server.rs", "src/runtime/warnings/hook.rs"]),
    // Results and complaints of commands; on the dashboard they would tear the screen.
    (&["println!", "eprintln!", "print!(", "eprint!(", "dbg!"], &["src/cli/", "src/main.rs"]),
    // Elsewhere roles are named, not colours.
    (&["Color::"], &["src/ui/theme.rs", "src/ui/colour.rs"]),
];

/// Who may take the text out of a secret, and what for.
const EXPOSES: [(&str, &str); 30] = [
    ("src/domain/secret.rs", "the newtypes themselves"),
    ("src/domain/hand_over.rs", "a digest of eight bytes that tells one refresh token from another"),
    ("src/oauth/token_request.rs", "the form that goes to the token endpoint"),
    ("src/oauth/client_authentication.rs", "secret or assertion in that form"),
    ("src/oauth/certificate.rs", "the private key is read, to sign an assertion"),
    ("src/oauth/claims.rs", "the payload of a token, for the eyes"),
    ("src/oauth/pkce.rs", "the challenge is a digest of the verifier"),
    ("src/app/update/paste.rs", "what was pasted is read"),
    ("src/app/update/consent.rs", "what was pasted is read: an administrator's answer"),
    ("src/ui/tokens.rs", "a value that the person revealed, for ten seconds"),
    ("src/vault/seal.rs", "the passphrase goes to scrypt, the key into a key file or the keyring"),
    ("src/vault/record/app_registration.rs", "what is sealed"),
    ("src/vault/record/connection.rs", "what is sealed"),
    ("src/vault/record/tokens.rs", "what is sealed"),
    ("src/runtime/http/mod.rs", "the body of the request, and the bearer header"),
    ("src/runtime/clipboard.rs", "what goes to the terminal's clipboard"),
    ("src/runtime/dashboard.rs", "an OSC 52 sequence on its way to the terminal"),
    ("src/runtime/export_file.rs", "the file that holds the values"),
    ("src/runtime/delivery.rs", "what the person asked for goes to clipboard, file or browser"),
    ("src/cli/listen.rs", "what the browser brought is read, as a paste is"),
    ("src/cli/token.rs", "the command whose result is the token"),
    ("src/export/env.rs", "the file that holds the values"),
    ("src/export/json.rs", "the file that holds the values"),
    ("src/export/curl.rs", "the line that holds the access token"),
    ("src/export/postman.rs", "the file that holds the values"),
    ("src/export/n8n.rs", "the file that holds the values"),
    ("src/export/accounts.rs", "the file that holds the values"),
    ("src/export/kubernetes.rs", "the manifest that holds the values"),
    ("src/export/values.rs", "one of the four values, for a form, a card or a patched file"),
    ("src/export/mask.rs", "four characters of a value, to tell one from another"),
];

/// One source file: its path from the package, and its text without comments and tests.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The module of `lib.rs` that it belongs to.
    fn part(&self) -> &str {
        let inside = self.path.trim_start_matches("src/");
        inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
    }

    fn says(&self, word: &str) -> bool {
        self.text.match_indices(word).any(|(at, _)| {
            let before = self.text[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
    }

    /// The parts that it names as `crate::part`.
    fn names(&self) -> BTreeSet<&str> {
        let after = self.text.split("crate::").skip(1);
        after
            .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""))
            .collect()
    }

    fn exposes(&self) -> bool {
        ["expose()", "::expose(", "expose_secret("].iter().any(|word| self.text.contains(word))
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), &mut found);
    found.sort();
    let is_test =
        |path: &Path| path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
    let read = |path: &PathBuf| Source {
        path: path.strip_prefix(root).unwrap().to_string_lossy().into_owned(),
        text: without_comments_and_tests(&fs::read_to_string(path).unwrap()),
    };
    found.iter().filter(|path| !is_test(path)).map(read).collect()
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Unit tests stand at the end of a file.
fn without_comments_and_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

fn is_in(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path == *place || (place.ends_with('/') && path.starts_with(place)))
}

#[test]
fn every_part_of_the_library_has_a_rule() {
    let library = sources().into_iter().find(|source| source.path == "src/lib.rs").unwrap();
    let parts: BTreeSet<&str> =
        library.text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(parts, RULES.iter().map(|(part, ..)| *part).collect());
}

#[test]
fn parts_name_only_what_they_may_use() {
    let sources = sources();
    let mut wrong = Vec::new();
    for source in &sources {
        let Some((part, may, never)) = RULES.iter().find(|(part, ..)| *part == source.part()) else {
            continue;
        };
        let strange = source.names().into_iter().filter(|name| name != part && !may.contains(name));
        wrong.extend(strange.map(|name| format!("{}: crate::{name}", source.path)));
        let used = never.iter().filter(|word| source.says(&format!("{word}::")));
        wrong.extend(used.map(|word| format!("{}: {word}", source.path)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_import_hides_its_part() {
    let grouped = |source: &Source| source.text.contains("crate::{") || source.text.contains("crate::*");
    let wrong: Vec<String> = sources().into_iter().filter(grouped).map(|source| source.path).collect();
    assert!(wrong.is_empty(), "write one import for each part: {wrong:?}");
}

#[test]
fn clock_entropy_sleep_printing_and_colours_have_their_places() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (words, places) in ONLY_IN.iter().filter(|(_, places)| !is_in(&source.path, places)) {
            let used = words.iter().filter(|word| source.says(word));
            wrong.extend(used.map(|word| format!("{}: {word}, only in {places:?}", source.path)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_simulators_server_opens_sockets_there() {
    let sources = sources();
    let others =
        sources.iter().filter(|own| own.part() == "simulator" && own.path != "src/simulator/server.rs");
    let wrong: Vec<&str> = others.filter(|own| own.says("tokio::")).map(|own| own.path.as_str()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn secrets_are_exposed_only_where_it_is_said_why() {
    let sources = sources();
    let listed = |path: &str| EXPOSES.iter().any(|(own, _)| *own == path);
    let wrong: Vec<&str> = sources
        .iter()
        .filter(|own| own.exposes() && !listed(&own.path))
        .map(|own| own.path.as_str())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_list_of_who_exposes_secrets_holds_nobody_else() {
    let sources = sources();
    let idle =
        EXPOSES.iter().filter(|(path, _)| sources.iter().any(|own| own.path == *path && !own.exposes()));
    assert_eq!(idle.collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
}

#[test]
fn tests_say_in_one_way_what_they_need_of_the_machine() {
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut files);
    let own = ["support/needs.rs", "tests/architecture.rs"];
    let wrong = files.iter().filter(|path| {
        let text = fs::read_to_string(path).unwrap();
        let tells = ["eprintln!(\"skipped", "var_os(\"TOKENGAUGE_CI\")", "var_os(\"CI\")"]
            .iter()
            .any(|word| text.contains(word));
        tells && !own.iter().any(|own| path.ends_with(own))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<&PathBuf>::new());
}
