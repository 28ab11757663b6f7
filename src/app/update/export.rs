//! What keys and answers do to the export panel.

use chrono::{DateTime, Utc};
use crossterm::event::KeyEvent;

use crate::app::export::{
    ExportOrder, ExportPanel, ExportPhase, ExportQuestion, ExportTo, Exported, NotExported, Permit, Preview,
    Previewed,
};
use crate::app::hand_over::FRESH_ENOUGH;
use crate::app::{Action, App, Effect, Failure, GrantStep, Panel, RequestId};
use crate::domain::hand_over::Label;
use crate::domain::{ConnectionId, Destination, HandOver, HandedOver, Overview};
use crate::export::Format;

impl App {
    /// Opens the panel; a set of which little is left is renewed first.
    pub(super) fn open_export(
        &mut self,
        overview: &Overview,
        before: Option<&HandOver>,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        if self.holds_nothing(overview, "export", now) {
            return Vec::new();
        }
        let Some(access) = overview.primary_access() else { return Vec::new() };
        let request = self.request();
        let directory = self.environment.export_directory.clone();
        let mut panel = ExportPanel::new(overview, &directory, Preview::Awaited(request));
        if let Some((format, file)) = before.and_then(exported_before) {
            panel = panel.again(format, file, overview);
        }
        let under_way = self.in_flight.get(&overview.id).copied().filter(|_| self.is_renewing(&overview.id));
        let mut effects = Vec::new();
        let renewing = under_way.or_else(|| {
            let due = access.lifetime.remaining(now) < FRESH_ENOUGH && overview.may_renew_at(now);
            let step = GrantStep::renew_these(overview, [access.audience.clone()]);
            let (request, effect) = due.then(|| self.exchange(&overview.id, step))??;
            effects.push(effect);
            Some(request)
        });
        match renewing {
            Some(request) => panel.phase = ExportPhase::Renewing(request),
            None => effects.push(preview(&panel, request)),
        }
        self.panel = Some(Panel::Export(Box::new(panel)));
        effects
    }

    /// The renewal that was awaited has ended, one way or the other: what is held is shown.
    pub(super) fn export_after_renewal(&mut self, mut panel: Box<ExportPanel>) -> Vec<Effect> {
        panel.phase = ExportPhase::Choosing;
        let effects = self.preview_again(&mut panel);
        self.panel = Some(Panel::Export(panel));
        effects
    }

    pub(super) fn act_in_export(&mut self, mut panel: Box<ExportPanel>, action: Action) -> Vec<Effect> {
        let effects = match (&panel.phase, action) {
            (ExportPhase::Exporting(..), _) => Vec::new(),
            (ExportPhase::Asking(..) | ExportPhase::Failed(_), Action::Back) => {
                panel.phase = ExportPhase::Choosing;
                Vec::new()
            }
            (_, Action::Back | Action::Quit)
            | (ExportPhase::Done(_) | ExportPhase::Unremembered(..), Action::Open) => return Vec::new(),
            (ExportPhase::Renewing(_), _) => Vec::new(),
            (ExportPhase::Asking(question, permit), Action::Open) => {
                let (question, permit) = (question.clone(), *permit);
                self.export_as_allowed(&mut panel, &question, permit)
            }
            (ExportPhase::Asking(..), _) => Vec::new(),
            (_, Action::Open) => self.export_to_file(&mut panel, Permit::default()),
            (_, Action::Copy) if !panel.format.holds_secrets() => {
                self.export(&mut panel, ExportTo::Clipboard, Permit::default())
            }
            (_, Action::Copy) => {
                panel.phase = ExportPhase::Asking(ExportQuestion::Clipboard, Permit::default());
                Vec::new()
            }
            (_, action) => self.choose_in_export(&mut panel, action),
        };
        self.panel = Some(Panel::Export(panel));
        effects
    }

    fn choose_in_export(&mut self, panel: &mut ExportPanel, action: Action) -> Vec<Effect> {
        // What was done or refused was about the choice before.
        panel.phase = ExportPhase::Choosing;
        let by = match action {
            Action::Left => -1,
            Action::Right | Action::Toggle => 1,
            Action::Down | Action::NextField => {
                panel.turn_focus(1);
                return Vec::new();
            }
            Action::Up | Action::PreviousField => {
                panel.turn_focus(-1);
                return Vec::new();
            }
            Action::HalfPageDown => {
                panel.scroll(8);
                return Vec::new();
            }
            Action::HalfPageUp => {
                panel.scroll(-8);
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        let Some(overview) = self.connections.get(&panel.connection).cloned() else { return Vec::new() };
        if panel.step(by, &overview) { self.preview_again(panel) } else { Vec::new() }
    }

    /// A key for the file's name.
    pub(super) fn type_in_export(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(Panel::Export(panel)) = &mut self.panel else { return Vec::new() };
        if !panel.is_typing() {
            return Vec::new();
        }
        let before = panel.file.text().to_owned();
        panel.file.handle(key);
        self.follow_file_name(&before)
    }

    /// Pasted text for the file's name.
    pub(super) fn paste_in_export(&mut self, text: &str) -> Vec<Effect> {
        let Some(Panel::Export(panel)) = &mut self.panel else { return Vec::new() };
        if !panel.is_typing() {
            return Vec::new();
        }
        let before = panel.file.text().to_owned();
        panel.file.paste(text);
        self.follow_file_name(&before)
    }

    fn follow_file_name(&mut self, before: &str) -> Vec<Effect> {
        let Some(Panel::Export(mut panel)) = self.panel.take() else { return Vec::new() };
        let mut effects = Vec::new();
        if panel.file.text() != before {
            panel.is_file_chosen = true;
            // Of this format a file that is there decides what would be written.
            if panel.format == Format::AccountsYaml {
                effects = self.preview_again(&mut panel);
            }
        }
        self.panel = Some(Panel::Export(panel));
        effects
    }

    fn preview_again(&mut self, panel: &mut ExportPanel) -> Vec<Effect> {
        let request = self.request();
        panel.preview = Preview::Awaited(request);
        panel.scrolled = 0;
        vec![preview(panel, request)]
    }

    fn export_to_file(&mut self, panel: &mut ExportPanel, permit: Permit) -> Vec<Effect> {
        let path = panel.file.text().trim().to_owned();
        if path.is_empty() {
            panel.phase = ExportPhase::Failed(Failure::new("No file is named.", "Type its name, or y."));
            return Vec::new();
        }
        self.export(panel, ExportTo::File(path, permit), permit)
    }

    fn export_as_allowed(
        &mut self,
        panel: &mut ExportPanel,
        question: &ExportQuestion,
        permit: Permit,
    ) -> Vec<Effect> {
        match question {
            ExportQuestion::Clipboard => self.export(panel, ExportTo::Clipboard, permit),
            ExportQuestion::Overwrite(_) => self.export_to_file(panel, Permit { overwrite: true, ..permit }),
            ExportQuestion::WorkTree(_) => self.export_to_file(panel, Permit { work_tree: true, ..permit }),
        }
    }

    fn export(&mut self, panel: &mut ExportPanel, to: ExportTo, permit: Permit) -> Vec<Effect> {
        let request = self.request();
        panel.phase = ExportPhase::Exporting(request, permit);
        let order: Box<ExportOrder> = Box::new(panel.order(to));
        vec![Effect::Export { request, connection: panel.connection.clone(), order }]
    }

    pub(super) fn take_preview(&mut self, request: RequestId, result: Result<Box<Previewed>, Failure>) {
        if let Some(Panel::Export(panel)) = &mut self.panel
            && panel.preview == Preview::Awaited(request)
        {
            panel.preview = result.map_or_else(Preview::Failed, Preview::Ready);
        }
    }

    /// What was exported is in the record, whether the panel is still there or not.
    pub(super) fn take_export(&mut self, request: RequestId, result: Result<Exported, NotExported>) {
        if let Ok(Exported { remembered: Ok(overview), .. }) = &result {
            self.connections.put((**overview).clone());
        }
        let Some(Panel::Export(panel)) = &mut self.panel else { return };
        let ExportPhase::Exporting(own, permit) = panel.phase else { return };
        if own == request {
            panel.phase = match result {
                Ok(Exported { delivery, remembered: Ok(_) }) => ExportPhase::Done(delivery),
                Ok(Exported { delivery, remembered: Err(why) }) => ExportPhase::Unremembered(delivery, why),
                Err(NotExported::Asks(question)) => ExportPhase::Asking(question, permit),
                Err(NotExported::Failed(failure)) => ExportPhase::Failed(failure),
            };
        }
    }

    /// True if the export panel of this connection waits for that renewal.
    pub(super) fn export_awaits(&self, request: RequestId) -> bool {
        matches!(&self.panel, Some(Panel::Export(panel)) if panel.phase == ExportPhase::Renewing(request))
    }
}

fn preview(panel: &ExportPanel, request: RequestId) -> Effect {
    let connection: ConnectionId = panel.connection.clone();
    let to = ExportTo::File(panel.file.text().trim().to_owned(), Permit::default());
    Effect::PreviewExport { request, connection, order: Box::new(panel.order(to)) }
}

/// Format and file of an export that was made before.
fn exported_before(hand_over: &HandOver) -> Option<(&Label, Option<&Label>)> {
    let HandedOver::Export(format) = &hand_over.what else { return None };
    match &hand_over.destination {
        Destination::File(path) => Some((format, Some(path))),
        Destination::Clipboard | Destination::Stdout => Some((format, None)),
    }
}
