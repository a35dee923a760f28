//! Embeddings: of one question, cached, and of many chunks.

use std::time::Duration;

use kernel::{Code, Problem, Result};
use platform::{
    clock, config, http,
    log::{self, Level},
};
use serde_json::json;

use crate::{
    Embeddings, InputType, Provider, ProviderError,
    cache::{self, Cache},
    failure,
    timeout::within,
};

/// Texts of one request.
const BATCH: usize = 64;
/// The most bytes of an answer: 64 embeddings of 4096 numbers, written out.
const BODY_LIMIT: usize = 16 << 20;
/// How long a batch may take on a slow CPU.
const BATCH_TIMEOUT: Duration = Duration::from_secs(120);
/// Pauses before the second and third attempt.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(3)];
/// The same for a question, whose asker waits.
const QUESTION_PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];
/// A question is sent again only if the attempt failed within so many microseconds: a server that
/// stops closes its connections, and another one serves at once.
const FAST_FAILURE: i64 = 1_000_000;

/// What new collections are embedded with unless a variable says otherwise.
const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2";
/// The model that reads queries and chunks alike.
const WITHOUT_INPUT_TYPES: &str = "all-MiniLM-L6-v2";

/// What new collections are embedded with: the variable `embedding_model`, a row of
/// `embedding_models`.
///
/// # Errors
/// `internal` if the configuration cannot be read.
pub async fn default_embedding_model() -> Result<String> {
    Ok(config::optional("embedding_model").await?.unwrap_or_else(|| DEFAULT_MODEL.to_owned()))
}

/// A question as one model embeds it.
#[derive(Clone, PartialEq, Debug)]
pub struct QueryEmbedding {
    /// `embedding_models.id`.
    pub model: String,
    /// As many numbers as the model has dimensions.
    pub vector: Vec<f32>,
    /// The bits of its tokens; empty if the model has no late interaction.
    pub token_bits: Vec<u8>,
}

/// What a model makes of a text.
#[derive(Clone, PartialEq, Debug)]
pub struct TextEmbedding {
    /// As many numbers as the model has dimensions.
    pub vector: Vec<f32>,
    /// The bits of its tokens, 48 bytes each; empty if the model has no late interaction.
    pub token_bits: Vec<u8>,
}

/// What is asked in one request.
#[derive(Clone, Copy)]
struct EmbedCall<'a> {
    input_type: InputType,
    texts: &'a [&'a str],
    /// Who takes turns with others at the model; none for ingestion.
    user: Option<&'a str>,
    token_bits: bool,
}

/// The embeddings of a question by each of these models. `namespace`: of the tenant in Redis, whose
/// cache they are kept in.
///
/// # Errors
/// `unavailable` if no model can be reached, `model_failed` if they refuse. A model that fails
/// beside others is left out.
pub async fn embed_query(
    namespace: &str,
    models: &[String],
    query: &str,
) -> Result<Vec<QueryEmbedding>> {
    Provider::embedding().await?.embed_query(namespace, models, query).await
}

/// The embeddings of chunks, in their order, by one model.
///
/// # Errors
/// As [`embed_query`], after three attempts.
pub async fn embed_batch(model: &str, texts: &[String]) -> Result<Vec<TextEmbedding>> {
    let provider = Provider::embedding().await?.with_model(model);
    provider.embed_batches(InputType::Document, texts, None, true).await
}

impl Provider {
    /// As the function of the same name.
    ///
    /// # Errors
    /// As there.
    pub async fn embed_query(
        &self,
        namespace: &str,
        models: &[String],
        query: &str,
    ) -> Result<Vec<QueryEmbedding>> {
        let each = models.iter().map(async |model| {
            let TextEmbedding { vector, token_bits } =
                self.with_model(model).embed(namespace, query).await?;
            Ok::<_, Problem>(QueryEmbedding { model: model.clone(), vector, token_bits })
        });
        let (mut found, mut failed) = (Vec::new(), None);
        for embedding in futures::future::join_all(each).await {
            match embedding {
                Ok(embedding) => found.push(embedding),
                Err(problem) => failed = Some(problem),
            }
        }
        match failed {
            // Collections of a model that is not served are searched by their words alone; the
            // others as ever.
            Some(problem) if !found.is_empty() => {
                let cause = problem.cause.unwrap_or_else(|| problem.detail.into_owned());
                log::line(
                    Level::Warn,
                    "models",
                    "a model did not embed the question",
                    &[("cause", json!(cause))],
                );
                Ok(found)
            }
            Some(problem) => Err(problem),
            None => Ok(found),
        }
    }

    /// The embedding of a question; from the tenant's cache if it was asked there within the hour.
    ///
    /// # Errors
    /// As [`embed_query`].
    pub async fn embed(&self, namespace: &str, query: &str) -> Result<TextEmbedding> {
        let (cache, key) = (Cache::open().await, cache::key(namespace, &self.model, query));
        if let Some(found) = cache.get(&key).await {
            return Ok(found);
        }
        let found = self
            .request_question(query, namespace)
            .await?
            .pop()
            .ok_or_else(|| failure::no_embedding("no embedding for one text"))?;
        cache.put(key, &found);
        Ok(found)
    }

    /// The embeddings of texts, in their order and from no cache. `namespace`: of the tenant in
    /// Redis, which takes turns with others at the embedding model; none for ingestion.
    ///
    /// # Errors
    /// As [`embed_batch`].
    pub async fn embed_texts(
        &self,
        input_type: InputType,
        texts: &[String],
        namespace: Option<&str>,
    ) -> Result<Vec<Vec<f32>>> {
        let embedded = self.embed_batches(input_type, texts, namespace, false).await?;
        Ok(embedded.into_iter().map(|embedded| embedded.vector).collect())
    }

    async fn embed_batches(
        &self,
        input_type: InputType,
        texts: &[String],
        user: Option<&str>,
        token_bits: bool,
    ) -> Result<Vec<TextEmbedding>> {
        let mut batched = self.clone();
        batched.timeouts.first = batched.timeouts.first.max(BATCH_TIMEOUT);
        let mut out = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
            let call = EmbedCall { input_type, texts: &batch, user, token_bits };
            out.extend(batched.request_with_retries(call).await?);
        }
        Ok(out)
    }

    async fn request_question(&self, query: &str, namespace: &str) -> Result<Vec<TextEmbedding>> {
        let (input_type, user) = (InputType::Query, Some(namespace));
        let call = EmbedCall { input_type, texts: &[query], user, token_bits: true };
        for pause in QUESTION_PAUSES {
            let began = clock::now();
            match self.request(call).await {
                Err(problem)
                    if problem.code == Code::Unavailable
                        && clock::now().0 - began.0 < FAST_FAILURE =>
                {
                    platform::task::sleep(pause).await
                }
                other => return other,
            }
        }
        self.request(call).await
    }

    async fn request_with_retries(&self, call: EmbedCall<'_>) -> Result<Vec<TextEmbedding>> {
        for pause in PAUSES {
            match self.request(call).await {
                Err(problem) if problem.code == Code::Unavailable => {
                    platform::task::sleep(pause).await
                }
                other => return other,
            }
        }
        self.request(call).await
    }

    async fn request(&self, call: EmbedCall<'_>) -> Result<Vec<TextEmbedding>> {
        let unavailable = |cause: String| Problem::unavailable("the embedding model", cause);
        let mut body = json!({ "model": self.model, "input": call.texts });
        // A server that refuses members that it does not know serves a model that needs none.
        if self.model != WITHOUT_INPUT_TYPES
            && let Some(members) = body.as_object_mut()
        {
            let input_type = match call.input_type {
                InputType::Query => "query",
                InputType::Document => "passage",
            };
            members.insert("input_type".to_owned(), input_type.into());
            if call.token_bits {
                members.insert("token_bits".to_owned(), true.into());
            }
        }
        let out = self.post("embeddings", &body, call.user);
        let exchange = async {
            let answer = http::send(out).await?;
            let status = answer.status;
            Ok::<_, Problem>((status, answer.bytes(BODY_LIMIT).await?))
        };
        let done = within(self.timeouts.first, exchange)
            .await
            .ok_or_else(|| unavailable("no answer in time".to_owned()))?;
        let (status, body) = done.map_err(|p| unavailable(p.cause.unwrap_or_default()))?;
        if status == 200 {
            let found = Embeddings::read(&body, call.texts.len()).map_err(failure::no_embedding)?;
            let each = found.vectors.into_iter().zip(found.token_bits);
            return Ok(each
                .map(|(vector, token_bits)| TextEmbedding { vector, token_bits })
                .collect());
        }
        let error = ProviderError::from_response(status, |_| None, &body, clock::now());
        let may_pass = matches!(status, 429 | 500..);
        Err(if may_pass { unavailable(error.to_string()) } else { failure::no_embedding(error) })
    }
}
