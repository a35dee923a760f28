//! The dialects: what they send, and what they make of the answers of real servers.

mod anthropic;
mod azure;
mod chat_completions;
mod embeddings;
mod gemini;
mod mistral;
mod ollama;
mod options;
mod rerank;
mod responses;
mod tolerance;
mod tool_calls;
mod transcription;

use models::{
    ChatEvent, ChatMessage, ChatReader, ChatRequest, Dialect, Endpoint, ErrorKind, FinishReason,
    Image, Opaque, Parameters, Part, Role, Sampling, TokenUsage, Tool, ToolCall, ToolResult,
};
use serde_json::{Value, json};

/// An answer put together.
#[derive(Clone, PartialEq, Default, Debug)]
struct Answer {
    text: String,
    thinking: String,
    /// Id, name, arguments.
    calls: Vec<(String, String, String)>,
    call_data: Vec<Opaque>,
    opaque: Vec<Value>,
    model: Option<String>,
    usage: Option<TokenUsage>,
    finish: Option<FinishReason>,
    error: Option<ErrorKind>,
    message: String,
}

impl Answer {
    fn add(&mut self, event: ChatEvent) {
        assert_eq!(self.error, None, "something follows a failure: {event:?}");
        match event {
            ChatEvent::Text(text) => self.text.push_str(&text),
            ChatEvent::Thinking(text) => self.thinking.push_str(&text),
            ChatEvent::ToolCall(delta) => {
                if delta.index == self.calls.len() {
                    self.calls.push((
                        delta.id.clone().expect("an id comes first"),
                        String::new(),
                        String::new(),
                    ));
                }
                let call = &mut self.calls[delta.index];
                call.1.push_str(&delta.name.unwrap_or_default());
                call.2.push_str(&delta.arguments);
                self.call_data.extend(delta.opaque);
            }
            ChatEvent::Opaque(opaque) => self.opaque.push(opaque.data),
            ChatEvent::Model(model) => {
                assert_eq!(self.model.replace(model), None, "a model is named once")
            }
            ChatEvent::Usage(usage) => self.usage = Some(usage),
            ChatEvent::Finish(reason) => self.finish = Some(reason),
            ChatEvent::Failed(error) => {
                self.error = Some(error.kind);
                self.message = error.message;
            }
        }
    }

    fn calls(&self) -> Vec<(&str, &str, &str)> {
        self.calls
            .iter()
            .map(|(id, name, arguments)| (id.as_str(), name.as_str(), arguments.as_str()))
            .collect()
    }
}

fn read_cut(dialect: Dialect, content_type: &str, body: &[u8], size: usize) -> Answer {
    let (mut reader, mut answer) = (ChatReader::new(dialect, content_type), Answer::default());
    for bytes in body.chunks(size) {
        reader.push(bytes);
        while let Some(event) = reader.next_event() {
            answer.add(event);
        }
    }
    reader.end(None);
    while let Some(event) = reader.next_event() {
        answer.add(event);
    }
    assert!(reader.is_closed() && reader.next_event().is_none());
    answer
}

/// Reads a body whole, byte by byte, and in pieces of seven: always the same.
fn read(dialect: Dialect, content_type: &str, body: &str) -> Answer {
    let whole = read_cut(dialect, content_type, body.as_bytes(), usize::MAX);
    for size in [1, 7] {
        assert_eq!(
            read_cut(dialect, content_type, body.as_bytes(), size),
            whole,
            "pieces of {size}"
        );
    }
    whole
}

fn read_events(dialect: Dialect, events: &[Value]) -> Answer {
    read(dialect, "text/event-stream", &sse(events))
}

fn sse(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

/// Chunks of Chat Completions with these deltas; the last one finishes.
fn chunks(deltas: &[Value], finish: &str) -> Vec<Value> {
    let mut out: Vec<Value> =
        deltas.iter().map(|delta| json!({ "choices": [{ "index": 0, "delta": delta }] })).collect();
    out.push(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": finish }] }));
    out
}

fn endpoint(dialect: Dialect) -> Endpoint {
    Endpoint::new(dialect, "https://models.example/v1/", Some("sk-1".to_owned()))
}

fn body_of(dialect: Dialect, request: &ChatRequest) -> Value {
    endpoint(dialect).chat(request).unwrap().body
}

fn question() -> ChatRequest {
    ChatRequest::new(
        "m-1",
        vec![ChatMessage::text(Role::System, "be brief"), ChatMessage::text(Role::User, "when?")],
    )
}

/// A question with a picture, a call, its result, and data of the dialect.
fn conversation(dialect: Dialect, data: Value, call_data: Option<Value>) -> ChatRequest {
    let opaque = |data| Opaque { family: dialect.family().to_owned(), data };
    let image = Image::Data { media_type: "image/png".to_owned(), base64: "aGk=".to_owned() };
    let call = ToolCall {
        id: "call_1".to_owned(),
        name: "look_up".to_owned(),
        arguments: r#"{"q":"x"}"#.to_owned(),
        opaque: call_data.map(opaque),
    };
    let result = ToolResult {
        call_id: "call_1".to_owned(),
        name: "look_up".to_owned(),
        content: "found".to_owned(),
        failed: false,
    };
    let mut request = question();
    request.messages[1].parts.push(Part::Image(image));
    let said =
        vec![Part::Opaque(opaque(data)), Part::Text("I look.".to_owned()), Part::ToolCall(call)];
    request.messages.push(ChatMessage { role: Role::Assistant, parts: said });
    request.messages.push(ChatMessage { role: Role::User, parts: vec![Part::ToolResult(result)] });
    request.tools = vec![Tool {
        name: "look_up".to_owned(),
        description: "Looks up.".to_owned(),
        parameters: json!({ "type": "object" }),
        strict: false,
    }];
    request
}

fn parameters() -> Parameters {
    Parameters {
        sampling: Sampling { temperature: Some(1.8), top_p: Some(0.5) },
        max_tokens: Some(100),
        ..Parameters::default()
    }
}

fn members(body: &Value) -> Vec<&str> {
    body.as_object().unwrap().keys().map(String::as_str).collect()
}
