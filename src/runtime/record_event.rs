//! What the activity keeps of a change of a record, in words.

use crate::app::Edit;
use crate::domain::{ConnectionName, EventKind};
use crate::sanitize::sanitize;

/// What the activity keeps of a change; a sign-in's own steps are told by how it ends.
pub(super) fn of_edit(edit: &Edit, name_before: &ConnectionName) -> Option<(EventKind, String)> {
    match edit {
        Edit::Form(form, _) if form.name != *name_before => Some((EventKind::Renamed, renamed(name_before))),
        Edit::Form(..) => Some((EventKind::Edited, "settings edited".to_owned())),
        Edit::WayIn(_) => Some((EventKind::Edited, "way to sign in chosen".to_owned())),
        Edit::AddScope(_) | Edit::RemoveScope(_) | Edit::SetScopes(_) => {
            Some((EventKind::Edited, "permissions chosen".to_owned()))
        }
        Edit::AttemptRefused { trouble, .. } => Some((EventKind::Failed, trouble.what_happened.clone())),
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
        Edit::WrongPaste { .. } | Edit::AbandonAttempt { .. } | Edit::ForgetHandOver(_) => None,
    }
}

/// What is told where it has another name.
pub(super) fn renamed(before: &ConnectionName) -> String {
    format!("renamed, {before} before")
}
