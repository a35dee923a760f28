//! OpenAI Chat Completions, and every server that speaks like it: vLLM, Ollama, LiteLLM,
//! OpenRouter, Berget, LM Studio, TGI.

use serde_json::{Value, json};

use super::{
    AnswerFormat, AnswerSchema, ChatMessage, ChatRequest, Dialect, Endpoint, FinishReason, Opaque,
    Part, Role, ServiceTier, TokenUsage, Tool, ToolChoice,
    answer::{AnswerState, CallFragment},
    json::{Body, count, count_in, items, text},
};
use crate::{ErrorKind, ProviderError};

/// The member that OpenRouter wants back with the message.
const REASONING_DETAILS: &str = "reasoning_details";

/// The body of a request.
pub(super) fn body(request: &ChatRequest, endpoint: &Endpoint) -> Value {
    let parameters = &request.parameters;
    let messages: Vec<Value> =
        request.messages.iter().flat_map(|m| messages(m, endpoint.dialect)).collect();
    let mut body = Body::default();
    body.set("model", request.model.clone())
        .set("messages", messages)
        .set("stream", request.stream);
    if request.stream && endpoint.counts_on_request() {
        body.set("stream_options", json!({ "include_usage": true }));
    }
    // OpenAI's reasoning models refuse the old name; older servers do not know the new one and
    // would write without a bound.
    let limit = if endpoint.dialect == Dialect::Compatible {
        "max_tokens"
    } else {
        "max_completion_tokens"
    };
    let other = if limit == "max_tokens" { "max_completion_tokens" } else { "max_tokens" };
    body.set_some(
        if endpoint.refused.contains(limit) { other } else { limit },
        parameters.max_tokens,
    )
    .set_sampling(parameters.sampling)
    .set_some("reasoning_effort", parameters.effort.map(super::Effort::as_str))
    .set_some("response_format", parameters.format.as_ref().map(response_format))
    .set_items("stop", parameters.stop.iter().map(|stop| json!(stop)).collect())
    .set_items("tools", request.tools.iter().map(tool).collect());
    if !request.tools.is_empty() {
        body.set_some("tool_choice", tool_choice(&request.tool_choice))
            .set_some("parallel_tool_calls", request.parallel_tool_calls);
    }
    body.finish()
}

pub(super) fn response_format(format: &AnswerFormat) -> Value {
    match format {
        AnswerFormat::JsonObject => json!({ "type": "json_object" }),
        AnswerFormat::Schema(schema) => {
            json!({ "type": "json_schema", "json_schema": answer_schema(schema) })
        }
    }
}

/// Name, schema and strictness, as both of OpenAI's APIs have them.
pub(super) fn answer_schema(schema: &AnswerSchema) -> Value {
    let mut out = Body::default();
    out.set("name", schema.name.clone())
        .set("schema", schema.schema.clone())
        .set("strict", schema.strict)
        .set_some("description", schema.description.clone());
    out.finish()
}

pub(super) fn tool(tool: &Tool) -> Value {
    let mut function = Body::default();
    function
        .set("name", tool.name.clone())
        .set("description", tool.description.clone())
        .set("parameters", tool.parameters.clone())
        // Not every server knows the member.
        .set_some("strict", tool.strict.then_some(true));
    json!({ "type": "function", "function": function.finish() })
}

/// None for the default, which some servers do not know by name.
fn tool_choice(choice: &ToolChoice) -> Option<Value> {
    match choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some("none".into()),
        ToolChoice::Required => Some("required".into()),
        ToolChoice::Named(name) => {
            Some(json!({ "type": "function", "function": { "name": name } }))
        }
    }
}

/// The results of tools are messages of their own, before what the user says with them.
pub(super) fn messages(message: &ChatMessage, dialect: Dialect) -> Vec<Value> {
    let mut out: Vec<Value> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::ToolResult(result) => {
                Some(json!({ "role": "tool", "tool_call_id": result.call_id, "content": result.content }))
            }
            _ => None,
        })
        .collect();
    match message.role {
        Role::System => out.push(json!({ "role": "system", "content": message.joined_text() })),
        Role::User => out.extend(user_message(message)),
        Role::Assistant => out.push(assistant_message(message, dialect)),
    }
    out
}

fn user_message(message: &ChatMessage) -> Option<Value> {
    let has_image = message.parts.iter().any(|part| matches!(part, Part::Image(_)));
    let content: Vec<Value> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) => Some(json!({ "type": "text", "text": text })),
            Part::Image(image) => {
                Some(json!({ "type": "image_url", "image_url": { "url": image.as_url() } }))
            }
            _ => None,
        })
        .collect();
    if content.is_empty() {
        return None;
    }
    // Servers without vision know only texts.
    let content = if has_image { Value::Array(content) } else { message.joined_text().into() };
    Some(json!({ "role": "user", "content": content }))
}

fn assistant_message(message: &ChatMessage, dialect: Dialect) -> Value {
    let mut calls = Vec::new();
    let mut body = Body::default();
    for part in &message.parts {
        match part {
            Part::ToolCall(call) => {
                let function = json!({ "name": call.name, "arguments": call.arguments });
                let mut item = Body::default();
                item.set("id", call.id.clone()).set("type", "function").set("function", function);
                let extra = call.opaque.as_ref().and_then(|opaque| opaque.data_for(dialect));
                calls.push(item.set_some("extra_content", extra.cloned()).finish());
            }
            Part::Opaque(opaque) => {
                let details = opaque.data_for(dialect).and_then(|data| data.get(REASONING_DETAILS));
                body.set_some(REASONING_DETAILS, details.cloned());
            }
            _ => {}
        }
    }
    let text = message.joined_text();
    let content = if text.is_empty() && !calls.is_empty() { Value::Null } else { text.into() };
    body.set("role", "assistant").set("content", content).set_items("tool_calls", calls).finish()
}

/// Reads chunks, or a whole completion.
#[derive(Default)]
pub(super) struct Reader {
    /// OpenRouter's reasoning, to be sent back.
    details: Vec<Value>,
}

impl Reader {
    pub(super) fn read(&mut self, value: &Value, answer: &mut AnswerState) {
        answer.model(text(value, "model"));
        if let Some(choice) = items(value, "choices").first() {
            let is_whole = choice.get("message").is_some_and(Value::is_object);
            let said =
                choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
            self.read_said(said, answer);
            let reason = choice
                .get("finish_reason")
                .and_then(Value::as_str)
                .filter(|reason| !reason.is_empty());
            match reason.or(is_whole.then_some("stop")) {
                Some("error") => {
                    answer.fail(ProviderError::new(
                        ErrorKind::Server,
                        "the provider ended with finish_reason error",
                    ));
                }
                Some(reason) => {
                    if !self.details.is_empty() {
                        answer.opaque(
                            json!({ REASONING_DETAILS: std::mem::take(&mut self.details) }),
                        );
                    }
                    answer.finish(finish_reason(reason));
                }
                None => {}
            }
        }
        if let Some(usage) = value.get("usage").filter(|usage| usage.is_object()) {
            let tier = text(value, "service_tier").map(ServiceTier::named).unwrap_or_default();
            answer.usage(TokenUsage { tier, ..token_usage(usage) });
        }
    }

    fn read_said(&mut self, said: &Value, answer: &mut AnswerState) {
        // Some send the same thoughts under two names.
        let details = items(said, REASONING_DETAILS);
        match text(said, "reasoning_content").or_else(|| text(said, "reasoning")) {
            Some(thoughts) => answer.thinking(thoughts),
            None => {
                let texts = details
                    .iter()
                    .filter_map(|item| text(item, "text").or_else(|| text(item, "summary")));
                texts.for_each(|thoughts| answer.thinking(thoughts));
            }
        }
        for item in details {
            if answer.take_bytes(item.to_string().len()) {
                self.keep(item);
            }
        }
        match said.get("content") {
            Some(Value::String(text)) => answer.text(text),
            Some(Value::Array(parts)) => parts.iter().for_each(|part| read_part(part, answer)),
            _ => {}
        }
        // A refusal is what the model answers.
        if let Some(refusal) = text(said, "refusal") {
            answer.text(refusal);
        }
        let calls = items(said, "tool_calls");
        for (place, call) in calls.iter().enumerate() {
            let place = u64::try_from(place).unwrap_or(u64::MAX);
            read_call(call, place, answer);
        }
    }

    /// Fragments of one text become one item, as the provider wants them back.
    fn keep(&mut self, item: &Value) {
        let same = |last: &Value, name: &str| last.get(name) == item.get(name);
        if let (Some(last), Some(more)) = (self.details.last_mut(), text(item, "text"))
            && same(last, "type")
            && same(last, "index")
            && let Some(Value::String(before)) = last.get_mut("text")
        {
            before.push_str(more);
            if let (Some(signature), Some(members)) = (item.get("signature"), last.as_object_mut())
            {
                members.insert("signature".to_owned(), signature.clone());
            }
            return;
        }
        self.details.push(item.clone());
    }
}

/// A part of a content that is an array: Mistral's.
fn read_part(part: &Value, answer: &mut AnswerState) {
    match text(part, "type") {
        Some("thinking") => match part.get("thinking") {
            Some(Value::Array(inner)) => {
                inner.iter().filter_map(|t| text(t, "text")).for_each(|t| answer.thinking(t))
            }
            Some(Value::String(thoughts)) => answer.thinking(thoughts),
            _ => {}
        },
        Some("text" | "output_text") | None => answer.text(text(part, "text").unwrap_or_default()),
        // References, pictures and what comes after today: no text of the answer.
        Some(_) => {}
    }
}

fn read_call(call: &Value, place: u64, answer: &mut AnswerState) {
    let function = call.get("function").unwrap_or(&Value::Null);
    // Some servers send the arguments as an object.
    let arguments = match function.get("arguments") {
        Some(Value::String(text)) => text.clone(),
        Some(object @ Value::Object(_)) => object.to_string(),
        _ => String::new(),
    };
    answer.call(CallFragment {
        key: call.get("index").and_then(Value::as_u64).unwrap_or(place),
        id: text(call, "id"),
        name: text(function, "name"),
        arguments: &arguments,
        // Gemini behind its compatible endpoint: the signature of a thought.
        opaque: call
            .get("extra_content")
            .filter(|extra| extra.is_object())
            .map(|extra| Opaque::new(Dialect::Compatible, extra.clone())),
    });
}

pub(super) fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "stop" | "eos" | "end_turn" | "stop_sequence" => FinishReason::Stop,
        "length" | "max_tokens" | "model_length" => FinishReason::Length,
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        "refusal" => FinishReason::Refusal,
        other => FinishReason::Other(other.chars().take(60).collect()),
    }
}

/// Usage as OpenAI counts it: what was cached is part of the prompt, thoughts are part of the
/// completion. Mistral has names of its own beside.
pub(super) fn token_usage(usage: &Value) -> TokenUsage {
    let detail = |name: &str| {
        count_in(usage, "prompt_tokens_details", name).max(count_in(
            usage,
            "prompt_token_details",
            name,
        ))
    };
    let (input, output) = (count(usage, "prompt_tokens"), count(usage, "completion_tokens"));
    TokenUsage {
        prompt: input.max(count(usage, "input_tokens")),
        cached_read: detail("cached_tokens")
            .max(count_in(usage, "input_tokens_details", "cached_tokens"))
            .max(count(usage, "num_cached_tokens"))
            .max(count(usage, "prompt_cache_hit_tokens")),
        cached_write: detail("cache_write_tokens").max(count_in(
            usage,
            "input_tokens_details",
            "cache_write_tokens",
        )),
        cached_write_hour: 0,
        prompt_audio: detail("audio_tokens"),
        prompt_image: detail("image_tokens"),
        completion: output.max(count(usage, "output_tokens")),
        reasoning: count_in(usage, "completion_tokens_details", "reasoning_tokens").max(count_in(
            usage,
            "output_tokens_details",
            "reasoning_tokens",
        )),
        completion_audio: count_in(usage, "completion_tokens_details", "audio_tokens"),
        completion_image: count_in(usage, "completion_tokens_details", "image_tokens"),
        tier: ServiceTier::Default,
    }
}
