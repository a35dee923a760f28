//! What `/responses` answers: a document, or the events that lead to it.

use conversations::{CompletionSummary, Usage};
use models::{Sampling, ToolCall};
use serde_json::{Value, json};

use crate::{annotations, response_request::ResponseRequest, run::Run};

/// How far a response is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    Running,
    Completed,
    /// Cut at its limit.
    Incomplete,
    Failed,
}

impl Progress {
    fn as_str(self) -> &'static str {
        match self {
            Self::Running => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
        }
    }

    /// Of an answer that ended for this reason.
    pub(crate) fn of(finish_reason: &str) -> Self {
        match finish_reason {
            "stop" | "tool_calls" => Self::Completed,
            _ => Self::Incomplete,
        }
    }
}

/// One response, as its request shapes it.
pub(crate) struct ResponseDocument {
    id: String,
    created: i64,
    model: String,
    instructions: Option<String>,
    max_tokens: Option<usize>,
    sampling: Sampling,
    /// Members of the request that it repeats.
    echo: Vec<(&'static str, Value)>,
}

impl ResponseDocument {
    pub(crate) fn new(run: &Run, request: &ResponseRequest) -> Self {
        Self {
            id: run.id.clone(),
            created: run.created,
            model: run.model.clone(),
            instructions: request.instructions.clone(),
            max_tokens: request.parameters.max_tokens,
            sampling: request.parameters.sampling,
            echo: request.echo.clone(),
        }
    }

    /// A call of a tool, by its place among the calls.
    pub(crate) fn call_item(&self, at: usize, call: &ToolCall, progress: Progress) -> Value {
        json!({
            "id": self.call_item_id(at), "type": "function_call", "status": progress.as_str(),
            "call_id": call.id, "name": call.name, "arguments": call.arguments,
        })
    }

    /// The id of the item of a call.
    pub(crate) fn call_item_id(&self, at: usize) -> String {
        format!("fc_{}_{at}", self.id)
    }

    /// The id of its only message.
    pub(crate) fn item_id(&self) -> String {
        format!("msg_{}", self.id)
    }

    /// The response without an answer.
    pub(crate) fn empty(&self, progress: Progress) -> Value {
        let mut out = self.plain(progress);
        if let Some(members) = out.as_object_mut() {
            let echo = self.echo.iter();
            members.extend(echo.map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
        out
    }

    fn plain(&self, progress: Progress) -> Value {
        json!({
            "id": format!("resp_{}", self.id),
            "object": "response",
            "created_at": self.created,
            "status": progress.as_str(),
            "background": false,
            "error": null,
            "incomplete_details": null,
            "instructions": self.instructions,
            "max_output_tokens": self.max_tokens,
            "metadata": {},
            "model": self.model,
            "output": [],
            "parallel_tool_calls": true,
            "previous_response_id": null,
            "reasoning": { "effort": null, "summary": null },
            "store": false,
            "temperature": self.sampling.temperature,
            "text": { "format": { "type": "text" } },
            "tool_choice": "auto",
            "tools": [],
            "top_p": self.sampling.top_p,
            "truncation": "disabled",
            "usage": null,
        })
    }

    /// The text of the message, with what it cites.
    pub(crate) fn part(text: &str, annotations: &[Value]) -> Value {
        json!({ "type": "output_text", "text": text, "annotations": annotations, "logprobs": [] })
    }

    /// The message.
    pub(crate) fn item(&self, progress: Progress, content: &[Value]) -> Value {
        json!({
            "id": self.item_id(), "type": "message", "role": "assistant", "status": progress.as_str(), "content": content,
        })
    }

    /// What a model said and called, in this order.
    pub(crate) fn items(
        &self,
        progress: Progress,
        text: &str,
        summary: &CompletionSummary,
        run: &Run,
    ) -> Vec<Value> {
        let part = Self::part(text, &annotations::of_response(summary, &run.web));
        let calls = run.calls.as_slice();
        // A model that only calls says nothing.
        let says = calls.is_empty() || !text.is_empty();
        let message = says.then(|| self.item(progress, &[part]));
        let calls = calls.iter().enumerate().map(|(at, call)| self.call_item(at, call, progress));
        message.into_iter().chain(calls).collect()
    }

    /// The whole response.
    pub(crate) fn whole(
        &self,
        progress: Progress,
        items: Vec<Value>,
        summary: &CompletionSummary,
        run: &Run,
    ) -> Value {
        let mut out = self.empty(progress);
        if let Some(members) = out.as_object_mut() {
            members.insert("output".to_owned(), items.into());
            members.insert("usage".to_owned(), usage(summary.usage));
            let extension = annotations::extension(summary, run.completion.model(), &run.web);
            members.insert("tessera".to_owned(), extension);
            if progress == Progress::Incomplete {
                members.insert(
                    "incomplete_details".to_owned(),
                    json!({ "reason": "max_output_tokens" }),
                );
            }
        }
        out
    }

    /// A response that failed.
    pub(crate) fn failed(&self, message: &str) -> Value {
        let mut out = self.empty(Progress::Failed);
        if let Some(members) = out.as_object_mut() {
            members
                .insert("error".to_owned(), json!({ "code": "server_error", "message": message }));
        }
        out
    }
}

fn usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": usage.prompt_tokens.saturating_add(usage.completion_tokens),
    })
}
