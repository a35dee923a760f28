//! What a client asks of an answer beside its words: tools that may be called, and its form.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tool that the model may call.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// 1 to 64 of `A-Za-z0-9_-`: what every provider takes.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON schema of the arguments, an object.
    pub parameters: Value,
    /// The provider makes sure that arguments follow the schema, which has to be one of those that
    /// it can enforce.
    #[serde(default)]
    pub strict: bool,
}

/// Whether the model calls a tool.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// As the model likes.
    #[default]
    Auto,
    /// No tool, although tools are named.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(String),
}

/// The form of an answer.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFormat {
    /// Any JSON object.
    JsonObject,
    /// What a schema says.
    Schema(AnswerSchema),
}

impl AnswerFormat {
    /// Its schema, if it has one.
    #[must_use]
    pub fn schema(&self) -> Option<&AnswerSchema> {
        match self {
            Self::JsonObject => None,
            Self::Schema(schema) => Some(schema),
        }
    }
}

/// A JSON schema that the answer follows.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct AnswerSchema {
    /// 1 to 64 of `A-Za-z0-9_-`.
    pub name: String,
    /// What the answer is, for the model.
    #[serde(default)]
    pub description: Option<String>,
    /// The schema, an object.
    pub schema: Value,
    /// The provider makes sure that the answer follows the schema, which has to be one of those
    /// that it can enforce.
    pub strict: bool,
}

/// Tools and form of an answer, as they go from a client to the gateway.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct AnswerOptions {
    /// What the model may call.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// Whether it calls.
    #[serde(default)]
    pub tool_choice: ToolChoice,
    /// Whether it may call several at once; none: as the provider likes.
    #[serde(default)]
    pub parallel_tool_calls: Option<bool>,
    /// What the answer looks like; none: as the model likes.
    #[serde(default)]
    pub format: Option<AnswerFormat>,
}

impl AnswerOptions {
    /// The most tools of a question.
    pub const MAX_TOOLS: usize = 128;

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// What providers count as part of the prompt: each tool, and the schema of the answer.
    #[must_use]
    pub fn prompt_texts(&self) -> Vec<String> {
        let tools = self
            .tools
            .iter()
            .map(|tool| format!("{}\n{}\n{}", tool.name, tool.description, tool.parameters));
        let schema = self.format.iter().filter_map(AnswerFormat::schema).map(|schema| {
            let description = schema.description.as_deref().unwrap_or_default();
            format!("{}\n{description}\n{}", schema.name, schema.schema)
        });
        tools.chain(schema).collect()
    }
}
