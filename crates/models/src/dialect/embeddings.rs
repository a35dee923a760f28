//! Embeddings: what is asked, and the answers of every server in one shape.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    Dialect, TokenUsage,
    json::{Body, count},
    openai_chat::token_usage,
};
use crate::{ErrorKind, ProviderError};

/// Numbers of one embedding; no model has as many.
const DIMENSIONS_LIMIT: usize = 65_536;

/// What a text is to the model. Some models read queries in another way than documents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InputType {
    /// What is searched for.
    Query,
    /// What is found.
    Document,
}

/// Texts to embed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmbedRequest {
    /// The model, as the provider names it.
    pub model: String,
    /// Not empty, each not empty; at most 2 048 for OpenAI, 96 for Cohere, 32 for a TEI server as
    /// it is delivered.
    pub texts: Vec<String>,
    /// What they are to the model.
    pub input_type: InputType,
    /// Numbers of each embedding, for models that can shorten them.
    pub dimensions: Option<u32>,
}

/// The embeddings of the texts, in their order.
#[derive(Clone, PartialEq, Debug)]
pub struct Embeddings {
    /// One for each text, all of one length.
    pub vectors: Vec<Vec<f32>>,
    /// The bits of each text's tokens, as the built-in models give them if they are asked for
    /// (`token_bits`); empty where none came.
    pub token_bits: Vec<Vec<u8>>,
    /// Tokens that went in; 0 if the server does not say.
    pub usage: TokenUsage,
}

pub(super) fn openai_body(request: &EmbedRequest, dialect: Dialect) -> Value {
    let mut body = Body::default();
    body.set("model", request.model.clone()).set("input", json!(request.texts));
    let dimensions = if dialect == Dialect::Mistral { "output_dimension" } else { "dimensions" };
    body.set_some(dimensions, request.dimensions);
    if dialect == Dialect::Jina {
        let task = if request.input_type == InputType::Query {
            "retrieval.query"
        } else {
            "retrieval.passage"
        };
        body.set("task", task);
    }
    body.finish()
}

pub(super) fn tei_body(request: &EmbedRequest) -> Value {
    json!({ "inputs": request.texts, "truncate": false })
}

impl Embeddings {
    /// Reads an answer of any of the servers: `texts` is how many were asked.
    ///
    /// # Errors
    /// `Unreadable` if it is not exactly one embedding of finite numbers for each text, all of one
    /// length; what the server reports.
    pub fn read(body: &[u8], texts: usize) -> Result<Self, ProviderError> {
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            unreadable(format!("expected JSON, got something else ({:?})", error.classify()))
        })?;
        if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
            return Err(ProviderError::from_object(error));
        }
        let token_bits = token_bits(&value, texts);
        let found = vectors(&value)
            .ok_or_else(|| unreadable("expected embeddings, got another document"))?;
        let mut slots: Vec<Option<Vec<f32>>> = vec![None; texts];
        for (index, vector) in found {
            let slot = slots.get_mut(index).filter(|slot| slot.is_none());
            let slot = slot.ok_or_else(|| {
                unreadable(format!(
                    "expected {texts} embeddings, got one more or one twice: {index}"
                ))
            })?;
            *slot = Some(vector.ok_or_else(|| {
                unreadable(format!("embedding {index} is no list of finite numbers"))
            })?);
        }
        let vectors: Option<Vec<Vec<f32>>> = slots.into_iter().collect();
        let vectors =
            vectors.ok_or_else(|| unreadable(format!("expected {texts} embeddings, got fewer")))?;
        let length = vectors.first().map_or(0, Vec::len);
        if vectors.iter().any(|vector| vector.len() != length) {
            return Err(unreadable("the embeddings differ in length"));
        }
        Ok(Self { vectors, token_bits, usage: usage(&value) })
    }

    /// Refuses embeddings of another length than the model is known to have.
    ///
    /// # Errors
    /// `Unreadable`, with both lengths.
    pub fn expect_dimensions(self, dimensions: usize) -> Result<Self, ProviderError> {
        match self.vectors.first().map(Vec::len) {
            Some(length) if length != dimensions => Err(unreadable(format!(
                "expected embeddings of {dimensions} numbers, got {length}; check the model"
            ))),
            _ => Ok(self),
        }
    }
}

fn unreadable(message: impl Into<String>) -> ProviderError {
    ProviderError::new(ErrorKind::Unreadable, message)
}

/// Index and numbers; none: numbers that are none.
type IndexedVector = (usize, Option<Vec<f32>>);

fn vectors(value: &Value) -> Option<Vec<IndexedVector>> {
    // OpenAI and its kin: each with its index, in any order.
    if let Some(data) = value.get("data").and_then(Value::as_array) {
        let index = |at: usize, item: &Value| {
            item.get("index").and_then(Value::as_u64).map_or(Some(at), |n| n.try_into().ok())
        };
        let each = data.iter().enumerate();
        return each
            .map(|(at, item)| Some((index(at, item)?, numbers(item.get("embedding")?))))
            .collect();
    }
    let list = match value.get("embeddings") {
        // Cohere: by type. Gemini: objects with `values`. Ollama: bare lists.
        Some(Value::Object(by_type)) => by_type.get("float")?.as_array()?,
        Some(Value::Array(list)) => list,
        // text-embeddings-inference: a bare list of lists.
        _ => value.as_array()?,
    };
    Some(list.iter().map(|item| numbers(item.get("values").unwrap_or(item))).enumerate().collect())
}

/// Of each text, by the index of its item; what cannot be read is none.
fn token_bits(value: &Value, texts: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new(); texts];
    let items = value.get("data").and_then(Value::as_array).into_iter().flatten();
    for (at, item) in items.enumerate() {
        let index = item.get("index").and_then(Value::as_u64);
        let index = index.map_or(Some(at), |index| index.try_into().ok());
        let bits = item.get("token_bits").and_then(Value::as_str);
        let bits = bits.and_then(|text| STANDARD.decode(text).ok());
        if let (Some(bits), Some(slot)) = (bits, index.and_then(|index| all.get_mut(index))) {
            *slot = bits;
        }
    }
    all
}

/// Finite numbers, written out or as base64 of little-endian floats.
fn numbers(value: &Value) -> Option<Vec<f32>> {
    let numbers: Vec<f32> = match value {
        Value::String(text) => {
            let bytes = STANDARD.decode(text).ok()?;
            let (numbers, rest) = bytes.as_chunks::<4>();
            rest.is_empty().then(|| numbers.iter().map(|b| f32::from_le_bytes(*b)).collect())?
        }
        Value::Array(items) if items.len() <= DIMENSIONS_LIMIT => {
            items.iter().map(number).collect::<Option<_>>()?
        }
        _ => return None,
    };
    (!numbers.is_empty()
        && numbers.len() <= DIMENSIONS_LIMIT
        && numbers.iter().all(|n| n.is_finite()))
    .then_some(numbers)
}

fn number(value: &Value) -> Option<f32> {
    // Through the text: the nearest f32 of what is written, without a cast.
    value.as_f64()?;
    value.to_string().parse().ok()
}

fn usage(value: &Value) -> TokenUsage {
    let mut usage = value.get("usage").map(token_usage).unwrap_or_default();
    let cohere =
        value.pointer("/meta/billed_units").map_or(0, |units| count(units, "input_tokens"));
    usage.prompt = usage.prompt.max(cohere).max(count(value, "prompt_eval_count"));
    if usage.prompt == 0 {
        usage.prompt = value.get("usage").map_or(0, |usage| count(usage, "total_tokens"));
    }
    usage.completion = 0;
    usage
}
