//! Mistral: Chat Completions with a closed list of members; every other is refused with 422.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    ChatMessage, ChatRequest, Dialect, Effort, Part, ToolChoice,
    json::Body,
    openai_chat::{messages, response_format, tool},
};
use crate::Sampling;

/// Letters of a tool call's id; others are refused.
const ID_LETTERS: usize = 9;

pub(super) fn body(request: &ChatRequest) -> Value {
    let parameters = &request.parameters;
    let turns: Vec<Value> = request
        .messages
        .iter()
        .map(with_short_ids)
        .flat_map(|m| messages(&m, Dialect::Mistral))
        .collect();
    // Two levels only.
    let effort = parameters.effort.map(|effort| if effort > Effort::Low { "high" } else { "none" });
    let temperature = parameters.sampling.temperature.map(|t| t.clamp(0.0, 1.5));
    let mut body = Body::default();
    body.set("model", request.model.clone())
        .set("messages", turns)
        .set("stream", request.stream)
        .set_some("max_tokens", parameters.max_tokens)
        .set_sampling(Sampling { temperature, ..parameters.sampling })
        .set_some("reasoning_effort", effort)
        .set_some("response_format", parameters.format.as_ref().map(response_format))
        .set_items("stop", parameters.stop.iter().map(|stop| json!(stop)).collect())
        .set_items("tools", request.tools.iter().map(tool).collect());
    if !request.tools.is_empty() {
        body.set_some(
            "tool_choice",
            match &request.tool_choice {
                ToolChoice::Auto => None,
                ToolChoice::None => Some(json!("none")),
                ToolChoice::Required => Some(json!("any")),
                ToolChoice::Named(name) => {
                    Some(json!({ "type": "function", "function": { "name": name } }))
                }
            },
        )
        .set_some("parallel_tool_calls", request.parallel_tool_calls);
    }
    body.finish()
}

/// Ids that another provider made, shortened in calls and results alike.
fn with_short_ids(message: &ChatMessage) -> ChatMessage {
    let mut message = message.clone();
    for part in &mut message.parts {
        match part {
            Part::ToolCall(call) => call.id = short_id(&call.id),
            Part::ToolResult(result) => result.call_id = short_id(&result.call_id),
            _ => {}
        }
    }
    message
}

fn short_id(id: &str) -> String {
    if id.len() == ID_LETTERS && id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return id.to_owned();
    }
    kernel::hex::encode(&Sha256::digest(id)).chars().take(ID_LETTERS).collect()
}
