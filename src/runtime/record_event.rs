//! What the activity keeps of a change of a record, in words.

use chrono::{DateTime, Utc};

use crate::app::Edit;
use crate::domain::{ConnectionName, Event, EventKind};
use crate::sanitize::sanitize;

/// What the activity keeps of a change made at `now`; a sign-in's own steps are told by how it ends.
pub(super) fn of_edit(
    edit: &Edit,
    (name, name_before): (&ConnectionName, &ConnectionName),
    now: DateTime<Utc>,
) -> Option<Event> {
    let connection = Some(name.clone());
    if let Edit::AttemptRefused { trouble, .. } = edit {
        return Some(Event {
            // As the record has it.
            at: trouble.at,
            kind: EventKind::Failed,
            connection,
            what_happened: trouble.what_happened.clone(),
            what_to_do: Some(trouble.what_to_do.clone()),
        });
    }
    let (kind, what_happened) = in_words(edit, name_before)?;
    Some(Event { at: now, kind, connection, what_happened, what_to_do: None })
}

fn in_words(edit: &Edit, name_before: &ConnectionName) -> Option<(EventKind, String)> {
    match edit {
        Edit::Form(form, _) if form.name != *name_before => {
            Some((EventKind::Renamed, Event::renamed_words(name_before)))
        }
        Edit::Form(..) => Some((EventKind::Edited, "settings edited".to_owned())),
        Edit::WayIn(_) => Some((EventKind::Edited, "way to sign in chosen".to_owned())),
        Edit::AddScope(_) | Edit::RemoveScope(_) | Edit::SetScopes(_) => {
            Some((EventKind::Edited, "permissions chosen".to_owned()))
        }
        Edit::AcceptRestored => Some((EventKind::Edited, "restored record accepted".to_owned())),
        Edit::AdminConsentGiven { .. } => {
            Some((EventKind::Edited, "an administrator has consented".to_owned()))
        }
        Edit::AdminConsentRefused => {
            Some((EventKind::Failed, "the administrator's consent was refused".to_owned()))
        }
        Edit::HandedOver(given) => {
            let to = sanitize(&given.keeper(), 100);
            Some((EventKind::HandedOver, format!("handed over to {to}")))
        }
        Edit::AttemptRefused { .. }
        | Edit::WrongPaste { .. }
        | Edit::AbandonAttempt { .. }
        | Edit::ForgetHandOver(_) => None,
    }
}
