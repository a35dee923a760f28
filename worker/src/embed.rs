//! Embedding chunks: by the built-in models in this process, or by a server.

use std::time::Instant;

use embedding::{Embedder, Lane, Models};
use kernel::{Problem, Result};
use models::TextEmbedding;
use platform::telemetry;

use crate::run::Worker;

/// The embedding models: built in or on a server.
pub enum Embedding {
    /// The built-in models, called directly. HTTP would not cost time (measured), but it is one
    /// more thing that can fail.
    BuiltIn(Models),
    /// The server that `TESSERA_EMBEDDING_URL` names. Chunks are still counted with the built-in
    /// models' tokenizers.
    Server(Models),
}

impl Embedding {
    /// The built-in model of this name. Its tokenizer measures chunks, also if a server embeds
    /// them.
    ///
    /// # Errors
    /// `unavailable` if this worker has not loaded it.
    pub fn model(&self, id: &str) -> Result<&Embedder> {
        let (Self::BuiltIn(models) | Self::Server(models)) = self;
        let loaded = || models.ids().collect::<Vec<_>>().join(", ");
        models.get(id).ok_or_else(|| {
            Problem::unavailable(
                "the embedding model",
                format!("`{id}` is not loaded here, only {}", loaded()),
            )
        })
    }

    /// One embedding per text, in order. A server is tried up to three times.
    ///
    /// # Errors
    /// `unavailable` if no vectors came.
    pub async fn embed(&self, model: &str, texts: &[String]) -> Result<Vec<TextEmbedding>> {
        match self {
            Self::BuiltIn(_) => {
                let embedded = self.model(model)?.embed(texts, Lane::Document).await;
                let embedded = embedded
                    .map_err(|e| Problem::unavailable("the built-in embedding model", e))?;
                let each = embedded.vectors.into_iter().zip(embedded.token_bits);
                Ok(each
                    .map(|(vector, token_bits)| TextEmbedding {
                        vector: vector.to_vec(),
                        token_bits,
                    })
                    .collect())
            }
            Self::Server(_) => models::embed_batch(model, texts).await,
        }
    }
}

impl Worker {
    /// [`Embedding::embed`], in a span and measured. The caller has a turn.
    ///
    /// # Errors
    /// As there; `internal` if there are more or fewer vectors than texts.
    pub(crate) async fn embed_batch(
        &self,
        model: &str,
        texts: &[String],
    ) -> Result<Vec<TextEmbedding>> {
        let began = Instant::now();
        let embedded = telemetry::in_span("embed", self.embedding.embed(model, texts)).await;
        if let Some(metrics) = &self.metrics {
            metrics.embedded(model, texts.len(), embedded.is_ok(), began.elapsed());
        }
        let vectors = embedded?;
        if vectors.len() != texts.len() {
            let (expected, got) = (texts.len(), vectors.len());
            return Err(Problem::internal(format!("expected {expected} embeddings, got {got}")));
        }
        Ok(vectors)
    }
}
