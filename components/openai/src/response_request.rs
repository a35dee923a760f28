//! The body of `POST /openai/v1/responses`, as far as nothing has to be stored for it.

use kernel::{Problem, Result};
use serde_json::Value;

use crate::{
    dialogue::{self, ChatMessage, Messages, Speaker},
    json_object::{JsonObject, kind, unsupported},
    parameters::{self, Parameters},
};

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ResponseRequest {
    pub(crate) parameters: Parameters,
    pub(crate) instructions: Option<String>,
    /// The instructions first.
    pub(crate) messages: Messages,
}

impl ResponseRequest {
    /// Members that nobody knows are ignored, as are `store` (nothing is), `include`, `reasoning`
    /// and `truncation`.
    ///
    /// # Errors
    /// `invalid_body`; with `unsupported_parameter` for what is known and not offered.
    pub(crate) fn read(body: &Value) -> Result<Self> {
        let body = JsonObject::of_body(body)?;
        for name in ["previous_response_id", "conversation", "prompt"] {
            if body.get(name).is_some() {
                let detail = "nothing is stored here that it could name; send the whole conversation as input";
                return Err(unsupported(body.pointer(name), detail));
            }
        }
        if body.flag("background")? {
            return Err(unsupported(
                body.pointer("background"),
                "expected false: nothing is stored here; use stream",
            ));
        }
        let text = body.object("text")?;
        parameters::refuse_format(text.map(|text| text.object("format")).transpose()?.flatten())?;
        let instructions = body.text("instructions")?.map(str::to_owned);
        let first = instructions
            .iter()
            .map(|it| ChatMessage { speaker: Speaker::System, content: it.clone() });
        Ok(Self {
            parameters: Parameters::read(&body, &["max_output_tokens"])?,
            messages: Messages { items: first.chain(input(&body)?).collect(), pointer: "/input" },
            instructions,
        })
    }
}

fn input(body: &JsonObject<'_>) -> Result<Vec<ChatMessage>> {
    match body.get("input") {
        Some(Value::String(text)) => {
            Ok(vec![ChatMessage { speaker: Speaker::User, content: text.clone() }])
        }
        Some(Value::Array(items)) => {
            let read = items
                .iter()
                .enumerate()
                .map(|(at, item)| item_message(item, format!("/input/{at}")));
            read.filter_map(Result::transpose).collect()
        }
        other => {
            let got = other.map_or("nothing", kind);
            Err(Problem::invalid_field(
                "/input",
                format!("expected a string or an array of items, got {got}"),
            ))
        }
    }
}

/// None: an item that says nothing to a model without tools.
fn item_message(item: &Value, pointer: String) -> Result<Option<ChatMessage>> {
    let item = JsonObject::new(item, pointer)?;
    match item.text("type")? {
        None | Some("message") => Ok(Some(ChatMessage {
            speaker: dialogue::speaker(&item)?,
            content: dialogue::content(&item)?,
        })),
        Some("function_call_output" | "custom_tool_call_output") => {
            let content = item.text("output")?.unwrap_or_default().to_owned();
            Ok(Some(ChatMessage { speaker: Speaker::Tool, content }))
        }
        Some("function_call" | "custom_tool_call" | "reasoning") => Ok(None),
        Some(other) => {
            let detail = format!("expected message or function_call_output, got {other:.40?}");
            Err(unsupported(item.pointer("type"), detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(member: &str, value: &Value) -> Result<ResponseRequest> {
        let mut body = json!({ "model": "m", "input": "Hi" });
        body[member] = value.clone();
        ResponseRequest::read(&body)
    }

    #[test]
    fn a_text_is_a_question_and_instructions_come_first() {
        let read = with("instructions", &json!("Be brief.")).unwrap();
        let texts: Vec<(Speaker, &str)> =
            read.messages.items.iter().map(|it| (it.speaker, it.content.as_str())).collect();
        assert_eq!(texts, [(Speaker::System, "Be brief."), (Speaker::User, "Hi")]);
    }

    #[test]
    fn items_are_read_as_agents_send_them() {
        let input = json!([
            { "type": "message", "role": "developer", "content": [{ "type": "input_text", "text": "a" }] },
            { "role": "user", "content": "b" },
            { "type": "reasoning", "id": "r", "summary": [] },
            { "type": "function_call", "name": "f", "arguments": "{}", "call_id": "1" },
            { "type": "function_call_output", "call_id": "1", "output": "c" },
            { "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "d", "annotations": [] }] },
            { "role": "user", "content": "e" },
        ]);
        let read = with("input", &input).unwrap().messages.items;
        assert_eq!(
            read.iter().map(|it| it.content.as_str()).collect::<Vec<_>>(),
            ["a", "b", "c", "d", "e"]
        );
    }

    #[test]
    fn what_would_have_to_be_stored_is_refused_by_name() {
        for (member, value) in [
            ("previous_response_id", json!("resp_1")),
            ("conversation", json!("conv_1")),
            ("prompt", json!({ "id": "p" })),
            ("background", json!(true)),
            ("tools", json!([{ "type": "web_search" }])),
            ("input", json!([{ "type": "item_reference", "id": "x" }])),
            ("text", json!({ "format": { "type": "json_schema" } })),
        ] {
            let problem = with(member, &value).unwrap_err();
            assert_eq!(problem.protocol_code(), Some("unsupported_parameter"), "{member}");
            assert!(problem.fields[0].pointer.starts_with(&format!("/{member}")), "{problem}");
        }
        for ignored in ["store", "include", "reasoning", "truncation", "no_such_member"] {
            assert!(with(ignored, &json!({})).is_ok(), "{ignored}");
        }
        assert_eq!(with("input", &json!(7)).unwrap_err().fields[0].pointer, "/input");
    }
}
