//! Embedding passages: by the built-in model in this process, or by a server.

use embedding::{Embedder, Lane};
use kernel::{Problem, Result};

/// Who embeds.
pub enum Embedding {
    /// The built-in model, called directly. Over HTTP a book takes as long (measured), but there is one thing more that can fail.
    BuiltIn(Embedder),
    /// The server that `TESSERA_EMBEDDING_URL` names. Passages are still counted with the built-in model's tokenizer.
    Server(Embedder),
}

impl Embedding {
    /// The built-in model, whose tokenizer passages are measured with whoever embeds.
    #[must_use]
    pub fn model(&self) -> &Embedder {
        match self {
            Self::BuiltIn(model) | Self::Server(model) => model,
        }
    }

    /// One vector for each text, in their order. A server is asked up to three times.
    ///
    /// # Errors
    /// `unavailable` where no vectors came.
    pub async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        match self {
            Self::BuiltIn(model) => {
                let embedded = model.embed(texts, Lane::Document).await;
                let embedded = embedded.map_err(|e| Problem::unavailable("the built-in embedding model", e))?;
                Ok(embedded.vectors.into_iter().map(|vector| vector.to_vec()).collect())
            }
            Self::Server(_) => models::embed_batch(texts).await,
        }
    }
}
