//! The events of `/responses`: items begin when the model begins them, and end together.

use conversations::CompletionSummary;
use models::ToolCallDelta;
use platform::serve::Writer;
use serde_json::{Value, json};

use crate::{
    annotations,
    response_body::{Progress, ResponseDocument},
    run::Run,
    tool_calls::ToolCalls,
};

/// One item of the output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Item {
    /// The only message.
    Message,
    /// A call of a tool, by its place among the calls.
    Call(usize),
}

/// Writes events, each with its number. Every function gives None if the client has gone.
pub(crate) struct ResponseEvents {
    pub(crate) writer: Writer,
    document: ResponseDocument,
    number: u64,
    /// What began, in order.
    items: Vec<Item>,
    content: String,
}

impl ResponseEvents {
    pub(crate) fn new(writer: Writer, document: ResponseDocument) -> Self {
        Self { writer, document, number: 0, items: Vec::new(), content: String::new() }
    }

    /// The text so far.
    pub(crate) fn content(&self) -> &str {
        &self.content
    }

    /// Sent at once.
    pub(crate) async fn begin(&mut self) -> Option<()> {
        let response = self.document.empty(Progress::Running);
        self.send("response.created", json!({ "response": response })).await?;
        self.send("response.in_progress", json!({ "response": response })).await
    }

    /// Text of the message, which begins with it.
    pub(crate) async fn text(&mut self, text: &str) -> Option<()> {
        if text.is_empty() {
            return Some(());
        }
        self.begin_message().await?;
        self.content.push_str(text);
        let mut event = self.about_part("delta", &text.into());
        insert(&mut event, "logprobs", json!([]));
        self.send("response.output_text.delta", event).await
    }

    /// A fragment of a call, which begins with its first one.
    pub(crate) async fn call(&mut self, delta: &ToolCallDelta, calls: &ToolCalls) -> Option<()> {
        let place = self.place(Item::Call(delta.index));
        if place == self.items.len() {
            let Some(call) = calls.as_slice().get(delta.index) else { return Some(()) };
            let begun = models::ToolCall { arguments: String::new(), ..call.clone() };
            let item = self.document.call_item(delta.index, &begun, Progress::Running);
            self.added(Item::Call(delta.index), &item).await?;
        }
        if delta.arguments.is_empty() {
            return Some(());
        }
        let event = json!({
            "item_id": self.document.call_item_id(delta.index), "output_index": place, "delta": delta.arguments,
        });
        self.send("response.function_call_arguments.delta", event).await
    }

    /// Ends every item and the response.
    pub(crate) async fn end(
        &mut self,
        progress: Progress,
        summary: &CompletionSummary,
        run: &mut Run,
    ) -> Option<()> {
        let cited = annotations::of_response(summary, &run.web);
        if self.items.is_empty() {
            self.begin_message().await?;
        }
        let mut output = Vec::with_capacity(self.items.len());
        for (place, item) in self.items.clone().into_iter().enumerate() {
            let item = match item {
                Item::Message => self.end_message(progress, &cited).await?,
                Item::Call(at) => self.end_call(at, place, progress, &run.calls).await?,
            };
            let event = json!({ "output_index": place, "item": item });
            self.send("response.output_item.done", event).await?;
            output.push(item);
        }
        let last = match progress {
            Progress::Completed => "response.completed",
            _ => "response.incomplete",
        };
        let response = self.document.whole(progress, output, summary, run);
        self.send(last, json!({ "response": response })).await
    }

    /// The response failed; what came before is part of an answer.
    pub(crate) async fn fail(&mut self, message: &str) -> Option<()> {
        let response = self.document.failed(message);
        self.send("response.failed", json!({ "response": response })).await
    }

    async fn begin_message(&mut self) -> Option<()> {
        if self.items.contains(&Item::Message) {
            return Some(());
        }
        let item = self.document.item(Progress::Running, &[]);
        self.added(Item::Message, &item).await?;
        let part = self.about_part("part", &ResponseDocument::part("", &[]));
        self.send("response.content_part.added", part).await
    }

    async fn end_message(&mut self, progress: Progress, cited: &[Value]) -> Option<Value> {
        for (at, annotation) in cited.iter().enumerate() {
            let mut event = self.about_part("annotation", annotation);
            insert(&mut event, "annotation_index", at.into());
            self.send("response.output_text.annotation.added", event).await?;
        }
        let mut done = self.about_part("text", &self.content.as_str().into());
        insert(&mut done, "logprobs", json!([]));
        self.send("response.output_text.done", done).await?;
        let part = ResponseDocument::part(&self.content, cited);
        let event = self.about_part("part", &part);
        self.send("response.content_part.done", event).await?;
        Some(self.document.item(progress, &[part]))
    }

    async fn end_call(
        &mut self,
        at: usize,
        place: usize,
        progress: Progress,
        calls: &ToolCalls,
    ) -> Option<Value> {
        let Some(call) = calls.as_slice().get(at) else { return Some(Value::Null) };
        let event = json!({
            "item_id": self.document.call_item_id(at), "output_index": place,
            "name": call.name, "arguments": call.arguments,
        });
        self.send("response.function_call_arguments.done", event).await?;
        Some(self.document.call_item(at, call, progress))
    }

    async fn added(&mut self, item: Item, value: &Value) -> Option<()> {
        let place = self.items.len();
        self.items.push(item);
        let event = json!({ "output_index": place, "item": value });
        self.send("response.output_item.added", event).await
    }

    /// The place of an item in the output; behind the last one if it has not begun.
    fn place(&self, item: Item) -> usize {
        self.items.iter().position(|other| *other == item).unwrap_or(self.items.len())
    }

    /// An event about the only part of the message.
    fn about_part(&self, name: &str, value: &Value) -> Value {
        json!({
            "item_id": self.document.item_id(), "output_index": self.place(Item::Message),
            "content_index": 0, name: value,
        })
    }

    async fn send(&mut self, kind: &str, mut event: Value) -> Option<()> {
        insert(&mut event, "type", kind.into());
        insert(&mut event, "sequence_number", self.number.into());
        self.number += 1;
        self.writer
            .write(format!("event: {kind}\n{}", api::sse::data(&event.to_string())))
            .await
            .then_some(())
    }
}

fn insert(event: &mut Value, name: &str, value: Value) {
    if let Some(members) = event.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
