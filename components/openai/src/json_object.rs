//! A JSON object whose members are read leniently: null is absent, what is not read is ignored, and
//! what is wrong is named by its pointer.

use kernel::{Code, Problem, Result};
use serde_json::{Map, Value};

/// An object and where it is in the body.
#[derive(Clone)]
pub(crate) struct JsonObject<'a> {
    members: &'a Map<String, Value>,
    pointer: String,
}

/// The body of a request.
///
/// # Errors
/// `unsupported_media_type`, `invalid_body`, `too_large`.
pub(crate) async fn body(call: &mut api::Call) -> Result<Value> {
    call.expect_json()?;
    parse(&call.bytes().await?)
}

/// The body of a request that may have pictures, and its bytes.
///
/// # Errors
/// As [`body`].
pub(crate) async fn body_within(call: &mut api::Call, limit: usize) -> Result<(Value, usize)> {
    call.expect_json()?;
    let bytes = call.bytes_within(limit).await?;
    Ok((parse(&bytes)?, bytes.len()))
}

fn parse(bytes: &[u8]) -> Result<Value> {
    api::parse(bytes).map_err(|problem| {
        let detail = problem.detail.replace(" as described in /api/v1/openapi.json", "");
        Problem::new(problem.code, detail)
    })
}

/// What is known, and not offered here.
pub(crate) fn unsupported(pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
    Problem::invalid_field(pointer.into(), detail).in_protocol("unsupported_parameter")
}

impl<'a> JsonObject<'a> {
    /// The whole body.
    ///
    /// # Errors
    /// `invalid_body` if it is no object.
    pub(crate) fn of_body(body: &'a Value) -> Result<Self> {
        Self::new(body, String::new())
            .map_err(|_| Problem::new(Code::InvalidBody, "expected a JSON object"))
    }

    /// An object at a pointer.
    ///
    /// # Errors
    /// `invalid_body` if it is none.
    pub(crate) fn new(value: &'a Value, pointer: String) -> Result<Self> {
        match value.as_object() {
            Some(members) => Ok(Self { members, pointer }),
            None => Err(Problem::invalid_field(pointer, "expected an object")),
        }
    }

    /// Where a member is.
    pub(crate) fn pointer(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }

    /// A member that is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn typed<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| {
            Problem::invalid_field(
                self.pointer(name),
                format!("expected {expected}, got {}", kind(value)),
            )
        })
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>> {
        self.typed(name, "a string", Value::as_str)
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool> {
        Ok(self.typed(name, "true or false", Value::as_bool)?.unwrap_or(false))
    }

    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>> {
        self.typed(name, "a whole number", Value::as_i64)
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>> {
        self.typed(name, "a number", Value::as_f64)
    }

    pub(crate) fn list(&self, name: &str) -> Result<Option<&'a [Value]>> {
        self.typed(name, "an array", |value| value.as_array().map(Vec::as_slice))
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>> {
        self.get(name).map(|value| Self::new(value, self.pointer(name))).transpose()
    }

    /// A text that must be there.
    pub(crate) fn required_text(&self, name: &str) -> Result<&'a str> {
        self.text(name)?.ok_or_else(|| {
            Problem::invalid_field(self.pointer(name), "expected a string, got nothing")
        })
    }
}

/// What a value is, for a sentence.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
