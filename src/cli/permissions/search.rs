//! `permissions --search` and `--presets`: the catalogue, without a connection and without the vault.

use serde_json::{Value, json};

use crate::catalogue::permissions::{
    APP_ONLY_PRESETS, PRESETS, Permission, PersonalAccounts, Query, WhoConsents, catalogue, nearest,
};

use crate::cli::exit::{CliError, Exit, say};
use crate::cli::output;
use crate::cli::words::table;

/// Prints what holds all of the words, the best match first. Nothing found is no error: the list is empty.
pub fn run(words: &str, as_json: bool) -> Result<Exit, CliError> {
    let query = Query::new(words);
    if query.is_empty() {
        return Err(CliError::new(
            Exit::Usage,
            "no word to search for",
            "such as: permissions --search mail send",
        ));
    }
    let groups = query.find(catalogue());
    let found: Vec<&Permission> = groups.into_iter().flat_map(|found| found.permissions).collect();
    if as_json {
        output::print_json(&found.iter().map(|own| permission(own)).collect())?;
        return Ok(Exit::Ok);
    }
    if found.is_empty() {
        let near = nearest(words).map_or_else(String::new, |near| format!("; did you mean {}?", near.name));
        say(&format!("no permission holds all of these words{near}"));
        return Ok(Exit::Ok);
    }
    let rows: Vec<Vec<String>> = found.iter().map(|own| row(own)).collect();
    output::print(&table(&["PERMISSION", "RESOURCE", "GROUP", "WHO MAY CONSENT", "ALLOWS TO"], &rows))?;
    let all = catalogue().to_choose().count();
    say(&format!("{} of {all} permissions", found.len()));
    Ok(Exit::Ok)
}

fn row(own: &Permission) -> Vec<String> {
    let cells =
        [own.name, own.resource.title(), own.group, own.consent().words(), own.meaning.unwrap_or_default()];
    cells.map(str::to_owned).to_vec()
}

fn permission(own: &Permission) -> Value {
    json!({
        "permission": own.name,
        "resource": own.resource.title(),
        "group": own.group,
        "id": own.id,
        "consent": own.consent().code(),
        "admin_consent_required": own.is_admin_consent_required(),
        "kept_from_users_by_default_policy": own.is_kept_from_users_by_default_policy(),
        "personal_accounts": match own.personal_accounts() {
            PersonalAccounts::Yes => Some(true),
            PersonalAccounts::No => Some(false),
            PersonalAccounts::NotTold => None,
        },
        "allows": own.meaning,
        "being_retired": own.is_being_retired(),
    })
}

/// Prints the presets, drafts marked as drafts.
pub fn presets(as_json: bool) -> Result<Exit, CliError> {
    if as_json {
        let rows = PRESETS.iter().map(|preset| {
            json!({
                "preset": preset.name,
                "title": preset.title,
                "scopes": preset.scope_set().iter().map(ToString::to_string).collect::<Vec<_>>(),
                "remark": preset.remark(),
            })
        });
        output::print_json(&rows.collect())?;
        return Ok(Exit::Ok);
    }
    let row = |preset: &crate::catalogue::permissions::Preset| {
        let who = WhoConsents::of(preset.scope_set().iter()).short();
        vec![
            preset.name.to_owned(),
            preset.title.to_owned(),
            who,
            preset.remark().unwrap_or_default().to_owned(),
        ]
    };
    let own = PRESETS.iter().map(row);
    let app_only = APP_ONLY_PRESETS.iter().map(|preset| {
        let title = format!("client credentials, {}", preset.resource.title());
        vec![preset.name.to_owned(), title, "an administrator, in the portal".to_owned(), String::new()]
    });
    let rows: Vec<Vec<String>> = own.chain(app_only).collect();
    output::print(&table(&["PRESET", "FOR", "WHO MUST CONSENT", "REMARK"], &rows))?;
    Ok(Exit::Ok)
}
