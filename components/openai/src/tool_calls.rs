//! Calls of tools: those of earlier turns as clients send them, and those that a model makes now.

use kernel::{Problem, Result};
use models::{Part, ToolCall, ToolCallDelta, ToolResult};
use serde_json::{Value, json};

use crate::{
    cutter::Cutter,
    json_object::{JsonObject, unsupported},
};

/// The most calls of one message.
const MAX_CALLS: usize = 128;
/// Letters of an id, and of the name of a tool that was called.
const MAX_ID: usize = 200;
/// Bytes of the arguments of a call.
const MAX_ARGUMENTS: usize = 256 << 10;

/// The calls of an assistant's message in `/chat/completions`.
///
/// # Errors
/// `invalid_body`; with `unsupported_parameter` for calls of other tools than functions.
pub(crate) fn of_message(message: &JsonObject<'_>) -> Result<Vec<Part>> {
    let items = message.list("tool_calls")?.unwrap_or_default();
    if items.len() > MAX_CALLS {
        let detail = format!("expected at most {MAX_CALLS} calls, got {}", items.len());
        return Err(Problem::invalid_field(message.pointer("tool_calls"), detail));
    }
    let read = |(at, item): (usize, &Value)| {
        let item = JsonObject::new(item, format!("{}/{at}", message.pointer("tool_calls")))?;
        if item.text("type")?.is_some_and(|kind| kind != "function") {
            return Err(unsupported(item.pointer("type"), "expected function"));
        }
        let function = item.object("function")?.ok_or_else(|| {
            Problem::invalid_field(item.pointer("function"), "expected an object, got nothing")
        })?;
        call(&item, "id", &function)
    };
    items.iter().enumerate().map(read).collect()
}

/// A call; `id`: the member that names it.
///
/// # Errors
/// `invalid_body`.
pub(crate) fn call(item: &JsonObject<'_>, id: &str, function: &JsonObject<'_>) -> Result<Part> {
    let arguments = function.required_text("arguments")?;
    if arguments.len() > MAX_ARGUMENTS {
        let detail = format!("expected at most {} KiB", MAX_ARGUMENTS >> 10);
        return Err(Problem::invalid_field(function.pointer("arguments"), detail));
    }
    Ok(Part::ToolCall(ToolCall {
        id: bounded(item, id)?,
        name: bounded(function, "name")?,
        arguments: arguments.to_owned(),
        opaque: None,
    }))
}

/// What a tool answered: its texts, and behind them its pictures. `id`: the member that names the
/// call.
///
/// # Errors
/// `invalid_body`.
pub(crate) fn result(item: &JsonObject<'_>, id: &str, content: Vec<Part>) -> Result<Vec<Part>> {
    let call_id = if item.get(id).is_some() { bounded(item, id)? } else { String::new() };
    let (texts, pictures): (Vec<Part>, Vec<Part>) =
        content.into_iter().partition(|part| matches!(part, Part::Text(_)));
    let texts = texts.into_iter().filter_map(|part| match part {
        Part::Text(text) => Some(text),
        _ => None,
    });
    let content = texts.collect::<Vec<_>>().join("\n");
    let result = ToolResult { call_id, name: String::new(), content, failed: false };
    Ok(std::iter::once(Part::ToolResult(result)).chain(pictures).collect())
}

fn bounded(object: &JsonObject<'_>, name: &str) -> Result<String> {
    let text = object.required_text(name)?;
    if (1..=MAX_ID).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(Problem::invalid_field(object.pointer(name), format!("expected 1 to {MAX_ID} bytes")))
}

/// The calls of an answer so far.
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct ToolCalls(Vec<ToolCall>);

impl ToolCalls {
    /// Adds a fragment, as far as the answer may be long; gives what is new. The first fragment of
    /// a call has its id.
    pub(crate) fn push(&mut self, delta: ToolCallDelta, cutter: &mut Cutter) -> ToolCallDelta {
        let arguments = cutter.push_arguments(&delta.arguments);
        let index = delta.index.min(self.0.len());
        let is_new = index == self.0.len();
        if is_new {
            let id = delta.id.unwrap_or_else(|| format!("call_{index}"));
            self.0.push(ToolCall {
                id,
                name: String::new(),
                arguments: String::new(),
                opaque: None,
            });
        }
        let mut id = None;
        if let Some(call) = self.0.get_mut(index) {
            call.name.push_str(delta.name.as_deref().unwrap_or_default());
            call.arguments.push_str(&arguments);
            id = is_new.then(|| call.id.clone());
        }
        ToolCallDelta { index, id, name: delta.name, arguments, opaque: None }
    }

    pub(crate) fn as_slice(&self) -> &[ToolCall] {
        &self.0
    }

    /// As a message of `/chat/completions` has them.
    pub(crate) fn of_chat(&self) -> Vec<Value> {
        let one = |call: &ToolCall| {
            let function = json!({ "name": call.name, "arguments": call.arguments });
            json!({ "id": call.id, "type": "function", "function": function })
        };
        self.0.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(index: usize, id: Option<&str>, name: Option<&str>, arguments: &str) -> ToolCallDelta {
        let (id, name) = (id.map(str::to_owned), name.map(str::to_owned));
        ToolCallDelta { index, id, name, arguments: arguments.to_owned(), opaque: None }
    }

    #[test]
    fn fragments_become_calls_and_only_the_first_has_the_id() {
        let (mut calls, mut cutter) = (ToolCalls::default(), Cutter::default());
        let mut push = |delta| calls.push(delta, &mut cutter).id;
        assert_eq!(push(delta(0, Some("a"), Some("f"), "{\"x\"")).as_deref(), Some("a"));
        assert_eq!(push(delta(1, None, Some("g"), "{}")).as_deref(), Some("call_1"));
        assert_eq!(push(delta(0, Some("other"), None, ":1}")), None);
        assert_eq!(calls.0[0].arguments, "{\"x\":1}");
        assert_eq!(calls.of_chat()[1]["function"], json!({ "name": "g", "arguments": "{}" }));
    }

    #[test]
    fn arguments_count_as_length() {
        let (mut calls, mut cutter) = (ToolCalls::default(), Cutter::new(&[], Some(1)));
        let cut = calls.push(delta(0, Some("a"), Some("f"), "{\"x\":1}"), &mut cutter);
        assert_eq!((cut.arguments.as_str(), cutter.cut().is_some()), ("{\"x\"", true));
    }

    #[test]
    fn a_call_has_bounds() {
        let read = |id: &str, arguments: String| {
            let function = json!({ "name": "f", "arguments": arguments });
            let message =
                json!({ "tool_calls": [{ "id": id, "type": "function", "function": function }] });
            of_message(&JsonObject::new(&message, "/m".to_owned()).unwrap())
        };
        assert!(read("a", "{}".to_owned()).is_ok());
        for (id, arguments, pointer) in [
            ("", String::new(), "/m/tool_calls/0/id"),
            ("a", "x".repeat(MAX_ARGUMENTS + 1), "/m/tool_calls/0/function/arguments"),
        ] {
            assert_eq!(read(id, arguments).unwrap_err().fields[0].pointer, pointer);
        }
    }
}
