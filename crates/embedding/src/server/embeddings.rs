//! `POST /v1/embeddings`.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::HeaderMap;
use base64::Engine;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{Refusal, for_user};
use crate::{DIMENSIONS, InputType, Lane, Models, Vector};

/// Most texts in one request, as OpenAI has it.
const MOST_TEXTS: usize = 2048;
/// A request of at most this many bytes of text is taken for a question, which someone waits for.
const QUERY_BYTES: usize = 2048;
/// Texts that are handed to the model at a time: what remains is dropped when the client goes away.
const BATCH: usize = 64;

/// The request; fields that mean nothing here are accepted and left aside.
#[derive(Deserialize)]
pub(super) struct Request {
    model: String,
    input: Input,
    #[serde(default)]
    encoding_format: Option<String>,
    #[serde(default)]
    dimensions: Option<usize>,
    /// `query` or `passage`: models that tell them apart put other words before them.
    #[serde(default)]
    input_type: Option<String>,
    /// Whether the bits of the tokens come, too (late interaction).
    #[serde(default)]
    token_bits: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    One(String),
    Many(Vec<String>),
    Other(IgnoredAny),
}

/// The response.
#[derive(Serialize)]
pub(super) struct Response {
    object: &'static str,
    data: Vec<Item>,
    model: &'static str,
    usage: Usage,
}

#[derive(Serialize)]
struct Item {
    object: &'static str,
    index: usize,
    embedding: EncodedVector,
    /// In base64; absent if they are not asked for, or the model has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_bits: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum EncodedVector {
    Floats(Vec<f32>),
    Base64(String),
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: usize,
    total_tokens: usize,
}

/// Embeds the texts of the request with the model that it names; a text longer than the model's
/// window is cut there.
pub(super) async fn create(
    State(models): State<Models>,
    headers: HeaderMap,
    request: Result<Json<Request>, JsonRejection>,
) -> Result<Json<Response>, Refusal> {
    let Json(request) = request?;
    let model = models.get(&request.model).ok_or_else(|| Refusal::unknown_model(&request.model))?;
    let input_type = match request.input_type.as_deref() {
        Some("query") => InputType::Query,
        None | Some("passage") => InputType::Passage,
        Some(other) => {
            return Err(Refusal::field(
                "input_type",
                format!("`query` or `passage` expected, `{other}` came."),
            ));
        }
    };
    if let Some(other) = request.dimensions.filter(|wanted| *wanted != DIMENSIONS) {
        return Err(Refusal::field("dimensions", format!("{DIMENSIONS} expected, {other} came.")));
    }
    let encode: fn(Vector) -> EncodedVector = match request.encoding_format.as_deref() {
        None | Some("float") => |vector| EncodedVector::Floats(vector.to_vec()),
        Some("base64") => to_base64,
        Some(other) => {
            return Err(Refusal::field(
                "encoding_format",
                format!("`float` or `base64` expected, `{other}` came."),
            ));
        }
    };
    let embedder = for_user(model, &headers);
    let texts = texts(request.input)?;
    let short = texts.iter().map(String::len).sum::<usize>() <= QUERY_BYTES;
    let lane = if short { Lane::Query } else { Lane::Document };
    let mut data = Vec::with_capacity(texts.len());
    let mut tokens = 0;
    for batch in texts.chunks(BATCH) {
        let embedded = embedder.embed_as(input_type, batch, lane).await.map_err(Refusal::failed)?;
        tokens += embedded.tokens;
        for (vector, bits) in embedded.vectors.into_iter().zip(embedded.token_bits) {
            let token_bits = (request.token_bits && !bits.is_empty())
                .then(|| base64::engine::general_purpose::STANDARD.encode(bits));
            let (index, embedding) = (data.len(), encode(vector));
            data.push(Item { object: "embedding", index, embedding, token_bits });
        }
    }
    let usage = Usage { prompt_tokens: tokens, total_tokens: tokens };
    Ok(Json(Response { object: "list", data, model: model.spec().id, usage }))
}

fn texts(input: Input) -> Result<Vec<String>, Refusal> {
    let texts = match input {
        Input::One(text) => vec![text],
        Input::Many(texts) => texts,
        Input::Other(IgnoredAny) => {
            let message = "A string or an array of strings expected; token ids and other types cannot be embedded.";
            return Err(Refusal::field("input", message));
        }
    };
    if texts.is_empty() || texts.len() > MOST_TEXTS {
        return Err(Refusal::field(
            "input",
            format!("1 to {MOST_TEXTS} texts expected, {} came.", texts.len()),
        ));
    }
    if let Some(at) = texts.iter().position(String::is_empty) {
        return Err(Refusal::field("input", format!("Text expected, but text {at} is empty.")));
    }
    Ok(texts)
}

/// The floats' bytes, lowest first.
fn to_base64(vector: Vector) -> EncodedVector {
    let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
    EncodedVector::Base64(base64::engine::general_purpose::STANDARD.encode(bytes))
}
