//! Fields of JSON answers, read as leniently as the platform writes them.

use serde_json::{Map, Value};

/// A duration in seconds: a number, a fraction, or a text that holds one.
pub(super) fn seconds(object: &Map<String, Value>, name: &str) -> Option<i64> {
    match object.get(name)? {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64)),
        Value::String(text) => text.trim().parse::<f64>().ok().filter(|s| s.is_finite()).map(|s| s as i64),
        _ => None,
    }
}

/// A text that is not empty.
pub(super) fn text<'o>(object: &'o Map<String, Value>, name: &str) -> Option<&'o str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
