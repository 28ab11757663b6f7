//! Answers that are not saved so far: told at once, and again when they are.

use chrono::{DateTime, Utc};

use crate::app::{App, SaveNews};

impl App {
    pub(super) fn take_save_news(&mut self, _news: SaveNews, _now: DateTime<Utc>) {}
}
