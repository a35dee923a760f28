//! What is asked of a chat model, in no provider's words.

use std::{collections::BTreeSet, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::json::{MOST_VALUES, count_values};
use serde_json::Value;

use super::{AnswerFormat, Dialect, Tool, ToolChoice};
use crate::Sampling;

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The instructions.
    System,
    /// The person; tool results belong here too.
    User,
    /// The model, earlier.
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, PartialEq, Debug)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

impl ChatMessage {
    /// A message of one text.
    #[must_use]
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part::Text(text.into())] }
    }

    /// What providers count of it as prompt, but pictures: texts, calls and results of tools.
    pub fn counted_texts(&self) -> impl Iterator<Item = &str> {
        let texts = self.parts.iter().flat_map(|part| match part {
            Part::Text(text) => [text.as_str(), "", ""],
            Part::ToolCall(call) => [call.id.as_str(), &call.name, &call.arguments],
            Part::ToolResult(result) => [result.call_id.as_str(), &result.name, &result.content],
            Part::Image(_) | Part::Opaque(_) => ["", "", ""],
        });
        texts.filter(|text| !text.is_empty())
    }

    /// The characters of these.
    #[must_use]
    pub fn characters(&self) -> usize {
        self.counted_texts().map(|text| text.chars().count()).sum()
    }

    /// How many pictures it has.
    #[must_use]
    pub fn picture_count(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(matches!(part, Part::Image(_)))).sum()
    }

    /// Its texts, one after the other.
    pub(super) fn joined_text(&self) -> String {
        self.texts().collect()
    }

    /// Its texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

/// A part of a message.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    /// Text.
    Text(String),
    /// A picture, in a message of the user.
    Image(Image),
    /// The model wants a tool called, in a message of the assistant.
    ToolCall(ToolCall),
    /// What the tool answered, in a message of the user.
    ToolResult(ToolResult),
    /// What only the provider understands and wants back, in its place (signatures of thoughts).
    Opaque(Opaque),
}

impl Part {
    /// JSON values in the arguments of tool calls, which some dialects parse: their bytes say
    /// nothing of the memory that they take then.
    #[must_use]
    pub fn argument_values<'a>(parts: impl IntoIterator<Item = &'a Self>) -> usize {
        let values = parts.into_iter().map(|part| match part {
            Self::ToolCall(call) => count_values(call.arguments.as_bytes()),
            _ => 0,
        });
        values.sum()
    }
}

/// A picture.
#[derive(Clone, PartialEq, Eq)]
pub enum Image {
    /// Its bytes.
    Data {
        /// `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
        media_type: String,
        /// Base64 with padding, as every provider takes it.
        base64: String,
    },
    /// An address that the provider fetches.
    Url(String),
}

impl Image {
    /// Of bytes whose kind was checked.
    #[must_use]
    pub fn of_bytes(media_type: &str, bytes: &[u8]) -> Self {
        Self::Data { media_type: media_type.to_owned(), base64: STANDARD.encode(bytes) }
    }

    /// As `image_url` takes it.
    pub(super) fn as_url(&self) -> String {
        match self {
            Self::Data { media_type, base64 } => format!("data:{media_type};base64,{base64}"),
            Self::Url(url) => url.clone(),
        }
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data { media_type, base64 } => {
                write!(f, "Image({media_type}, {} bytes of base64)", base64.len())
            }
            Self::Url(_) => f.write_str("Image(url)"),
        }
    }
}

/// A call of a tool by the model.
#[derive(Clone, PartialEq, Debug)]
pub struct ToolCall {
    /// Joins the call with its result.
    pub id: String,
    /// The tool.
    pub name: String,
    /// JSON as the model wrote it, which may be invalid: check it before running the tool.
    pub arguments: String,
    /// What the provider wants back with the call.
    pub opaque: Option<Opaque>,
}

impl ToolCall {
    /// The arguments for providers that take an object; `{}` if they are none.
    pub(super) fn arguments_object(&self) -> Value {
        let arguments = self.arguments.as_str();
        let parsed = (count_values(arguments.as_bytes()) <= MOST_VALUES)
            .then(|| serde_json::from_str(arguments).ok().filter(Value::is_object))
            .flatten();
        parsed.unwrap_or_else(|| Value::Object(serde_json::Map::new()))
    }
}

/// The answer of a tool.
#[derive(Clone, PartialEq, Debug)]
pub struct ToolResult {
    /// [`ToolCall::id`].
    pub call_id: String,
    /// [`ToolCall::name`].
    pub name: String,
    /// Text or JSON.
    pub content: String,
    /// The tool failed; the content says how.
    pub failed: bool,
}

/// Data of a provider that is stored with a message and goes back unchanged, to the same family of
/// dialects only.
#[derive(Clone, PartialEq)]
pub struct Opaque {
    /// [`Dialect::family`] of its origin.
    pub family: String,
    /// As it came.
    pub data: Value,
}

impl Opaque {
    pub(super) fn new(dialect: Dialect, data: Value) -> Self {
        Self { family: dialect.family().to_owned(), data }
    }

    /// The data, if this dialect understands it.
    pub(super) fn data_for(&self, dialect: Dialect) -> Option<&Value> {
        (self.family == dialect.family()).then_some(&self.data)
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opaque({})", self.family)
    }
}

/// How much the model thinks before it answers. Each dialect takes the nearest that its provider
/// has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as possible.
    Minimal,
    /// Little.
    Low,
    /// The default of most.
    Medium,
    /// Much.
    High,
    /// As much as possible.
    Max,
}

impl Effort {
    /// As OpenAI writes it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Max => "max",
        }
    }

    /// Tokens for thoughts, where a provider takes a number.
    pub(super) fn budget_tokens(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Minimal => 1_024,
            Self::Low => 2_048,
            Self::Medium => 8_192,
            Self::High => 16_384,
            Self::Max => 24_576,
        }
    }
}

/// How the model answers. None: the model's default.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Parameters {
    /// How it chooses its words.
    pub sampling: Sampling,
    /// Tokens of the answer, thoughts included.
    pub max_tokens: Option<u32>,
    /// How much it thinks.
    pub effort: Option<Effort>,
    /// What the answer looks like.
    pub format: Option<AnswerFormat>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
}

/// What is asked of a chat model.
#[derive(Clone, PartialEq, Debug)]
pub struct ChatRequest {
    /// The model, as the provider names it; with Azure the deployment.
    pub model: String,
    /// Instructions, earlier turns, the question last.
    pub messages: Vec<ChatMessage>,
    /// How it answers.
    pub parameters: Parameters,
    /// What it may call.
    pub tools: Vec<Tool>,
    /// Whether it calls.
    pub tool_choice: ToolChoice,
    /// Whether it may call several at once; none: as the provider likes.
    pub parallel_tool_calls: Option<bool>,
    /// Whether the answer comes while it is written.
    pub stream: bool,
}

impl ChatRequest {
    /// A streamed question without tools.
    #[must_use]
    pub fn new(model: impl Into<String>, messages: Vec<ChatMessage>) -> Self {
        Self {
            model: model.into(),
            messages,
            parameters: Parameters::default(),
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            parallel_tool_calls: None,
            stream: true,
        }
    }

    /// The instructions, for providers that take them beside the messages.
    pub(super) fn instructions(&self) -> Option<String> {
        let texts: Vec<String> = self
            .messages
            .iter()
            .filter(|m| m.role == Role::System)
            .map(ChatMessage::joined_text)
            .collect();
        (!texts.is_empty()).then(|| texts.join("\n\n"))
    }

    /// The tools that earlier turns called, each once.
    pub(super) fn called_tools(&self) -> BTreeSet<&str> {
        let parts = self.messages.iter().flat_map(|message| &message.parts);
        parts
            .filter_map(|part| match part {
                Part::ToolCall(call) => Some(call.name.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The messages but the instructions.
    pub(super) fn turns(&self) -> impl Iterator<Item = &ChatMessage> {
        self.messages.iter().filter(|m| m.role != Role::System)
    }
}
