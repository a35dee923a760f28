//! The tools that a client offers to a model, and the form that it asks for, within bounds.

use kernel::{Problem, Result};
use models::{AnswerFormat, AnswerOptions, AnswerSchema, Tool, ToolChoice};
use serde_json::{Value, json};

use crate::json_object::{JsonObject, unsupported};

/// Letters of a name: what every provider takes.
const MAX_NAME: usize = 64;
/// Characters of a description.
const MAX_DESCRIPTION: usize = 16_000;
/// Bytes of a schema as text, and how deep it may be.
const MAX_SCHEMA: usize = 64 << 10;
const MAX_DEPTH: usize = 32;

/// How one of the two APIs writes functions and formats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// In a member of their own: `/chat/completions`.
    Nested,
    /// Beside the type: `/responses`.
    Flat,
}

/// Reads tools, the choice among them, and the format of the answer.
///
/// # Errors
/// `invalid_body`; with `unsupported_parameter` for what is known and not offered.
pub(crate) fn options(
    body: &JsonObject<'_>,
    format: Option<JsonObject<'_>>,
    shape: Shape,
) -> Result<AnswerOptions> {
    if body.list("functions")?.is_some_and(|all| !all.is_empty()) {
        return Err(unsupported(body.pointer("functions"), "not offered here; send tools"));
    }
    let tools = tools(body, shape)?;
    let parallel = body.get("parallel_tool_calls").map(|_| body.flag("parallel_tool_calls"));
    let parallel = parallel.transpose()?;
    Ok(AnswerOptions {
        tool_choice: if tools.is_empty() { ToolChoice::Auto } else { choice(body, &tools, shape)? },
        parallel_tool_calls: parallel.filter(|_| !tools.is_empty()),
        tools,
        format: format.map(|format| read_format(&format, shape)).transpose()?.flatten(),
    })
}

fn tools(body: &JsonObject<'_>, shape: Shape) -> Result<Vec<Tool>> {
    let items = body.list("tools")?.unwrap_or_default();
    if items.len() > AnswerOptions::MAX_TOOLS {
        let most = AnswerOptions::MAX_TOOLS;
        let detail = format!("expected at most {most} tools, got {}", items.len());
        return Err(Problem::invalid_field(body.pointer("tools"), detail));
    }
    let mut out = Vec::<Tool>::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let item = JsonObject::new(item, format!("/tools/{at}"))?;
        let kind = item.required_text("type")?;
        if kind != "function" {
            let detail = format!(
                "expected function, got {kind:.40?}: only functions that the client runs are offered here; switch the tool off in the client"
            );
            return Err(unsupported(item.pointer("type"), detail));
        }
        let function = inner(&item, "function", shape)?;
        let tool = tool(&function)?;
        if out.iter().any(|other| other.name == tool.name) {
            let detail = "expected another name: a tool of this name came before";
            return Err(Problem::invalid_field(function.pointer("name"), detail));
        }
        out.push(tool);
    }
    Ok(out)
}

/// Where the members of a tool or format are.
fn inner<'a>(item: &JsonObject<'a>, name: &str, shape: Shape) -> Result<JsonObject<'a>> {
    match shape {
        Shape::Flat => Ok(item.clone()),
        Shape::Nested => item.object(name)?.ok_or_else(|| {
            Problem::invalid_field(item.pointer(name), "expected an object, got nothing")
        }),
    }
}

fn tool(function: &JsonObject<'_>) -> Result<Tool> {
    let parameters = match function.get("parameters") {
        None => json!({ "type": "object", "properties": {} }),
        Some(parameters) => schema(parameters, function.pointer("parameters"))?,
    };
    Ok(Tool {
        name: name(function)?,
        description: description(function)?.unwrap_or_default(),
        parameters,
        strict: function.flag("strict")?,
    })
}

fn name(object: &JsonObject<'_>) -> Result<String> {
    let name = object.required_text("name")?;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_letter) {
        return Ok(name.to_owned());
    }
    let detail = format!("expected 1 to {MAX_NAME} of A-Z a-z 0-9 _ -");
    Err(Problem::invalid_field(object.pointer("name"), detail))
}

fn description(object: &JsonObject<'_>) -> Result<Option<String>> {
    let text = object.text("description")?;
    if text.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
        let detail = format!("expected at most {MAX_DESCRIPTION} characters");
        return Err(Problem::invalid_field(object.pointer("description"), detail));
    }
    Ok(text.map(str::to_owned))
}

fn schema(schema: &Value, pointer: String) -> Result<Value> {
    if !schema.is_object() {
        return Err(Problem::invalid_field(pointer, "expected a JSON schema, an object"));
    }
    if !is_within(schema, MAX_DEPTH) || schema.to_string().len() > MAX_SCHEMA {
        let detail =
            format!("expected a schema of at most {} KiB and {MAX_DEPTH} levels", MAX_SCHEMA >> 10);
        return Err(Problem::invalid_field(pointer, detail));
    }
    Ok(schema.clone())
}

/// Whether a value has at most so many levels.
fn is_within(value: &Value, levels: usize) -> bool {
    let Some(rest) = levels.checked_sub(1) else { return false };
    match value {
        Value::Array(items) => items.iter().all(|item| is_within(item, rest)),
        Value::Object(members) => members.values().all(|member| is_within(member, rest)),
        _ => true,
    }
}

fn choice(body: &JsonObject<'_>, tools: &[Tool], shape: Shape) -> Result<ToolChoice> {
    let pointer = body.pointer("tool_choice");
    match body.get("tool_choice") {
        None => Ok(ToolChoice::Auto),
        Some(Value::String(name)) => match name.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            other => {
                let detail =
                    format!("expected auto, none, required or a function, got {other:.40?}");
                Err(Problem::invalid_field(pointer, detail))
            }
        },
        Some(value) => {
            let choice = JsonObject::new(value, pointer)?;
            if choice.required_text("type")? != "function" {
                return Err(unsupported(choice.pointer("type"), "expected function"));
            }
            let function = inner(&choice, "function", shape)?;
            let name = name(&function)?;
            if tools.iter().any(|tool| tool.name == name) {
                return Ok(ToolChoice::Named(name));
            }
            let detail = "expected the name of one of the tools";
            Err(Problem::invalid_field(function.pointer("name"), detail))
        }
    }
}

fn read_format(format: &JsonObject<'_>, shape: Shape) -> Result<Option<AnswerFormat>> {
    match format.text("type")? {
        None | Some("text") => Ok(None),
        Some("json_object") => Ok(Some(AnswerFormat::JsonObject)),
        Some("json_schema") => {
            let inner = inner(format, "json_schema", shape)?;
            let given = inner.get("schema").ok_or_else(|| {
                let detail = "expected a JSON schema, got nothing";
                Problem::invalid_field(inner.pointer("schema"), detail)
            })?;
            Ok(Some(AnswerFormat::Schema(AnswerSchema {
                name: name(&inner)?,
                description: description(&inner)?,
                schema: schema(given, inner.pointer("schema"))?,
                strict: inner.flag("strict")?,
            })))
        }
        Some(other) => {
            let detail = format!("expected text, json_object or json_schema, got {other:.40?}");
            Err(unsupported(format.pointer("type"), detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value, shape: Shape) -> Result<AnswerOptions> {
        let body = JsonObject::of_body(body)?;
        let format = body.object("response_format")?;
        options(&body, format, shape)
    }

    fn function(name: &str, parameters: &Value) -> Value {
        let inner = json!({ "name": name, "description": "Looks up.", "parameters": parameters });
        json!({ "type": "function", "function": inner })
    }

    #[test]
    fn both_shapes_say_the_same() {
        let parameters = json!({ "type": "object" });
        let nested = json!({
            "tools": [function("look_up", &parameters)], "parallel_tool_calls": false,
            "tool_choice": { "type": "function", "function": { "name": "look_up" } },
            "response_format": { "type": "json_schema", "json_schema": { "name": "a", "schema": {}, "strict": true } },
        });
        let flat = json!({
            "tools": [{ "type": "function", "name": "look_up", "description": "Looks up.", "parameters": parameters }],
            "tool_choice": { "type": "function", "name": "look_up" }, "parallel_tool_calls": false,
            "response_format": { "type": "json_schema", "name": "a", "schema": {}, "strict": true },
        });
        let options = read(&nested, Shape::Nested).unwrap();
        assert_eq!(read(&flat, Shape::Flat).as_ref(), Ok(&options));
        assert_eq!(options.tool_choice, ToolChoice::Named("look_up".to_owned()));
        assert_eq!(
            (options.tools[0].name.as_str(), options.parallel_tool_calls),
            ("look_up", Some(false))
        );
        assert!(options.format.unwrap().schema().unwrap().strict);
    }

    #[test]
    fn what_asks_for_nothing_is_plain() {
        for body in [
            json!({}),
            json!({ "tools": [], "tool_choice": "required", "parallel_tool_calls": true }),
            json!({ "functions": [], "response_format": { "type": "text" } }),
        ] {
            assert!(read(&body, Shape::Nested).unwrap().is_plain(), "{body}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let object = json!({});
        let deep = (0..MAX_DEPTH).fold(json!(1), |inner, _| json!([inner]));
        let one = json!([function("f", &object)]);
        for (body, pointer) in [
            (json!({ "tools": vec![function("f", &object); 129] }), "/tools"),
            (
                json!({ "tools": [function("f", &object), function("f", &object)] }),
                "/tools/1/function/name",
            ),
            (json!({ "tools": [function("a b", &object)] }), "/tools/0/function/name"),
            (json!({ "tools": [function("f", &json!([]))] }), "/tools/0/function/parameters"),
            (
                json!({ "tools": [function("f", &json!({ "a": deep }))] }),
                "/tools/0/function/parameters",
            ),
            (
                json!({ "tools": [function("f", &json!({ "a": "x".repeat(MAX_SCHEMA) }))] }),
                "/tools/0/function/parameters",
            ),
            (json!({ "tools": [{ "type": "function" }] }), "/tools/0/function"),
            (json!({ "tools": [{ "type": "web_search" }] }), "/tools/0/type"),
            (json!({ "functions": [{}] }), "/functions"),
            (json!({ "tools": one, "tool_choice": "sometimes" }), "/tool_choice"),
            (json!({ "tools": one, "tool_choice": { "type": "custom" } }), "/tool_choice/type"),
            (
                json!({ "tools": one, "tool_choice": { "type": "function", "function": { "name": "g" } } }),
                "/tool_choice/function/name",
            ),
            (json!({ "response_format": { "type": "grammar" } }), "/response_format/type"),
            (
                json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "a" } } }),
                "/response_format/json_schema/schema",
            ),
        ] {
            let problem = read(&body, Shape::Nested).unwrap_err();
            assert_eq!(problem.fields[0].pointer, pointer);
        }
    }
}
