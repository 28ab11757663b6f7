//! What every region is given: the state, the moment and the look, with the words that they share.

use chrono::{DateTime, NaiveDate, Utc};
use ratatui::style::Style;

use crate::app::{Action, App, Tone, replacing};
use crate::domain::{Need, NextStep, Overview};
use crate::sanitize::sanitize;

use super::Look;
use super::canvas::Row;
use super::glyphs::Glyphs;
use super::text::{calendar_day, clock_time};
use super::theme::Theme;

/// All that a region may look at.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// The state.
    pub(super) app: &'a App,
    /// The moment.
    pub(super) now: DateTime<Utc>,
    /// Theme, glyphs and keys.
    pub(super) look: &'a Look,
}

impl<'a> View<'a> {
    /// The theme.
    pub(super) fn theme(&self) -> &'a Theme {
        &self.look.theme
    }

    /// The shapes.
    pub(super) fn glyphs(&self) -> &'static Glyphs {
        self.look.glyphs
    }

    /// An empty line.
    pub(super) fn row(&self) -> Row<'a> {
        Row::new(self.look)
    }

    /// The key of an action as it is written.
    pub(super) fn key(&self, action: Action) -> String {
        self.look.keymap.key_of(action)
    }

    /// The key that works now: while a field is typed into, none that is text.
    pub(super) fn key_now(&self, action: Action) -> String {
        let keymap = &self.look.keymap;
        if self.app.is_typing() { keymap.key_while_typing(action) } else { keymap.key_of(action) }
    }

    /// A moment as the person's wall clock shows it.
    pub(super) fn time(&self, moment: DateTime<Utc>) -> String {
        clock_time(moment, self.now, self.app.environment.utc_offset)
    }

    /// The time without the day.
    pub(super) fn hour(&self, moment: DateTime<Utc>) -> String {
        moment.with_timezone(&self.app.environment.utc_offset).format("%H:%M").to_string()
    }

    /// The day on the person's calendar.
    pub(super) fn date(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.app.environment.utc_offset).date_naive()
    }

    /// A day as the person's calendar shows it.
    pub(super) fn day(&self, moment: DateTime<Utc>) -> String {
        calendar_day(moment, self.app.environment.utc_offset)
    }

    /// A day without the year where it can be no other one, since the list has no room for it.
    pub(super) fn short_day(&self, moment: DateTime<Utc>) -> String {
        let is_near = (moment - self.now).num_days().abs() < 300;
        let form = if is_near { "%-d %b" } else { "%b %Y" };
        moment.with_timezone(&self.app.environment.utc_offset).format(form).to_string()
    }

    /// The time today, the day otherwise.
    pub(super) fn when(&self, moment: DateTime<Utc>) -> String {
        if self.date(moment) == self.date(self.now) { self.time(moment) } else { self.short_day(moment) }
    }

    /// A mask that tells nothing of a secret, not even its length.
    pub(super) fn mask(&self) -> String {
        self.glyphs().mask.repeat(8)
    }

    /// Shape and style of a tone.
    pub(super) fn tone(&self, tone: Tone) -> (&'static str, Style) {
        match tone {
            Tone::Plain => (self.glyphs().separator, self.theme().notice),
            Tone::Good => (self.glyphs().yes, self.theme().good),
            Tone::Soon => (self.glyphs().soon, self.theme().need(Need::Soon)),
            Tone::Bad => (self.glyphs().needs_you, self.theme().error),
        }
    }

    /// True while a request is under way; once its answer is there, it is not renewing any more.
    pub(super) fn is_renewing(&self, overview: &Overview) -> bool {
        self.app.is_renewing(&overview.id) && overview.unsaved.is_none()
    }

    /// The next step in the few words of the list, and the key for it.
    pub(super) fn next_step(&self, overview: &Overview) -> (Option<Action>, String) {
        let ellipsis = self.glyphs().ellipsis;
        if self.is_renewing(overview) {
            return (None, format!("renewing {ellipsis}"));
        }
        match overview.next_step(self.now) {
            NextStep::MendDisk => (None, "NOT SAVED".to_owned()),
            NextStep::SignIn => (Some(Action::Authorize), "sign in".to_owned()),
            NextStep::GetToken => (Some(Action::Authorize), "get the token".to_owned()),
            NextStep::PasteAddress => (Some(Action::Paste), "paste address".to_owned()),
            NextStep::EnterCode => (Some(Action::Authorize), "enter code".to_owned()),
            NextStep::SignInAgain => (Some(Action::Authorize), "sign in again".to_owned()),
            NextStep::AskConsent => (Some(Action::AdminConsent), "consent missing".to_owned()),
            NextStep::AskAdministrator => (Some(Action::Open), "ask administrator".to_owned()),
            NextStep::MendSettings => (Some(Action::Edit), "mend settings".to_owned()),
            NextStep::AcceptRestored => (Some(Action::AcceptRestored), "accept backup?".to_owned()),
            NextStep::ReplaceSecret => {
                let action = replacing(overview);
                let short = if action == Action::Edit { "replace cert." } else { "replace secret" };
                (Some(action), short.to_owned())
            }
            NextStep::SignInBefore(at) => (Some(Action::Authorize), format!("sign in by {}", self.when(at))),
            NextStep::RenewBefore(at) => (Some(Action::Renew), format!("renew by {}", self.when(at))),
            NextStep::HandOverAgain => (Some(Action::HandOver), "hand over again".to_owned()),
            NextStep::RenewOnRequest { ended_at: None } => (Some(Action::Renew), "renew by hand".to_owned()),
            NextStep::RenewOnRequest { ended_at: Some(_) } => {
                (Some(Action::Renew), "ended, by hand".to_owned())
            }
            NextStep::RenewsAt(at) if at <= self.now => (None, "renews now".to_owned()),
            NextStep::RenewsAt(at) => (None, format!("renews {}", self.when(at))),
            NextStep::RetriesAt(at) if at <= self.now => (None, "retries now".to_owned()),
            NextStep::RetriesAt(at) => (None, format!("retries {}", self.when(at))),
            NextStep::EndsAt(at) => (Some(Action::Authorize), format!("ends {}", self.when(at))),
        }
    }

    /// The next step in a word, where the list has room for no more.
    pub(super) fn next_word(&self, overview: &Overview) -> String {
        if self.is_renewing(overview) {
            return "renewing".to_owned();
        }
        match overview.next_step(self.now) {
            NextStep::MendDisk => "UNSAVED".to_owned(),
            NextStep::SignIn | NextStep::SignInAgain => "sign in".to_owned(),
            NextStep::GetToken => "get token".to_owned(),
            NextStep::PasteAddress => "paste".to_owned(),
            NextStep::EnterCode => "code".to_owned(),
            NextStep::AskConsent => "consent".to_owned(),
            NextStep::AskAdministrator => "ask admin".to_owned(),
            NextStep::MendSettings => "mend".to_owned(),
            NextStep::AcceptRestored => "accept?".to_owned(),
            NextStep::ReplaceSecret => "replace".to_owned(),
            NextStep::SignInBefore(_) => "sign in".to_owned(),
            NextStep::RenewBefore(_) => "renew".to_owned(),
            NextStep::HandOverAgain => "hand over".to_owned(),
            NextStep::RenewOnRequest { .. } => "by hand".to_owned(),
            NextStep::RenewsAt(_) => "renews".to_owned(),
            NextStep::RetriesAt(_) => "retries".to_owned(),
            NextStep::EndsAt(_) => "ends".to_owned(),
        }
    }

    /// The next step as a sentence: what, who, when.
    pub(super) fn next_step_sentence(&self, overview: &Overview) -> String {
        let who = overview.mailbox().map_or_else(|| "the mailbox's owner".to_owned(), printable);
        if self.is_renewing(overview) {
            return format!("renewing now {}", self.glyphs().ellipsis);
        }
        match overview.next_step(self.now) {
            NextStep::MendDisk => "NOT SAVED, tried again every 5 s. Mend the disk. Who acts: you".to_owned(),
            NextStep::SignIn => format!("nobody has signed in yet. Who acts: {who}"),
            NextStep::GetToken => {
                "nobody needs to sign in: the client asks for itself. Who acts: you".to_owned()
            }
            NextStep::EnterCode => "a code waits to be entered on another device".to_owned(),
            NextStep::PasteAddress => {
                "a sign-in is open: paste the address that the browser ended on".to_owned()
            }
            NextStep::SignInAgain => format!("a person must sign in again. Who acts: {who}"),
            NextStep::AskConsent => "consent is missing. Who acts: an administrator of the tenant".to_owned(),
            NextStep::AskAdministrator => {
                "the tenant blocks it. Who acts: an administrator of the tenant".to_owned()
            }
            NextStep::MendSettings => "the registration or the settings are wrong. Who acts: you".to_owned(),
            NextStep::AcceptRestored => {
                "from a backup: accept it, or sign in again. Who acts: you".to_owned()
            }
            NextStep::ReplaceSecret => self.secret_sentence(overview),
            NextStep::SignInBefore(at) => {
                format!("sign in before {}: renewing does not put it off. Who acts: {who}", self.time(at))
            }
            NextStep::RenewBefore(at) => format!("renew before {}, or somebody must sign in", self.time(at)),
            NextStep::HandOverAgain => overview.outdated_copy(self.now).map_or_else(
                || "values are to be handed over again".to_owned(),
                |copy| crate::app::copies::in_words(&copy, &|at| self.when(at)),
            ),
            NextStep::RenewOnRequest { ended_at: None } => {
                let policy = overview.settings.renewal.policy.as_str();
                format!("does not renew by itself: it is set to {policy}")
            }
            NextStep::RenewOnRequest { ended_at: Some(at) } => {
                let policy = overview.settings.renewal.policy.as_str();
                let failed = if overview.trouble.is_some() { "; the last try failed" } else { "" };
                format!("token ended {}, renewed on demand only: set to {policy}{failed}", self.when(at))
            }
            NextStep::RenewsAt(at) if at <= self.now => "renews by itself now".to_owned(),
            NextStep::RenewsAt(at) => format!("renews by itself at {}", self.time(at)),
            NextStep::RetriesAt(at) if at <= self.now => "tries again by itself now".to_owned(),
            NextStep::RetriesAt(at) => format!("tries again by itself at {}", self.time(at)),
            NextStep::EndsAt(at) => format!("ends at {} and cannot renew: no refresh token", self.time(at)),
        }
    }

    fn secret_sentence(&self, overview: &Overview) -> String {
        let noun = overview.credential.noun();
        match overview.credential_lifetime() {
            Some(lifetime) if lifetime.is_expired_at(self.now) => {
                format!("the {noun} ended on {}. Make a new one in the portal", self.day(lifetime.expires_at))
            }
            Some(lifetime) => {
                format!("the {noun} ends on {}. Make a new one before", self.day(lifetime.expires_at))
            }
            None => format!("replace the {noun}"),
        }
    }
}

/// Text from outside, printable, cut where no screen could show it.
pub(super) fn printable(text: &str) -> String {
    sanitize(text, 2_000)
}
