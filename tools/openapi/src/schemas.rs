//! The schemas of the wire types, as this contract spells them.

use serde_json::{Map, Value};

/// Those that are sent and those that are received, together.
pub(crate) fn merged(
    [mut all, received]: [Map<String, Value>; 2],
) -> Result<Map<String, Value>, String> {
    for (name, schema) in received {
        if all.get(&name).is_some_and(|other| *other != schema) {
            return Err(format!(
                "`{name}` differs where it is sent and where it is received; give it two names"
            ));
        }
        all.insert(name, schema);
    }
    // The generator numbers those that share a name.
    let numbered = all.keys().find(|name| {
        all.contains_key(name.trim_end_matches(char::is_numeric))
            && name.ends_with(char::is_numeric)
    });
    match numbered {
        Some(name) => {
            Err(format!("two types are called `{}`", name.trim_end_matches(char::is_numeric)))
        }
        None => Ok(all),
    }
}

/// Formats that say how Rust holds a number. JSON has no such bounds.
const OF_NUMBERS: [&str; 13] = [
    "int8", "int16", "int32", "int64", "int128", "int", "uint8", "uint16", "uint32", "uint64",
    "uint", "double", "float",
];

/// Leaves out what says nothing to clients.
pub(crate) fn tidy(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members
                .get("format")
                .and_then(Value::as_str)
                .is_some_and(|format| OF_NUMBERS.contains(&format))
            {
                members.remove("format");
            }
            if members.get("items") == Some(&Value::Bool(true)) {
                members.remove("items");
            }
            if members.get("default").is_some_and(Value::is_null) {
                members.remove("default");
            }
            members.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}
