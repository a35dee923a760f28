//! What `/chat/completions` answers: a document, or chunks.

use conversations::{CompletionSummary, Usage};
use models::ToolCallDelta;
use serde_json::{Value, json};

use crate::{
    annotations,
    run::{CompletedAnswer, Run},
};

fn usage(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens.saturating_add(usage.completion_tokens),
    })
}

/// The whole answer.
pub(crate) fn completion(run: &Run, answer: &CompletedAnswer) -> Value {
    let calls = run.calls.of_chat();
    // A message that only calls says nothing.
    let says = calls.is_empty() || !answer.content.is_empty();
    let mut message = json!({
        "role": "assistant", "content": says.then_some(&answer.content), "refusal": null,
        "annotations": annotations::of_chat(&answer.summary, &run.web),
    });
    if let (false, Some(members)) = (calls.is_empty(), message.as_object_mut()) {
        members.insert("tool_calls".to_owned(), calls.into());
    }
    if let (false, Some(members)) = (answer.thinking.is_empty(), message.as_object_mut()) {
        members.insert("reasoning_content".to_owned(), answer.thinking.as_str().into());
    }
    json!({
        "id": format!("chatcmpl-{}", run.id),
        "object": "chat.completion",
        "created": run.created,
        "model": run.model,
        "choices": [{ "index": 0, "message": message, "finish_reason": answer.finish_reason, "logprobs": null }],
        "usage": usage(answer.summary.usage),
        "tessera": annotations::extension(&answer.summary, run.completion.model(), &run.web),
    })
}

/// The chunks of one stream.
pub(crate) struct Chunks {
    id: String,
    created: i64,
    model: String,
    /// Strict clients know a chunk without choices only if they asked for it.
    includes_usage: bool,
}

impl Chunks {
    pub(crate) fn new(run: &Run, includes_usage: bool) -> Self {
        let id = format!("chatcmpl-{}", run.id);
        Self { id, created: run.created, model: run.model.clone(), includes_usage }
    }

    fn chunk(&self, choices: &Value) -> Value {
        let mut out = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": choices,
        });
        if let (true, Some(members)) = (self.includes_usage, out.as_object_mut()) {
            members.insert("usage".to_owned(), Value::Null);
        }
        out
    }

    fn delta(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        self.chunk(&json!([{ "index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": null }]))
    }

    /// Sent at once.
    pub(crate) fn role(&self) -> Value {
        self.delta(&json!({ "role": "assistant", "content": "" }), None)
    }

    pub(crate) fn content(&self, text: &str) -> Value {
        self.delta(&json!({ "content": text }), None)
    }

    /// Under the name that most servers give it.
    pub(crate) fn thinking(&self, text: &str) -> Value {
        self.delta(&json!({ "reasoning_content": text }), None)
    }

    /// A fragment of a call; the first one of each has its id.
    pub(crate) fn tool_call(&self, call: &ToolCallDelta) -> Value {
        let mut function = json!({ "arguments": call.arguments });
        if let (Some(name), Some(members)) = (&call.name, function.as_object_mut()) {
            members.insert("name".to_owned(), name.as_str().into());
        }
        let mut item = json!({ "index": call.index, "function": function });
        if let (Some(id), Some(members)) = (&call.id, item.as_object_mut()) {
            members.insert("id".to_owned(), id.as_str().into());
            members.insert("type".to_owned(), "function".into());
        }
        self.delta(&json!({ "tool_calls": [item] }), None)
    }

    /// The last chunk with a choice: why the model stopped, and what it cited.
    pub(crate) fn finish(&self, summary: &CompletionSummary, reason: &str, run: &Run) -> Value {
        let cited = annotations::of_chat(summary, &run.web);
        let delta = if cited.is_empty() { json!({}) } else { json!({ "annotations": cited }) };
        let mut out = self.delta(&delta, Some(reason));
        if let Some(members) = out.as_object_mut() {
            let extension = annotations::extension(summary, run.completion.model(), &run.web);
            members.insert("tessera".to_owned(), extension);
        }
        out
    }

    /// Behind the last choice, if it was asked for.
    pub(crate) fn usage(&self, summary: &CompletionSummary) -> Option<Value> {
        let mut out = self.chunk(&json!([]));
        if let Some(members) = out.as_object_mut() {
            members.insert("usage".to_owned(), usage(summary.usage));
        }
        self.includes_usage.then_some(out)
    }
}
