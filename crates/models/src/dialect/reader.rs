//! Bytes of a chat answer → events, for every dialect. Pure; however the bytes are cut.

use serde_json::Value;

use super::json::document;
use super::{
    ChatEvent, Dialect,
    answer::AnswerState,
    anthropic,
    framing::{Framing, TooLong},
    gemini, ollama, openai_chat, responses,
};
use crate::{ErrorKind, ProviderError, event_reader::ServerEvent};

/// Reads one answer.
///
/// Give it the bytes as they come ([`Self::push`]), take the events ([`Self::next_event`]), and say
/// when the body ends ([`Self::end`]). It ends in one of two ways: with [`Self::is_finished`], or
/// with [`ChatEvent::Failed`], which is `Truncated` if the body ended before the model was done.
pub struct ChatReader {
    framing: Framing,
    format: Format,
    answer: AnswerState,
}

enum Format {
    Chat(openai_chat::Reader),
    Responses(responses::Reader),
    Anthropic(anthropic::Reader),
    Gemini(gemini::Reader),
    Ollama(ollama::Reader),
    /// Cohere and rerankers have no chat here.
    None,
}

impl ChatReader {
    /// A reader of an answer with a status of success and this `content-type`.
    #[must_use]
    pub fn new(dialect: Dialect, content_type: &str) -> Self {
        let format = match dialect {
            Dialect::OpenAiChat
            | Dialect::Compatible
            | Dialect::Azure
            | Dialect::AzureDated
            | Dialect::Mistral => Format::Chat(openai_chat::Reader::default()),
            Dialect::OpenAiResponses => Format::Responses(responses::Reader::default()),
            Dialect::Anthropic => Format::Anthropic(anthropic::Reader::default()),
            Dialect::Gemini => Format::Gemini(gemini::Reader),
            Dialect::Ollama => Format::Ollama(ollama::Reader),
            Dialect::Cohere | Dialect::Jina | Dialect::TextEmbeddingsInference => Format::None,
        };
        let may_tag = matches!(dialect, Dialect::Compatible | Dialect::Ollama);
        Self {
            framing: Framing::of(content_type),
            format,
            answer: AnswerState::new(dialect, may_tag),
        }
    }

    /// Bytes of the body.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.answer.is_closed() {
            return;
        }
        let mut documents = Vec::new();
        let read = self.framing.push(bytes, &mut documents);
        documents.iter().for_each(|document| self.take(document));
        if read == Err(TooLong) {
            self.answer.fail(ProviderError::new(
                ErrorKind::TooLong,
                "an answer or one of its events is too long",
            ));
        }
    }

    /// The body has ended; `cause`: of a connection that broke.
    pub fn end(&mut self, cause: Option<&str>) {
        if let Some(document) = self.framing.finish() {
            self.take(&document);
        }
        if self.framing.is_document() && !self.answer.is_finished() && cause.is_none() {
            let what = "an answer that holds no choice, candidate or content";
            self.answer.fail(ProviderError::new(ErrorKind::Unreadable, what));
        }
        self.answer
            .end(cause.unwrap_or("the body ended without a finish reason or terminal event"));
    }

    /// The next event of what has been read.
    pub fn next_event(&mut self) -> Option<ChatEvent> {
        self.answer.next()
    }

    /// The model is done; usage may follow.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.answer.is_finished()
    }

    /// Nothing follows: the body need not be read further.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.answer.is_closed()
    }

    fn take(&mut self, event: &ServerEvent) {
        let data = event.data.trim();
        if self.answer.is_closed() || data.is_empty() {
            return;
        }
        if data == "[DONE]" {
            return self.answer.close();
        }
        match document(data.as_bytes()) {
            // Gemini without `alt=sse`, and errors of its compatible endpoint.
            Ok(Value::Array(items)) => {
                items.iter().for_each(|item| self.read(item, event.is_error))
            }
            Ok(value) => self.read(&value, event.is_error),
            Err(_) if event.is_error => {
                self.answer.fail(ProviderError::from_object(&Value::String(data.to_owned())))
            }
            Err(error) => self.answer.fail(error),
        }
    }

    fn read(&mut self, value: &Value, is_error: bool) {
        if self.answer.is_closed() {
            return;
        }
        if let Some(error) = error_of(value).or(is_error.then_some(value)) {
            return self.answer.fail(ProviderError::from_object(error));
        }
        match &mut self.format {
            Format::Chat(reader) => reader.read(value, &mut self.answer),
            Format::Responses(reader) => reader.read(value, &mut self.answer),
            Format::Anthropic(reader) => reader.read(value, &mut self.answer),
            Format::Gemini(reader) => reader.read(value, &mut self.answer),
            Format::Ollama(reader) => reader.read(value, &mut self.answer),
            Format::None => {}
        }
    }
}

/// The error that a document carries, whatever its status was.
fn error_of(value: &Value) -> Option<&Value> {
    let is_error = |error: &&Value| match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    };
    let named = |name: &str| value.get(name).and_then(Value::as_str) == Some("error");
    value.get("error").filter(is_error).or_else(|| {
        let is_bare = named("object")
            || named("type")
            || (value.get("detail").is_some() && value.get("choices").is_none());
        is_bare.then_some(value)
    })
}
