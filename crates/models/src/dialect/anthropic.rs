//! Anthropic Messages.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    AnswerFormat, ChatMessage, ChatRequest, Dialect, Effort, Endpoint, FinishReason, Image, Part,
    Role, ServiceTier, TokenUsage, Tool, ToolChoice,
    answer::{AnswerState, CallFragment},
    json::{Body, count, count_in, items, text},
};
use crate::Sampling;

pub(super) const VERSION: &str = "2023-06-01";
/// The answer's tokens where the caller names none: the member is required.
const DEFAULT_MAX_TOKENS: u32 = 8_192;
/// What says that the answer is a JSON object.
const JSON_ONLY: &str = "Answer with one JSON object and nothing else.";
/// The answer's tokens beside those of thoughts.
const BESIDE_THOUGHTS: u32 = 1_024;

pub(super) fn body(request: &ChatRequest, endpoint: &Endpoint) -> Value {
    let parameters = &request.parameters;
    let effort = parameters.effort.filter(|effort| *effort != Effort::None);
    let mut max_tokens = parameters.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
    let mut body = Body::default();
    let mut output = Body::default();
    if let Some(effort) = effort {
        if endpoint.thinks_by_budget {
            let budget = effort.budget_tokens();
            max_tokens = max_tokens.max(budget + BESIDE_THOUGHTS);
            body.set("thinking", json!({ "type": "enabled", "budget_tokens": budget }));
        } else {
            body.set("thinking", json!({ "type": "adaptive", "display": "summarized" }));
            output.set("effort", if effort == Effort::Minimal { "low" } else { effort.as_str() });
        }
    }
    let format = parameters.format.as_ref();
    output.set_some(
        "format",
        format
            .and_then(AnswerFormat::schema)
            .map(|schema| json!({ "type": "json_schema", "schema": schema.schema })),
    );
    let output = output.finish();
    body.set("model", request.model.clone())
        .set("max_tokens", max_tokens)
        .set("messages", turns(request))
        .set("stream", request.stream)
        .set_some("system", instructions(request))
        .set_some("output_config", Some(output).filter(|output| *output != json!({})))
        .set_items("stop_sequences", parameters.stop.iter().map(|stop| json!(stop)).collect());
    // A model that thinks takes no other temperature than its own.
    if effort.is_none() {
        let Sampling { temperature, top_p, .. } = parameters.sampling;
        body.set_some("temperature", temperature.map(|t| t.clamp(0.0, 1.0)));
        // Newer models refuse both at once.
        body.set_some("top_p", top_p.filter(|_| temperature.is_none()));
    }
    set_tools(&mut body, request);
    body.finish()
}

/// There is no form for any JSON object, so it is an instruction.
fn instructions(request: &ChatRequest) -> Option<String> {
    let given = request.instructions();
    match &request.parameters.format {
        Some(AnswerFormat::JsonObject) => {
            Some(given.map(|text| text + "\n\n").unwrap_or_default() + JSON_ONLY)
        }
        _ => given,
    }
}

fn set_tools(body: &mut Body, request: &ChatRequest) {
    let tool = |tool: &Tool| json!({ "name": tool.name, "description": tool.description, "input_schema": tool.parameters });
    if !request.tools.is_empty() {
        body.set("tools", request.tools.iter().map(tool).collect::<Vec<_>>())
            .set_some("tool_choice", tool_choice(request));
        return;
    }
    // Calls in earlier turns are refused without tools.
    let called = |name: &str| json!({ "name": name, "input_schema": { "type": "object" } });
    let called: Vec<Value> = request.called_tools().into_iter().map(called).collect();
    if !called.is_empty() {
        body.set("tools", called).set("tool_choice", json!({ "type": "none" }));
    }
}

fn tool_choice(request: &ChatRequest) -> Option<Value> {
    let one_at_a_time = request.parallel_tool_calls == Some(false);
    let mut choice = match &request.tool_choice {
        ToolChoice::Auto if !one_at_a_time => return None,
        ToolChoice::Auto => json!({ "type": "auto" }),
        ToolChoice::None => return Some(json!({ "type": "none" })),
        ToolChoice::Required => json!({ "type": "any" }),
        ToolChoice::Named(name) => json!({ "type": "tool", "name": name }),
    };
    if let (true, Some(members)) = (one_at_a_time, choice.as_object_mut()) {
        members.insert("disable_parallel_tool_use".to_owned(), true.into());
    }
    Some(choice)
}

/// Turns alternate: what one role says in several messages is one.
fn turns(request: &ChatRequest) -> Vec<Value> {
    let mut out: Vec<(Role, Vec<Value>)> = Vec::new();
    for message in request.turns() {
        let content = content(message);
        match out.last_mut() {
            Some((role, before)) if *role == message.role => before.extend(content),
            _ => out.push((message.role, content)),
        }
    }
    let name = |role| if role == Role::Assistant { "assistant" } else { "user" };
    out.retain(|(_, content)| !content.is_empty());
    out.into_iter()
        .map(|(role, content)| json!({ "role": name(role), "content": content }))
        .collect()
}

fn content(message: &ChatMessage) -> Vec<Value> {
    // Results of tools must come first.
    let is_result = |part: &&Part| matches!(part, Part::ToolResult(_));
    let (results, others) =
        (message.parts.iter().filter(is_result), message.parts.iter().filter(|p| !is_result(p)));
    results.chain(others).filter_map(block).collect()
}

fn block(part: &Part) -> Option<Value> {
    Some(match part {
        // An empty text is refused.
        Part::Text(text) if text.trim().is_empty() => return None,
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Image(Image::Data { media_type, base64 }) => {
            json!({ "type": "image", "source": { "type": "base64", "media_type": media_type, "data": base64 } })
        }
        Part::Image(Image::Url(url)) => {
            json!({ "type": "image", "source": { "type": "url", "url": url } })
        }
        Part::ToolCall(call) => {
            json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments_object() })
        }
        Part::ToolResult(result) => json!({
            "type": "tool_result", "tool_use_id": result.call_id, "content": result.content, "is_error": result.failed
        }),
        // Thoughts with their signature, unchanged.
        Part::Opaque(opaque) => opaque.data_for(Dialect::Anthropic)?.clone(),
    })
}

/// Reads events, or a whole message.
#[derive(Default)]
pub(super) struct Reader {
    blocks: BTreeMap<u64, Thoughts>,
    usage: Counts,
}

/// What a block costs beside its text: their number has a bound, too.
const BLOCK_BYTES: usize = 64;

/// A block of thoughts while it comes.
#[derive(Default)]
struct Thoughts {
    text: String,
    signature: String,
}

/// The counts as they come: each is cumulative, and the prompt is their sum.
#[derive(Clone, Copy, Default)]
struct Counts {
    input: u64,
    read: u64,
    written: u64,
    written_hour: u64,
    output: u64,
    thoughts: u64,
    tier: ServiceTier,
}

impl Reader {
    pub(super) fn read(&mut self, value: &Value, answer: &mut AnswerState) {
        let index = count(value, "index");
        match text(value, "type") {
            Some("message_start") => {
                let message = value.get("message").unwrap_or(&Value::Null);
                answer.model(text(message, "model"));
                self.count(message, answer);
            }
            Some("content_block_start") => {
                if let Some(block) = value.get("content_block") {
                    self.start_block(index, block, answer);
                }
            }
            Some("content_block_delta") => {
                if let Some(delta) = value.get("delta") {
                    self.read_delta(index, delta, answer);
                }
            }
            Some("content_block_stop") => self.stop_block(index, answer),
            Some("message_delta") => {
                self.count(value, answer);
                if let Some(reason) =
                    value.get("delta").and_then(|delta| text(delta, "stop_reason"))
                {
                    answer.finish(stop_reason(reason));
                }
            }
            Some("message_stop") => {
                if !answer.is_finished() {
                    answer.finish(FinishReason::Stop);
                }
                answer.close();
            }
            Some("message") => self.read_whole(value, answer),
            // `ping`, and what is added after today.
            _ => {}
        }
    }

    fn start_block(&mut self, index: u64, block: &Value, answer: &mut AnswerState) {
        match text(block, "type") {
            Some("text") => answer.text(text(block, "text").unwrap_or_default()),
            Some("tool_use") => {
                answer.call(CallFragment {
                    key: index,
                    id: text(block, "id"),
                    name: text(block, "name"),
                    ..CallFragment::default()
                });
            }
            Some("thinking") => {
                answer.thinking(text(block, "thinking").unwrap_or_default());
                self.blocks.insert(
                    index,
                    Thoughts {
                        text: text(block, "thinking").unwrap_or_default().to_owned(),
                        signature: text(block, "signature").unwrap_or_default().to_owned(),
                    },
                );
            }
            Some("redacted_thinking") => answer.opaque(block.clone()),
            _ => {}
        }
    }

    fn read_delta(&mut self, index: u64, delta: &Value, answer: &mut AnswerState) {
        match text(delta, "type") {
            Some("text_delta") => answer.text(text(delta, "text").unwrap_or_default()),
            Some("thinking_delta") => {
                let thoughts = text(delta, "thinking").unwrap_or_default();
                answer.thinking(thoughts);
                if answer.take_bytes(thoughts.len() + BLOCK_BYTES) {
                    self.blocks.entry(index).or_default().text.push_str(thoughts);
                }
            }
            Some("signature_delta") => {
                let signature = text(delta, "signature").unwrap_or_default();
                if answer.take_bytes(signature.len() + BLOCK_BYTES) {
                    self.blocks.entry(index).or_default().signature.push_str(signature);
                }
            }
            Some("input_json_delta") => {
                let arguments = text(delta, "partial_json").unwrap_or_default();
                answer.call(CallFragment { key: index, arguments, ..CallFragment::default() });
            }
            _ => {}
        }
    }

    fn stop_block(&mut self, index: u64, answer: &mut AnswerState) {
        if let Some(Thoughts { text, signature }) = self.blocks.remove(&index) {
            // Without a signature it cannot go back.
            if !signature.is_empty() {
                answer.opaque(
                    json!({ "type": "thinking", "thinking": text, "signature": signature }),
                );
            }
        }
        if answer.arguments_of(index) == Some(0) {
            answer.call(CallFragment { key: index, arguments: "{}", ..CallFragment::default() });
        }
    }

    fn read_whole(&mut self, message: &Value, answer: &mut AnswerState) {
        answer.model(text(message, "model"));
        for (index, block) in (0..).zip(items(message, "content")) {
            self.start_block(index, block, answer);
            if let Some(input) = block.get("input").filter(|input| input.is_object()) {
                answer.call(CallFragment {
                    key: index,
                    arguments: &input.to_string(),
                    ..CallFragment::default()
                });
            }
            self.stop_block(index, answer);
        }
        self.count(message, answer);
        answer.finish(stop_reason(text(message, "stop_reason").unwrap_or("end_turn")));
    }

    fn count(&mut self, message: &Value, answer: &mut AnswerState) {
        let Some(usage) = message.get("usage").filter(|usage| usage.is_object()) else { return };
        let (counts, most) =
            (&mut self.usage, |known: &mut u64, new: u64| *known = (*known).max(new));
        most(&mut counts.input, count(usage, "input_tokens"));
        most(&mut counts.read, count(usage, "cache_read_input_tokens"));
        most(&mut counts.written, count(usage, "cache_creation_input_tokens"));
        most(
            &mut counts.written_hour,
            count_in(usage, "cache_creation", "ephemeral_1h_input_tokens"),
        );
        most(&mut counts.output, count(usage, "output_tokens"));
        most(&mut counts.thoughts, count_in(usage, "output_tokens_details", "thinking_tokens"));
        if let Some(tier) = text(usage, "service_tier") {
            counts.tier = ServiceTier::named(tier);
        }
        answer.usage(TokenUsage {
            prompt: counts.input + counts.read + counts.written,
            cached_read: counts.read,
            cached_write: counts.written,
            cached_write_hour: counts.written_hour.min(counts.written),
            completion: counts.output,
            reasoning: counts.thoughts,
            tier: counts.tier,
            ..TokenUsage::default()
        });
    }
}

fn stop_reason(reason: &str) -> FinishReason {
    match reason {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::Refusal,
        "pause_turn" => FinishReason::Paused,
        other => FinishReason::Other(other.chars().take(60).collect()),
    }
}
