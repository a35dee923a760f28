//! The body of `POST /openai/v1/responses`, as far as nothing has to be stored for it.

use kernel::{Problem, Result};
use models::Part;
use serde_json::Value;

use crate::{
    content::{self, Pictures},
    dialogue::{self, ChatMessage, Messages, Speaker},
    json_object::{JsonObject, kind, unsupported},
    parameters::Parameters,
    tool_calls,
    tools::{self, Shape},
};

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ResponseRequest {
    pub(crate) parameters: Parameters,
    pub(crate) instructions: Option<String>,
    /// The instructions first.
    pub(crate) messages: Messages,
    /// Members that the response repeats.
    pub(crate) echo: Vec<(&'static str, Value)>,
}

impl ResponseRequest {
    /// Members that no one knows are ignored, as are `store` (nothing is), `include`, `reasoning`
    /// and `truncation`. `bytes`: of the body.
    ///
    /// # Errors
    /// `invalid_body`; with `unsupported_parameter` for what is known and not offered.
    pub(crate) fn read(body: &Value, bytes: usize) -> Result<Self> {
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
        let format = text.map(|text| text.object("format")).transpose()?.flatten();
        let options = tools::options(&body, format, Shape::Flat)?;
        let instructions = body.text("instructions")?.map(str::to_owned);
        let mut input = Input::default();
        input.items.extend(instructions.iter().map(|it| ChatMessage::text(Speaker::System, it)));
        input.read(&body)?;
        input.pictures.check_rest(bytes)?;
        let echo = ["tools", "tool_choice", "parallel_tool_calls", "text"];
        Ok(Self {
            parameters: Parameters::read(&body, &["max_output_tokens"], options)?,
            messages: Messages {
                items: input.items,
                picture: input.pictures.first,
                pointer: "/input",
            },
            instructions,
            echo: echo
                .into_iter()
                .filter_map(|name| Some((name, body.get(name)?.clone())))
                .collect(),
        })
    }
}

/// The conversation while it is read.
#[derive(Default)]
struct Input {
    items: Vec<ChatMessage>,
    pictures: Pictures,
}

impl Input {
    fn read(&mut self, body: &JsonObject<'_>) -> Result<()> {
        match body.get("input") {
            Some(Value::String(text)) => {
                self.items.push(ChatMessage::text(Speaker::User, text));
                Ok(())
            }
            Some(Value::Array(items)) => {
                dialogue::check_count(items.len(), "/input")?;
                items
                    .iter()
                    .enumerate()
                    .try_for_each(|(at, item)| self.add(item, format!("/input/{at}")))
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

    fn add(&mut self, item: &Value, pointer: String) -> Result<()> {
        let item = JsonObject::new(item, pointer)?;
        match item.text("type")? {
            None | Some("message") => {
                self.items.push(ChatMessage::read(&item, &mut self.pictures)?);
            }
            Some("function_call") => self.add_call(tool_calls::call(&item, "call_id", &item)?),
            Some("function_call_output" | "custom_tool_call_output") => {
                let content = content::read(&item, "output", &mut self.pictures)?;
                let parts = tool_calls::result(&item, "call_id", content)?;
                self.items.push(ChatMessage { speaker: Speaker::Tool, parts });
            }
            // Thoughts of a model, which only its provider could read; calls of tools that are not
            // offered here.
            Some("custom_tool_call" | "reasoning") => {}
            Some(other) => {
                let detail = format!(
                    "expected message, function_call or function_call_output, got {other:.40?}"
                );
                return Err(unsupported(item.pointer("type"), detail));
            }
        }
        Ok(())
    }

    /// Calls belong to what the model said before them.
    fn add_call(&mut self, call: Part) {
        match self.items.last_mut() {
            Some(last) if last.speaker == Speaker::Assistant => last.parts.push(call),
            _ => {
                self.items.push(ChatMessage { speaker: Speaker::Assistant, parts: vec![call] });
            }
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
        ResponseRequest::read(&body, 0)
    }

    #[test]
    fn a_text_is_a_question_and_instructions_come_first() {
        let read = with("instructions", &json!("Be brief.")).unwrap();
        let expected = [(Speaker::System, "Be brief."), (Speaker::User, "Hi")]
            .map(|(speaker, text)| ChatMessage::text(speaker, text));
        assert_eq!(read.messages.items, expected);
    }

    #[test]
    fn items_are_read_as_agents_send_them() {
        let input = json!([
            { "type": "message", "role": "developer", "content": [{ "type": "input_text", "text": "a" }] },
            { "role": "user", "content": "b" },
            { "type": "reasoning", "id": "r", "summary": [] },
            { "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "x" }] },
            { "type": "function_call", "name": "f", "arguments": "{}", "call_id": "1" },
            { "type": "function_call", "name": "g", "arguments": "{}", "call_id": "2" },
            { "type": "function_call_output", "call_id": "1", "output": "c" },
            { "type": "function_call_output", "call_id": "2", "output": [{ "type": "input_text", "text": "cc" }] },
            { "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "d", "annotations": [] }] },
            { "role": "user", "content": "e" },
        ]);
        let read = with("input", &input).unwrap().messages.items;
        assert_eq!(
            read.iter().map(ChatMessage::words).collect::<Vec<_>>(),
            ["a", "b", "x", "c", "cc", "d", "e"]
        );
        assert_eq!(read[2].parts.len(), 3, "calls belong to the message before them");
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
            ("text", json!({ "format": { "type": "grammar" } })),
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
