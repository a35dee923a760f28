//! The embedding models of the installation.

use api::{Call, Json};
use contract::Schema;
use kernel::Result;
use knowledge::EmbeddingModel;
use serde::Serialize;

/// A model that a collection can be embedded with.
#[derive(Schema, Serialize)]
pub(crate) struct EmbeddingModelBody {
    id: String,
    /// Numbers of a vector.
    dimensions: i32,
    /// Tokens of the longest chunk that it reads.
    window_tokens: i32,
    /// Languages that it reads, as Postgres names them; null: all.
    languages: Option<Vec<String>>,
    /// SPDX expression.
    licence: String,
    /// Whether new collections are embedded with it.
    is_default: bool,
}

impl From<&EmbeddingModel> for EmbeddingModelBody {
    fn from(model: &EmbeddingModel) -> Self {
        Self {
            id: model.id.clone(),
            dimensions: model.dimensions,
            window_tokens: model.window_tokens,
            languages: model.languages.clone(),
            licence: model.licence.clone(),
            is_default: model.is_default,
        }
    }
}

/// The embedding models of the installation.
#[derive(Schema, Serialize)]
pub(crate) struct EmbeddingModels {
    embedding_models: Vec<EmbeddingModelBody>,
}

pub(crate) async fn list_embedding_models(call: Call) -> Result<Json<EmbeddingModels>> {
    let models = knowledge::list_embedding_models(call.cx()?).await?;
    api::ok(&EmbeddingModels {
        embedding_models: models.iter().map(EmbeddingModelBody::from).collect(),
    })
}
