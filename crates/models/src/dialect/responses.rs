//! OpenAI Responses, stateless: the conversation goes along each time, nothing is stored at the
//! provider.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    AnswerFormat, ChatMessage, ChatRequest, Dialect, Effort, FinishReason, Part, Role, ServiceTier,
    TokenUsage, ToolChoice,
    answer::{AnswerState, CallFragment},
    json::{Body, items, text},
    openai_chat::{answer_schema, token_usage},
};
use crate::{ErrorKind, ProviderError};

pub(super) fn body(request: &ChatRequest) -> Value {
    let parameters = &request.parameters;
    let input: Vec<Value> = request.turns().flat_map(items_of).collect();
    let mut body = Body::default();
    body.set("model", request.model.clone())
        .set("input", input)
        .set("stream", request.stream)
        .set("store", false)
        .set_some("instructions", request.instructions())
        .set_some("max_output_tokens", parameters.max_tokens)
        .set_sampling(parameters.sampling);
    if let Some(effort) = parameters.effort {
        body.set("reasoning", json!({ "effort": effort.as_str(), "summary": "auto" }));
        // Models that do not think refuse to be asked for it.
        if effort != Effort::None {
            body.set("include", json!(["reasoning.encrypted_content"]));
        }
    }
    if let Some(format) = &parameters.format {
        body.set("text", json!({ "format": text_format(format) }));
    }
    let tools = request.tools.iter().map(|tool| {
        json!({
            "type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters,
            "strict": tool.strict
        })
    });
    body.set_items("tools", tools.collect());
    if !request.tools.is_empty() {
        body.set_some(
            "tool_choice",
            match &request.tool_choice {
                ToolChoice::Auto => None,
                ToolChoice::None => Some(json!("none")),
                ToolChoice::Required => Some(json!("required")),
                ToolChoice::Named(name) => Some(json!({ "type": "function", "name": name })),
            },
        )
        .set_some("parallel_tool_calls", request.parallel_tool_calls);
    }
    body.finish()
}

fn text_format(format: &AnswerFormat) -> Value {
    let AnswerFormat::Schema(schema) = format else { return json!({ "type": "json_object" }) };
    let mut out = answer_schema(schema);
    if let Some(members) = out.as_object_mut() {
        members.insert("type".to_owned(), "json_schema".into());
    }
    out
}

/// The items of a message, in order: texts and pictures that follow each other are one.
fn items_of(message: &ChatMessage) -> Vec<Value> {
    let (role, kind) = if message.role == Role::Assistant {
        ("assistant", "output_text")
    } else {
        ("user", "input_text")
    };
    let (mut out, mut content) = (Vec::new(), Vec::new());
    let flush = |content: &mut Vec<Value>, out: &mut Vec<Value>| {
        if !content.is_empty() {
            out.push(
                json!({ "type": "message", "role": role, "content": std::mem::take(content) }),
            );
        }
    };
    for part in &message.parts {
        let item = match part {
            Part::Text(text) => {
                content.push(json!({ "type": kind, "text": text }));
                continue;
            }
            Part::Image(image) => {
                content.push(json!({ "type": "input_image", "image_url": image.as_url() }));
                continue;
            }
            Part::ToolCall(call) => json!({
                "type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments
            }),
            Part::ToolResult(result) => {
                json!({ "type": "function_call_output", "call_id": result.call_id, "output": result.content })
            }
            Part::Opaque(opaque) => match opaque.data_for(Dialect::OpenAiResponses) {
                Some(data) => data.clone(),
                None => continue,
            },
        };
        flush(&mut content, &mut out);
        out.push(item);
    }
    flush(&mut content, &mut out);
    out
}

/// Reads events, or a whole response.
#[derive(Default)]
pub(super) struct Reader {
    /// Output items whose text came in deltas; a server that sends none has it in the item alone.
    with_deltas: BTreeSet<u64>,
}

impl Reader {
    pub(super) fn read(&mut self, event: &Value, answer: &mut AnswerState) {
        let index = event.get("output_index").and_then(Value::as_u64).unwrap_or(0);
        let delta = text(event, "delta").unwrap_or_default();
        match text(event, "type") {
            Some("response.created" | "response.in_progress") => {
                answer.model(event.get("response").and_then(|response| text(response, "model")));
            }
            Some("response.output_text.delta" | "response.refusal.delta") => {
                self.note_delta(index, answer);
                answer.text(delta);
            }
            Some("response.reasoning_summary_text.delta" | "response.reasoning_text.delta") => {
                answer.thinking(delta)
            }
            // Paragraphs of a summary.
            Some("response.reasoning_summary_part.added")
                if event.get("summary_index").and_then(Value::as_u64) > Some(0) =>
            {
                answer.thinking("\n\n");
            }
            Some("response.output_item.added") => {
                if let Some(item) =
                    event.get("item").filter(|item| text(item, "type") == Some("function_call"))
                {
                    start_call(index, item, answer);
                }
            }
            Some("response.function_call_arguments.delta") => {
                answer.call(CallFragment {
                    key: index,
                    arguments: delta,
                    ..CallFragment::default()
                });
            }
            Some("response.output_item.done") => {
                if let Some(item) = event.get("item") {
                    self.read_item(index, item, answer);
                }
            }
            Some("response.completed" | "response.incomplete" | "response.failed") => {
                end(event.get("response").unwrap_or(&Value::Null), answer);
                answer.close();
            }
            // A whole response, which is no event.
            None | Some(_) if text(event, "object") == Some("response") => {
                answer.model(text(event, "model"));
                for (index, item) in (0..).zip(items(event, "output")) {
                    self.read_item(index, item, answer);
                }
                end(event, answer);
            }
            _ => {}
        }
    }

    fn note_delta(&mut self, index: u64, answer: &mut AnswerState) {
        if !self.with_deltas.contains(&index) && answer.take_bytes(64) {
            self.with_deltas.insert(index);
        }
    }

    /// An output item that is complete.
    fn read_item(&mut self, index: u64, item: &Value, answer: &mut AnswerState) {
        match text(item, "type") {
            Some("message") if !self.with_deltas.contains(&index) => {
                for part in items(item, "content") {
                    answer.text(
                        text(part, "text").or_else(|| text(part, "refusal")).unwrap_or_default(),
                    );
                }
            }
            Some("function_call") => {
                if answer.arguments_of(index).is_none() {
                    start_call(index, item, answer);
                }
                if answer.arguments_of(index) == Some(0) {
                    let arguments = text(item, "arguments").unwrap_or("{}");
                    answer.call(CallFragment { key: index, arguments, ..CallFragment::default() });
                }
            }
            // Only the item that is done may be sent back: before, its content may be incomplete.
            Some("reasoning") if text(item, "encrypted_content").is_some() => {
                answer.opaque(item.clone())
            }
            _ => {}
        }
    }
}

fn start_call(index: u64, item: &Value, answer: &mut AnswerState) {
    let id = text(item, "call_id").or_else(|| text(item, "id"));
    answer.call(CallFragment {
        key: index,
        id,
        name: text(item, "name"),
        ..CallFragment::default()
    });
}

fn end(response: &Value, answer: &mut AnswerState) {
    if let Some(usage) = response.get("usage").filter(|usage| usage.is_object()) {
        let tier = text(response, "service_tier").map(ServiceTier::named).unwrap_or_default();
        answer.usage(TokenUsage { tier, ..token_usage(usage) });
    }
    match text(response, "status") {
        Some("failed" | "cancelled") => {
            answer.fail(match response.get("error").filter(|error| error.is_object()) {
                Some(error) => ProviderError::from_object(error),
                None => {
                    ProviderError::new(ErrorKind::Server, "the response failed without a reason")
                }
            })
        }
        Some("incomplete") => {
            let reason = response.get("incomplete_details").and_then(|why| text(why, "reason"));
            let is_filter = reason == Some("content_filter");
            answer.finish(if is_filter {
                FinishReason::ContentFilter
            } else {
                FinishReason::Length
            });
        }
        _ => answer.finish(FinishReason::Stop),
    }
}
