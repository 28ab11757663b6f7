//! `permissions --add, --remove, --preset`: one edit of the record, checked before it is made.

use crate::app::Edit;
use crate::app::permissions::counts;
use crate::catalogue::permissions::{Preset, as_asked, is_by_itself, known, nearest};
use crate::domain::{Overview, PermissionState, Scope, ScopeSet, settings_rules};
use crate::sanitize::sanitize;

use crate::cli::exit::{CliError, Exit, say};

/// The edits that lead to what is wanted: none if that is how it is. Single changes are merged into what the record
/// holds by then; a preset sets the whole list.
pub fn edits(
    before: &Overview,
    preset: Option<&'static Preset>,
    add: &[Scope],
    remove: &[Scope],
) -> Result<Vec<Edit>, CliError> {
    if preset.is_none() && add.is_empty() && remove.is_empty() {
        return Ok(Vec::new());
    }
    if !before.settings.way_in.is_delegated() {
        return Err(acts_for_itself(before));
    }
    let authority = &before.settings.authority;
    // Each by itself as well: beside the same permission with another address it would not be looked at.
    for scope in add {
        check(before, &[scope.clone()].into_iter().collect())?;
    }
    let add: Vec<Scope> = add.iter().map(|scope| as_asked(scope, authority)).collect();
    remark(preset, &add, remove, before);
    let mut wanted =
        preset.map_or_else(|| before.settings.scopes.clone(), |preset| preset.scope_set_at(authority));
    for scope in remove {
        wanted.remove(scope);
    }
    for scope in add {
        wanted.insert(scope);
    }
    check(before, &wanted)?;
    if wanted == before.settings.scopes {
        say("nothing changed: it asks for just that already");
        return Ok(Vec::new());
    }
    if preset.is_some() {
        return Ok(vec![Edit::SetScopes(wanted)]);
    }
    let own = &before.settings.scopes;
    let removed = own.difference(&wanted).cloned().map(Edit::RemoveScope);
    Ok(removed.chain(wanted.difference(own).cloned().map(Edit::AddScope)).collect())
}

fn acts_for_itself(before: &Overview) -> CliError {
    CliError::new(
        Exit::Usage,
        format!("{} acts for itself: it asks for .default of one resource", before.name),
        "application permissions are chosen in the portal, under API permissions; here: edit NAME --scope RESOURCE/.default",
    )
}

/// Rules between settings, before anything is written.
fn check(before: &Overview, wanted: &ScopeSet) -> Result<(), CliError> {
    let known = settings_rules::faults(&before.settings, None);
    let mut settings = before.settings.clone();
    settings.scopes = wanted.clone();
    match settings_rules::faults(&settings, None).into_iter().find(|fault| !known.contains(fault)) {
        Some(fault) => Err(CliError::new(Exit::Usage, fault.to_string(), fault.what_to_do())),
        None => Ok(()),
    }
}

/// What is odd about the wishes, said and no hindrance.
fn remark(preset: Option<&'static Preset>, add: &[Scope], remove: &[Scope], before: &Overview) {
    if let Some(remark) = preset.and_then(Preset::remark) {
        say(&format!("note: {remark}"));
    }
    for scope in add {
        remark_on_added(scope);
    }
    for scope in remove {
        let name = sanitize(scope.name(), 200);
        if is_by_itself(scope) {
            say(&format!("note: every sign-in asks for {name} by itself, chosen or not"));
        } else if preset.is_none() && !before.settings.scopes.contains(scope) {
            say(&format!("note: {name} was not asked for"));
        }
    }
}

fn remark_on_added(scope: &Scope) {
    let name = sanitize(scope.as_str(), 200);
    match (known(scope), nearest(scope.name())) {
        (Some(known), _) if known.is_being_retired() => {
            say(&format!("note: {}", Scope::EWS_RETIREMENT));
        }
        (Some(_), _) => {}
        (None, Some(near)) => {
            say(&format!("note: {name} is not in the catalogue; did you mean {}?", near.name));
        }
        (None, None) => say(&format!("note: {name} is not in the catalogue: taken as it is")),
    }
}

/// Whether the change takes a new sign-in.
pub fn say_what_follows(before: &Overview, after: &Overview) {
    let name = &after.name;
    match () {
        () if before.settings.scopes == after.settings.scopes => {}
        () if after.tokens.is_none() => {
            say(&format!("nobody has signed in yet: tokengauge authorize {name}"));
        }
        () if counts(after).needs_sign_in() => {
            say(&format!("the change takes effect with the next sign-in: tokengauge authorize {name}"));
        }
        () if after.permission_states().asked().any(PermissionState::is_untold) => {
            say(&format!("nobody has told what was granted before; to be sure: tokengauge authorize {name}"));
        }
        () => say("no new sign-in is needed: all that is asked for was granted before"),
    }
}
