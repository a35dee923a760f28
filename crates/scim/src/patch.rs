//! The operations of a PATCH, normalized for all directories.

use serde_json::{Map, Value};

use crate::{Kind, Path, Refusal, parse_path};

/// The most operations of one request.
const MAX_OPERATIONS: usize = 1000;

/// The kind of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verb {
    Add,
    Replace,
    Remove,
}

/// Calls `apply` for every attribute of the operations, in order. A value without a path names
/// several.
pub(crate) fn each(
    body: &Value,
    mut apply: impl FnMut(Verb, &Path, &Value) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let object = body.as_object().ok_or_else(|| syntax("expected a JSON object"))?;
    let operations = member(object, "operations").and_then(Value::as_array);
    let operations = operations.ok_or_else(|| syntax("expected an array `Operations`"))?;
    if operations.len() > MAX_OPERATIONS {
        let detail =
            format!("expected at most {MAX_OPERATIONS} operations, got {}", operations.len());
        return Err(Refusal::new(Kind::TooMany, detail));
    }
    for operation in operations {
        let operation = operation
            .as_object()
            .ok_or_else(|| syntax("expected every operation to be an object"))?;
        let verb = verb(member(operation, "op"))?;
        let value = member(operation, "value").unwrap_or(&Value::Null);
        match member(operation, "path") {
            Some(Value::String(path)) if !path.trim().is_empty() => {
                apply(verb, &parse_path(path)?, value)?
            }
            None | Some(Value::Null | Value::String(_)) => pathless(verb, value, &mut apply)?,
            Some(_) => return Err(Refusal::new(Kind::Path, "expected `path` to be a text")),
        }
    }
    Ok(())
}

fn pathless(
    verb: Verb,
    value: &Value,
    apply: &mut impl FnMut(Verb, &Path, &Value) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    if verb == Verb::Remove {
        return Err(Refusal::new(Kind::NoTarget, "`remove` needs a path"));
    }
    let object = value.as_object();
    let object = object.ok_or_else(|| {
        Refusal::new(Kind::Value, "without a path, `value` is an object of attributes")
    })?;
    attributes(object, |path, value| apply(verb, path, value))
}

/// Calls `apply` for every member of an object; its names may be complete paths.
pub(crate) fn attributes(
    object: &Map<String, Value>,
    mut apply: impl FnMut(&Path, &Value) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    object.iter().try_for_each(|(name, value)| apply(&parse_path(name)?, value))
}

fn verb(op: Option<&Value>) -> Result<Verb, Refusal> {
    let text = op.and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    match text.as_str() {
        "add" => Ok(Verb::Add),
        "replace" => Ok(Verb::Replace),
        "remove" => Ok(Verb::Remove),
        _ => Err(syntax("expected `op` to be add, replace or remove")),
    }
}

/// A member by its name, ignoring case.
pub(crate) fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub(crate) fn syntax(detail: &str) -> Refusal {
    Refusal::new(Kind::Syntax, detail)
}
