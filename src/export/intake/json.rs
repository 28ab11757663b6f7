//! Values in JSON: the object of a token endpoint, of our own export or of mutt_oauth2.py; and a Postman environment.

use serde_json::{Map, Value};
use zeroize::Zeroize;

use super::{Field, Found, IntakeError};

/// A tree whose texts are wiped when it goes.
struct Tree(Value);

impl Drop for Tree {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(object) => object.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The error of serde_json quotes what it read; only its line is told.
fn tree(text: &str) -> Result<Tree, IntakeError> {
    serde_json::from_str(text).map(Tree).map_err(|error| IntakeError::NotJson { line: error.line() })
}

/// More than any such file has.
const MOST_KEYS: usize = 1000;

/// An object with the names of RFC 6749 §5.1 and more.
pub(super) fn object(text: &str) -> Result<Found, IntakeError> {
    let tree = tree(text)?;
    let object = tree.0.as_object().ok_or(IntakeError::OtherJson { expected: "an object is expected" })?;
    if object.len() > MOST_KEYS {
        return Err(IntakeError::TooManyKeys);
    }
    if object.contains_key("error") && !object.contains_key("access_token") {
        return Err(IntakeError::Refusal);
    }
    if object.contains_key("_postman_variable_scope") {
        return Err(IntakeError::OtherJson { expected: "this is a Postman environment" });
    }
    check_token_type(object)?;
    let mut found = Found::default();
    for (key, value) in object {
        if let Some(field) = Field::of_key(key) {
            take(&mut found, field, value)?;
        }
    }
    Ok(found)
}

/// Another kind of token is not sent as `Authorization: Bearer`.
fn check_token_type(object: &Map<String, Value>) -> Result<(), IntakeError> {
    let kind = object.get("token_type").and_then(Value::as_str);
    if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(IntakeError::Field {
            line: None,
            field: Field::AccessToken,
            what: "not of the type Bearer",
        });
    }
    Ok(())
}

/// A Postman environment: `values` with `key`, `value` and `enabled`.
pub(super) fn environment(text: &str) -> Result<Found, IntakeError> {
    let tree = tree(text)?;
    let expected = "an object with a list of values is expected";
    let values = tree.0.get("values").and_then(Value::as_array).ok_or(IntakeError::OtherJson { expected })?;
    if values.len() > MOST_KEYS {
        return Err(IntakeError::TooManyKeys);
    }
    let mut found = Found::default();
    for variable in values.iter().filter(|variable| variable.get("enabled") != Some(&Value::Bool(false))) {
        let field = variable.get("key").and_then(Value::as_str).and_then(Field::of_key);
        if let (Some(field), Some(value)) = (field, variable.get("value")) {
            take(&mut found, field, value)?;
        }
    }
    Ok(found)
}

fn take(found: &mut Found, field: Field, value: &Value) -> Result<(), IntakeError> {
    match value {
        Value::Null => Ok(()),
        Value::String(text) => found.take(field, text, None),
        Value::Number(number) if field == Field::ExpiresAt => found.take(field, &number.to_string(), None),
        _ => Err(IntakeError::Field { line: None, field, what: "not a text" }),
    }
}
