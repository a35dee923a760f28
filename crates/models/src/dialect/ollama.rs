//! Ollama's own API: one JSON document a line.

use serde_json::{Value, json};

use super::{
    AnswerFormat, ChatMessage, ChatRequest, Effort, EmbedRequest, FinishReason, Image, Part, Role,
    TokenUsage,
    answer::{AnswerState, CallFragment},
    json::{Body, count, items, text},
    openai_chat::{finish_reason, tool},
};
use crate::{ErrorKind, ProviderError};

pub(super) fn body(request: &ChatRequest) -> Result<Value, ProviderError> {
    let parameters = &request.parameters;
    let mut turns = Vec::new();
    for message in &request.messages {
        turns.extend(messages(message)?);
    }
    let mut options = Body::default();
    options
        .set_sampling(parameters.sampling)
        .set_some("num_predict", parameters.max_tokens)
        .set_items("stop", parameters.stop.iter().map(|stop| json!(stop)).collect());
    let mut body = Body::default();
    Ok(body
        .set("model", request.model.clone())
        .set("messages", turns)
        // It streams by default.
        .set("stream", request.stream)
        .set("options", options.finish())
        .set_some("think", parameters.effort.map(|effort| effort != Effort::None))
        .set_some("format", parameters.format.as_ref().map(format))
        .set_items("tools", request.tools.iter().map(tool).collect())
        .finish())
}

fn format(format: &AnswerFormat) -> Value {
    format.schema().map_or_else(|| json!("json"), |schema| schema.schema.clone())
}

pub(super) fn embed_body(request: &EmbedRequest) -> Value {
    let mut body = Body::default();
    // An input beyond the window is an error, not a different text.
    body.set("model", request.model.clone())
        .set("input", json!(request.texts))
        .set("truncate", false);
    body.set_some("dimensions", request.dimensions).finish()
}

fn messages(message: &ChatMessage) -> Result<Vec<Value>, ProviderError> {
    let mut out = Vec::new();
    let (mut images, mut calls) = (Vec::new(), Vec::new());
    for part in &message.parts {
        match part {
            Part::Image(Image::Data { base64, .. }) => images.push(json!(base64)),
            Part::Image(Image::Url(_)) => {
                let what = "expected the bytes of a picture, got its address, which Ollama does not fetch; attach the file";
                return Err(ProviderError::new(ErrorKind::Unsupported, what));
            }
            Part::ToolCall(call) => {
                calls.push(json!({ "function": { "name": call.name, "arguments": call.arguments_object() } }));
            }
            Part::ToolResult(result) => {
                out.push(
                    json!({ "role": "tool", "tool_name": result.name, "content": result.content }),
                );
            }
            Part::Text(_) | Part::Opaque(_) => {}
        }
    }
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let content = message.joined_text();
    if !content.is_empty() || !images.is_empty() || !calls.is_empty() {
        let mut body = Body::default();
        body.set("role", role)
            .set("content", content)
            .set_items("images", images)
            .set_items("tool_calls", calls);
        out.push(body.finish());
    }
    Ok(out)
}

/// Reads lines, or the one document of an answer that does not stream.
pub(super) struct Reader;

impl Reader {
    pub(super) fn read(&mut self, line: &Value, answer: &mut AnswerState) {
        answer.model(text(line, "model"));
        if let Some(message) = line.get("message") {
            answer.thinking(text(message, "thinking").unwrap_or_default());
            answer.text(text(message, "content").unwrap_or_default());
            for call in items(message, "tool_calls") {
                let function = call.get("function").unwrap_or(&Value::Null);
                let arguments =
                    function.get("arguments").filter(|args| args.is_object()).map(Value::to_string);
                answer.call(CallFragment {
                    key: answer.next_key(),
                    id: text(call, "id"),
                    name: text(function, "name"),
                    arguments: arguments.as_deref().unwrap_or("{}"),
                    opaque: None,
                });
            }
        }
        if line.get("done").and_then(Value::as_bool) == Some(true) {
            answer.usage(TokenUsage {
                prompt: count(line, "prompt_eval_count"),
                completion: count(line, "eval_count"),
                ..TokenUsage::default()
            });
            answer.finish(text(line, "done_reason").map_or(FinishReason::Stop, finish_reason));
            answer.close();
        }
    }
}
