//! Google Gemini.

use serde_json::{Value, json};

use super::{
    ChatMessage, ChatRequest, Dialect, Effort, EmbedRequest, Endpoint, FinishReason, Image,
    InputType, Opaque, Part, Role, TokenUsage, ToolChoice,
    answer::{AnswerState, CallFragment},
    endpoint::path_segment,
    json::{Body, count, items, text},
};
use crate::{ErrorKind, ProviderError};

const SIGNATURE: &str = "thoughtSignature";
/// What Google documents for calls that another model made: a call without a signature is refused.
const FOREIGN_SIGNATURE: &str = "skip_thought_signature_validator";

/// Some name models with the folder that the path has anyway.
fn model_segment(model: &str) -> Result<String, ProviderError> {
    path_segment(model.strip_prefix("models/").unwrap_or(model))
}

pub(super) fn chat_path(request: &ChatRequest) -> Result<String, ProviderError> {
    let verb = if request.stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
    Ok(format!("models/{}:{verb}", model_segment(&request.model)?))
}

pub(super) fn embed_path(model: &str) -> Result<String, ProviderError> {
    Ok(format!("models/{}:batchEmbedContents", model_segment(model)?))
}

pub(super) fn embed_body(request: &EmbedRequest) -> Value {
    let model =
        format!("models/{}", request.model.strip_prefix("models/").unwrap_or(&request.model));
    let task = match request.input_type {
        InputType::Query => "RETRIEVAL_QUERY",
        InputType::Document => "RETRIEVAL_DOCUMENT",
    };
    let each = request.texts.iter().map(|text| {
        let mut item = Body::default();
        item.set("model", model.clone())
            .set("content", json!({ "parts": [{ "text": text }] }))
            .set("taskType", task)
            .set_some("outputDimensionality", request.dimensions)
            .finish()
    });
    json!({ "requests": each.collect::<Vec<_>>() })
}

pub(super) fn body(request: &ChatRequest, endpoint: &Endpoint) -> Value {
    let parameters = &request.parameters;
    let mut generation = Body::default();
    generation
        .set_some("temperature", parameters.sampling.temperature)
        .set_some("topP", parameters.sampling.top_p)
        .set_some("maxOutputTokens", parameters.max_tokens)
        .set_items("stopSequences", parameters.stop.iter().map(|stop| json!(stop)).collect())
        .set_some(
            "thinkingConfig",
            parameters.effort.map(|effort| thinking(effort, endpoint.thinks_by_budget)),
        );
    if let Some(format) = &parameters.format {
        let schema = format.schema().map(|schema| schema.schema.clone());
        generation
            .set("responseMimeType", "application/json")
            .set_some("responseJsonSchema", schema);
    }
    let tools: Vec<Value> = request
        .tools
        .iter()
        .map(|t| json!({ "name": t.name, "description": t.description, "parametersJsonSchema": t.parameters }))
        .collect();
    let mut body = Body::default();
    body.set("contents", contents(request)).set("generationConfig", generation.finish()).set_some(
        "systemInstruction",
        request.instructions().map(|text| json!({ "parts": [{ "text": text }] })),
    );
    if !tools.is_empty() {
        body.set("tools", json!([{ "functionDeclarations": tools }]))
            .set_some("toolConfig", tool_config(&request.tool_choice));
    }
    body.finish()
}

fn thinking(effort: Effort, by_budget: bool) -> Value {
    if by_budget {
        return json!({ "includeThoughts": effort != Effort::None, "thinkingBudget": effort.budget_tokens() });
    }
    let level = match effort {
        Effort::None | Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High | Effort::Max => "HIGH",
    };
    json!({ "includeThoughts": effort != Effort::None, "thinkingLevel": level })
}

fn tool_config(choice: &ToolChoice) -> Option<Value> {
    let config = match choice {
        ToolChoice::Auto => return None,
        ToolChoice::None => json!({ "mode": "NONE" }),
        ToolChoice::Required => json!({ "mode": "ANY" }),
        ToolChoice::Named(name) => json!({ "mode": "ANY", "allowedFunctionNames": [name] }),
    };
    Some(json!({ "functionCallingConfig": config }))
}

fn contents(request: &ChatRequest) -> Vec<Value> {
    let mut out: Vec<(Role, Vec<Value>)> = Vec::new();
    for message in request.turns() {
        let parts = parts(message);
        match out.last_mut() {
            Some((role, before)) if *role == message.role => before.extend(parts),
            _ => out.push((message.role, parts)),
        }
    }
    out.retain(|(_, parts)| !parts.is_empty());
    let name = |role| if role == Role::Assistant { "model" } else { "user" };
    out.into_iter().map(|(role, parts)| json!({ "role": name(role), "parts": parts })).collect()
}

fn parts(message: &ChatMessage) -> Vec<Value> {
    let mut out = Vec::new();
    let mut first_call = true;
    for part in &message.parts {
        out.extend(match part {
            Part::Text(text) if text.is_empty() => None,
            Part::Text(text) => Some(json!({ "text": text })),
            Part::Image(Image::Data { media_type, base64 }) => {
                Some(json!({ "inlineData": { "mimeType": media_type, "data": base64 } }))
            }
            Part::Image(Image::Url(url)) => Some(json!({ "fileData": { "fileUri": url } })),
            Part::ToolCall(call) => {
                let own = call
                    .opaque
                    .as_ref()
                    .and_then(|opaque| opaque.data_for(Dialect::Gemini))
                    .cloned();
                // Only the first of parallel calls is signed.
                let signature = own.or_else(|| first_call.then(|| FOREIGN_SIGNATURE.into()));
                first_call = false;
                let function = json!({ "name": call.name, "args": call.arguments_object() });
                Some(
                    Body::default()
                        .set("functionCall", function)
                        .set_some(SIGNATURE, signature)
                        .finish(),
                )
            }
            Part::ToolResult(result) => {
                let name = if result.failed { "error" } else { "result" };
                let object = serde_json::from_str(&result.content).ok().filter(Value::is_object);
                let response = object.unwrap_or_else(|| json!({ name: result.content }));
                Some(json!({ "functionResponse": { "name": result.name, "response": response } }))
            }
            Part::Opaque(opaque) => {
                opaque.data_for(Dialect::Gemini).map(|sign| json!({ "text": "", SIGNATURE: sign }))
            }
        });
    }
    out
}

/// Reads responses: each event is a whole one.
pub(super) struct Reader;

impl Reader {
    pub(super) fn read(&mut self, value: &Value, answer: &mut AnswerState) {
        answer.model(text(value, "modelVersion"));
        if let Some(usage) = value.get("usageMetadata").filter(|usage| usage.is_object()) {
            answer.usage(token_usage(usage));
        }
        let candidate = items(value, "candidates").first();
        let blocked =
            value.get("promptFeedback").and_then(|feedback| text(feedback, "blockReason"));
        if let (None, Some(reason)) = (candidate, blocked) {
            let message = format!("the question was blocked: {reason}");
            return answer.fail(ProviderError::new(ErrorKind::ContentFilter, message));
        }
        let Some(candidate) = candidate else { return };
        for part in candidate.get("content").map_or(&[][..], |content| items(content, "parts")) {
            read_part(part, answer);
        }
        if let Some(reason) = text(candidate, "finishReason") {
            answer.finish(finish_reason(reason));
        }
    }
}

fn read_part(part: &Value, answer: &mut AnswerState) {
    let signature = text(part, SIGNATURE).map(Value::from);
    if let Some(call) = part.get("functionCall").filter(|call| call.is_object()) {
        let arguments = call
            .get("args")
            .filter(|args| args.is_object())
            .map_or_else(|| "{}".to_owned(), Value::to_string);
        // Calls come whole and are not numbered.
        return answer.call(CallFragment {
            key: answer.next_key(),
            id: text(call, "id"),
            name: text(call, "name"),
            arguments: &arguments,
            opaque: signature.map(|data| Opaque::new(Dialect::Gemini, data)),
        });
    }
    let is_thought = part.get("thought").and_then(Value::as_bool) == Some(true);
    if let Some(said) = text(part, "text") {
        if is_thought { answer.thinking(said) } else { answer.text(said) }
    }
    if let Some(signature) = signature {
        answer.opaque(signature);
    }
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_lowercase().chars().take(60).collect()),
    }
}

/// Thoughts are counted beside the candidates and billed like them; what tools put into the prompt
/// is counted beside the prompt.
fn token_usage(usage: &Value) -> TokenUsage {
    let of_kind = |name: &str, kind: &str| {
        items(usage, name)
            .iter()
            .filter(|d| text(d, "modality") == Some(kind))
            .map(|d| count(d, "tokenCount"))
            .sum()
    };
    let thoughts = count(usage, "thoughtsTokenCount");
    TokenUsage {
        prompt: count(usage, "promptTokenCount") + count(usage, "toolUsePromptTokenCount"),
        cached_read: count(usage, "cachedContentTokenCount"),
        prompt_audio: of_kind("promptTokensDetails", "AUDIO"),
        prompt_image: of_kind("promptTokensDetails", "IMAGE"),
        completion: count(usage, "candidatesTokenCount") + thoughts,
        reasoning: thoughts,
        completion_audio: of_kind("candidatesTokensDetails", "AUDIO"),
        completion_image: of_kind("candidatesTokensDetails", "IMAGE"),
        ..TokenUsage::default()
    }
}
