//! `POST /openai/v1/embeddings`: texts as vectors of a model of the installation.

use access::Scope;
use api::{Call, Json, Watch};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::{Problem, Result};
use models::InputType;
use platform::Cx;
use serde_json::{Value, json};

use crate::{
    json_object::{self, JsonObject, kind, unsupported},
    list_models, providers,
    run::may_go_on,
};

/// The most texts of a request, as at OpenAI.
const MAX_TEXTS: usize = 2_048;

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
struct EmbeddingsRequest {
    model: String,
    texts: Vec<String>,
    is_base64: bool,
    dimensions: Option<i64>,
    /// Our own member: models for search read a query otherwise than the text that it is to find.
    is_query: bool,
}

impl EmbeddingsRequest {
    fn read(body: &Value) -> Result<Self> {
        let body = JsonObject::of_body(body)?;
        let is_base64 = match body.text("encoding_format")? {
            None | Some("float") => false,
            Some("base64") => true,
            Some(other) => {
                let detail = format!("expected float or base64, got {other:.40?}");
                return Err(Problem::invalid_field(body.pointer("encoding_format"), detail));
            }
        };
        let is_query = match body.text("input_type")? {
            None | Some("passage" | "document" | "search_document") => false,
            Some("query" | "search_query") => true,
            Some(other) => {
                let detail = format!("expected query or passage, got {other:.40?}");
                return Err(Problem::invalid_field(body.pointer("input_type"), detail));
            }
        };
        Ok(Self {
            model: body.required_text("model")?.to_owned(),
            texts: texts(&body)?,
            is_base64,
            dimensions: body.integer("dimensions")?,
            is_query,
        })
    }
}

fn texts(body: &JsonObject<'_>) -> Result<Vec<String>> {
    let pointer = body.pointer("input");
    let given: Vec<&Value> = match body.get("input") {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    if given.is_empty() || given.len() > MAX_TEXTS {
        let detail = format!("expected a text or 1 to {MAX_TEXTS} texts, got {}", given.len());
        return Err(Problem::invalid_field(pointer, detail));
    }
    given.into_iter().enumerate().map(|(at, value)| text(value, &pointer, at)).collect()
}

fn text(value: &Value, pointer: &str, at: usize) -> Result<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Ok(text.clone()),
        Value::String(_) => Err(Problem::invalid_field(
            format!("{pointer}/{at}"),
            "expected a text that is not empty",
        )),
        Value::Number(_) | Value::Array(_) => {
            let detail = "expected texts, got numbers of tokens: they are those of another model's tokenizer. Send texts; in LangChain, \
                          OpenAIEmbeddings(check_embedding_ctx_length=False) does";
            Err(unsupported(pointer, detail))
        }
        other => Err(Problem::invalid_field(
            format!("{pointer}/{at}"),
            format!("expected a text, got {}", kind(other)),
        )),
    }
}

pub(crate) async fn create_embeddings(mut call: Call) -> Result<Json<Value>> {
    let body = json_object::body(&mut call).await?;
    let request = EmbeddingsRequest::read(&body)?;
    drop(body);
    let mut watch = Watch::of(&call)?;
    let cx = call.cx()?;
    list_models::require(cx, Scope::ModelsUse)?;
    if !providers::embedding_models(cx).await?.contains(&request.model) {
        return Err(list_models::no_such_model(&request.model));
    }
    cx.db.release().await;
    let vectors = watch.guard(&None, may_go_on, embed(cx, &request)).await??;
    let length = vectors.first().map_or(0, Vec::len);
    if let Some(wanted) = request.dimensions.filter(|wanted| usize::try_from(*wanted) != Ok(length))
    {
        let detail =
            format!("expected {length}, which is what `{}` has, got {wanted}", request.model);
        return Err(unsupported("/dimensions", detail));
    }
    api::ok(&answer(&request, &vectors))
}

async fn embed(cx: &Cx, request: &EmbeddingsRequest) -> Result<Vec<Vec<f32>>> {
    let input_type = if request.is_query { InputType::Query } else { InputType::Document };
    providers::embed(cx, &request.model, input_type, &request.texts).await
}

fn answer(request: &EmbeddingsRequest, vectors: &[Vec<f32>]) -> Value {
    let vector =
        |vector: &Vec<f32>| if request.is_base64 { base64(vector).into() } else { json!(vector) };
    let one = |(at, it): (usize, &Vec<f32>)| json!({ "object": "embedding", "index": at, "embedding": vector(it) });
    let tokens: usize =
        request.texts.iter().map(|text| conversations::estimated_tokens(text)).sum();
    json!({
        "object": "list",
        "model": request.model,
        "data": vectors.iter().enumerate().map(one).collect::<Vec<_>>(),
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
        // The model server does not count.
        "tessera": { "usage_is_estimated": true },
    })
}

/// Little-endian 32-bit floats, as clients unpack them.
fn base64(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &Value) -> Result<EmbeddingsRequest> {
        EmbeddingsRequest::read(
            &json!({ "model": "m", "input": input, "user": "u", "no_such_member": 1 }),
        )
    }

    #[test]
    fn one_text_or_several_are_read() {
        assert_eq!(read(&json!("a")).unwrap().texts, ["a"]);
        assert_eq!(read(&json!(["a", "b"])).unwrap().texts, ["a", "b"]);
    }

    #[test]
    fn tokens_are_refused_with_the_word_that_turns_them_off() {
        for tokens in [json!([1, 2]), json!([[1, 2], [3]])] {
            let problem = read(&tokens).unwrap_err();
            assert_eq!(problem.protocol_code(), Some("unsupported_parameter"));
            assert!(problem.detail.contains("check_embedding_ctx_length"), "{problem}");
        }
    }

    #[test]
    fn an_empty_text_no_text_and_too_many_are_refused() {
        let many = json!(vec!["a"; MAX_TEXTS + 1]);
        for (input, pointer) in [
            (json!(""), "/input/0"),
            (json!(["a", " "]), "/input/1"),
            (json!([true]), "/input/0"),
            (json!([]), "/input"),
            (Value::Null, "/input"),
            (many, "/input"),
        ] {
            assert_eq!(read(&input).unwrap_err().fields[0].pointer, pointer);
        }
    }

    #[test]
    fn base64_holds_little_endian_floats() {
        assert_eq!(base64(&[1.0, -2.0]), "AACAPwAAAMA=");
    }
}
