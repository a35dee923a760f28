//! Embeddings: of one question, cached, and of many chunks.

use std::time::Duration;

use kernel::{Code, Problem, Result};
use platform::http;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Provider,
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

#[derive(Deserialize)]
struct EmbeddingsResponse {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

/// The embedding of a question, by the configured model. `namespace`: of the tenant in Redis, whose cache it is kept in.
///
/// # Errors
/// `unavailable` where the model cannot be reached, `model_failed` where it refuses.
pub async fn embed(namespace: &str, query: &str) -> Result<Vec<f32>> {
    Provider::embedding().await?.embed(namespace, query).await
}

/// The embeddings of chunks, in their order, by the configured model.
///
/// # Errors
/// As [`embed`], after three attempts.
pub async fn embed_batch(texts: &[String]) -> Result<Vec<Vec<f32>>> {
    Provider::embedding().await?.embed_batch(texts).await
}

impl Provider {
    /// The embedding of a question; from the tenant's cache if it was asked there within the hour.
    ///
    /// # Errors
    /// As the function of the same name.
    pub async fn embed(&self, namespace: &str, query: &str) -> Result<Vec<f32>> {
        let (cache, key) = (Cache::open().await, cache::key(namespace, &self.model, query));
        if let Some(found) = cache.get(&key).await {
            return Ok(found);
        }
        let found = self
            .request(&[query], Some(namespace))
            .await?
            .pop()
            .ok_or_else(|| failure::no_embedding("no embedding for one text"))?;
        cache.put(key, &found);
        Ok(found)
    }

    /// The embeddings of chunks, in their order.
    ///
    /// # Errors
    /// As the function of the same name.
    pub async fn embed_batch(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        let mut batched = self.clone();
        batched.timeouts.first = batched.timeouts.first.max(BATCH_TIMEOUT);
        let mut out = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
            out.extend(batched.request_with_retries(&batch).await?);
        }
        Ok(out)
    }

    async fn request_with_retries(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        for pause in PAUSES {
            match self.request(texts, None).await {
                Err(problem) if problem.code == Code::Unavailable => platform::task::sleep(pause).await,
                other => return other,
            }
        }
        self.request(texts, None).await
    }

    async fn request(&self, texts: &[&str], user: Option<&str>) -> Result<Vec<Vec<f32>>> {
        let unavailable = |cause: String| Problem::unavailable("the embedding model", cause);
        let out = self.post("embeddings", &json!({ "model": self.model, "input": texts }), user);
        let exchange = async {
            let answer = http::send(out).await?;
            let status = answer.status;
            Ok::<_, Problem>((status, answer.bytes(BODY_LIMIT).await?))
        };
        let done =
            within(self.timeouts.first, exchange).await.ok_or_else(|| unavailable("no answer in time".to_owned()))?;
        let (status, body) = done.map_err(|p| unavailable(p.cause.unwrap_or_default()))?;
        match status {
            200 => read(&body, texts.len()),
            429 | 500.. => {
                Err(unavailable(format!("status {status} {}", failure::error_message(&String::from_utf8_lossy(&body)))))
            }
            _ => Err(failure::no_embedding(format!(
                "status {status} {}",
                failure::error_message(&String::from_utf8_lossy(&body))
            ))),
        }
    }
}

/// The embeddings in the order of the texts, exactly one for each.
fn read(body: &[u8], wanted: usize) -> Result<Vec<Vec<f32>>> {
    let mut answer: EmbeddingsResponse =
        serde_json::from_slice(body).map_err(|e| failure::no_embedding(format!("not an embedding answer: {e}")))?;
    answer.data.sort_by_key(|item| item.index);
    let complete = answer.data.len() == wanted
        && answer.data.iter().enumerate().all(|(i, item)| item.index == i && !item.embedding.is_empty());
    if !complete {
        return Err(failure::no_embedding(format!(
            "expected {wanted} embeddings, got {} or wrong indexes",
            answer.data.len()
        )));
    }
    Ok(answer.data.into_iter().map(|item| item.embedding).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embeddings_come_in_the_order_of_the_texts() {
        let body = br#"{"data":[{"index":1,"embedding":[2.0]},{"index":0,"embedding":[1.0]}]}"#;
        assert_eq!(read(body, 2), Ok(vec![vec![1.0], vec![2.0]]));
    }

    #[test]
    fn a_missing_double_or_empty_embedding_is_refused() {
        for body in [
            r#"{"data":[{"index":0,"embedding":[1.0]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1.0]},{"index":0,"embedding":[1.0]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1.0]},{"index":1,"embedding":[]}]}"#,
            "[]",
        ] {
            assert_eq!(read(body.as_bytes(), 2).map_err(|p| p.code), Err(Code::ModelFailed), "{body}");
        }
    }
}
