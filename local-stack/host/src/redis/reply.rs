//! Replies in Spin's form: one flat list; maps, attributes, verbatim strings and pushes are errors.

use redis::Value;

use crate::bindings::redis::{Error, RedisResult as Item};

/// The largest reply for a guest, in bytes; the limit of Spin's host.
const LARGEST: usize = 128 << 20;

/// Flattens a reply.
pub(super) fn flatten(value: Value) -> Result<Vec<Item>, Error> {
    let (mut items, mut size) = (Vec::new(), 0);
    append(value, &mut items, &mut size)?;
    if size > LARGEST {
        return Err(Error::Other(format!("query result exceeds limit of {LARGEST} bytes")));
    }
    Ok(items)
}

fn append(value: Value, items: &mut Vec<Item>, size: &mut usize) -> Result<(), Error> {
    let unsupported = |what: &str| {
        Err(Error::Other(format!(
            "Could not convert Redis response - TypeError: {what} is not supported"
        )))
    };
    let item = match value {
        Value::Nil => Item::Nil,
        Value::Int(number) => Item::Int64(number),
        Value::BulkString(bytes) => Item::Binary(bytes),
        Value::SimpleString(text) => Item::Status(text),
        Value::Okay => Item::Status("OK".into()),
        Value::Double(number) => Item::Binary(number.to_string().into_bytes()),
        Value::Boolean(is_true) => Item::Int64(i64::from(is_true)),
        Value::BigNumber(digits) => Item::Binary(digits),
        Value::Array(values) | Value::Set(values) => {
            return values.into_iter().try_for_each(|value| append(value, items, size));
        }
        Value::Map(_) => return unsupported("Redis Map type"),
        Value::Attribute { .. } => return unsupported("Redis Attribute type"),
        Value::VerbatimString { .. } => return unsupported("Redis string with format attribute"),
        Value::Push { .. } => return unsupported("Redis Pub/Sub type"),
        Value::ServerError(error) => {
            return Err(Error::Other(format!("{}", redis::RedisError::from(error))));
        }
        _ => return unsupported("this Redis type"),
    };
    *size += size_of::<Item>()
        + match &item {
            Item::Binary(bytes) => bytes.len(),
            Item::Status(text) => text.len(),
            Item::Nil | Item::Int64(_) => 0,
        };
    items.push(item);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn nested_replies_become_one_list_and_empty_ones_vanish() {
        let entry =
            Value::Array(vec![text("1-0"), Value::Array(vec![text("field"), text("value")])]);
        let reply =
            Value::Array(vec![entry, Value::Array(vec![]), Value::Nil, Value::Int(7), Value::Okay]);
        let shown: Vec<String> =
            flatten(reply).unwrap().iter().map(|item| format!("{item:?}")).collect();
        assert_eq!(shown.len(), 6);
        assert!(
            shown[3].contains("Nil") && shown[4].contains('7') && shown[5].contains("OK"),
            "{shown:?}"
        );
    }

    #[test]
    fn maps_are_refused() {
        assert!(flatten(Value::Map(vec![])).is_err());
    }
}
