//! `explain`: what an error of the platform means, who acts, what comes next. Needs no vault.

use std::io::{self, IsTerminal, Read};

use clap::Args;
use serde_json::json;

use crate::app::shell_words::in_commands;
use crate::catalogue::aadsts;
use crate::oauth::error_text;
use crate::oauth::platform_error::PlatformError;
use crate::oauth::refresh_limit;
use crate::oauth::token_answer::{TokenRefusal, refused_by_redirect};
use crate::sanitize::sanitize;

use super::exit::{CliError, Exit};
use super::{output, words};

/// Explain an error of the platform: cause, who must act, next step
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 explained, 5 an error that is not known here, 2 no error in the text.")]
pub struct Explain {
    /// AADSTS65001, 65001, invalid_grant, or the whole text, JSON or address with the error; stdin without it
    #[arg(allow_hyphen_values = true)]
    text: Vec<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// An error text has a few hundred characters; an answer with tokens some thousands.
const LONGEST_STDIN: u64 = 64 * 1024;

impl Explain {
    pub fn run(self) -> Result<Exit, CliError> {
        let text = if self.text.is_empty() { stdin()? } else { self.text.join(" ") };
        let error = error_text::read(&text).ok_or_else(|| {
            CliError::new(
                Exit::Usage,
                "there is no error of the platform in this text",
                "give its number (tokengauge explain AADSTS65001) or the whole text of the error",
            )
        })?;
        let explained = Explained::of(error);
        if self.json {
            output::print_json(&explained.json())?;
        } else {
            output::print(&explained.lines())?;
        }
        Ok(if explained.is_known { Exit::Ok } else { Exit::SetUpWrong })
    }
}

fn stdin() -> Result<String, CliError> {
    if io::stdin().is_terminal() {
        return Err(CliError::new(
            Exit::Usage,
            "no error was given",
            "give its number or text: tokengauge explain AADSTS65001",
        ));
    }
    let mut bytes = Vec::new();
    io::stdin().lock().take(LONGEST_STDIN).read_to_end(&mut bytes).map_err(|error| {
        CliError::new(Exit::LocalIo, format!("stdin cannot be read: {error}"), "give the text as an argument")
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// An error and what is known of it. All texts are printable.
struct Explained {
    platform: PlatformError,
    refusal: TokenRefusal,
    is_known: bool,
}

impl Explained {
    fn of(platform: PlatformError) -> Self {
        let word_is_enough = platform.codes.is_empty();
        let is_known = platform.codes.iter().any(|code| aadsts::explain(*code).is_some())
            || (word_is_enough && aadsts::explain_word(platform.error.unsanitized()).is_some());
        Self { refusal: told(&platform), platform, is_known }
    }

    /// Who acts, what to do: of the number where it is known, else of the error's own word.
    fn lines(&self) -> String {
        let mut rows = vec![("Error", self.title()), ("Cause", self.refusal.what_happened.clone())];
        if self.is_known {
            rows.push(("Who acts", self.refusal.who.in_words().to_owned()));
        }
        rows.push(("Next step", in_commands(&self.refusal.what_to_do, "NAME")));
        if let Some(limit) = refresh_limit::read(&self.platform) {
            rows.push(("Limit", format!("refresh tokens of this tenant live {}", words::left(limit.span()))));
        }
        let said = self.platform.printable_description(300);
        if self.is_known && !said.is_empty() {
            rows.push(("Its words", format!("\"{said}\"")));
        }
        let ids = [
            ("Trace ID", &self.platform.trace_id),
            ("Correlation ID", &self.platform.correlation_id),
            ("Time", &self.platform.timestamp),
        ];
        rows.extend(ids.into_iter().filter_map(|(name, id)| Some((name, sanitize(id.as_deref()?, 40)))));
        let lines: Vec<String> = rows.iter().map(|(name, value)| format!("{name:<15} {value}")).collect();
        lines.join("\n") + "\n"
    }

    fn title(&self) -> String {
        let numbers: Vec<String> = self.platform.codes.iter().map(|code| format!("AADSTS{code}")).collect();
        let word = sanitize(self.platform.error.unsanitized(), 60);
        match (numbers.is_empty(), word.is_empty()) {
            (true, _) => word,
            (false, true) => numbers.join(", "),
            (false, false) => format!("{} ({word})", numbers.join(", ")),
        }
    }

    fn json(&self) -> serde_json::Value {
        let limit = refresh_limit::read(&self.platform);
        json!({
            "known": self.is_known,
            "aadsts": self.platform.codes,
            "error": Some(sanitize(self.platform.error.unsanitized(), 60)).filter(|word| !word.is_empty()),
            "what_happened": self.refusal.what_happened,
            "what_to_do": in_commands(&self.refusal.what_to_do, "NAME"),
            "who_acts": self.is_known.then(|| words::who_acts_word(self.refusal.who)),
            "refresh_limit_seconds": limit.map(|limit| limit.span().num_seconds()),
            "trace_id": self.platform.trace_id,
            "correlation_id": self.platform.correlation_id,
            "timestamp": self.platform.timestamp,
            "description": Some(self.platform.printable_description(300)).filter(|said| !said.is_empty()),
        })
    }
}

/// The same words as everywhere. A number alone comes without the error that decides: its own row tells then.
fn told(platform: &PlatformError) -> TokenRefusal {
    let told = refused_by_redirect(platform.clone());
    let known = platform.codes.iter().find_map(|code| aadsts::explain(*code));
    let word = aadsts::explain_word(platform.error.unsanitized());
    let (who, what_to_do) = match (known, word) {
        (Some(known), _) => (known.who, known.what_to_do),
        (None, Some(word)) => (word.who, word.what_to_do),
        (None, None) => return unknown(platform, told),
    };
    TokenRefusal { who, what_to_do: what_to_do.to_owned(), ..told }
}

fn unknown(platform: &PlatformError, told: TokenRefusal) -> TokenRefusal {
    let what_happened = match (platform.codes.first(), platform.printable_description(160)) {
        (Some(code), said) if said.is_empty() => format!("AADSTS{code} is not known here"),
        (Some(code), said) => format!("AADSTS{code} is not known here. The server's words: \"{said}\""),
        (None, _) => told.what_happened.clone(),
    };
    TokenRefusal {
        what_happened,
        what_to_do: "The tenant's sign-in log may tell more, under the correlation ID.".to_owned(),
        ..told
    }
}
