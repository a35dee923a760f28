//! The embedding models of the installation.

use kernel::Result;
use platform::Cx;

use crate::store::embedding_models as store;

/// A model that a collection can be embedded with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmbeddingModel {
    /// Its name; collections name it.
    pub id: String,
    /// Numbers of a vector.
    pub dimensions: i32,
    /// Tokens of the longest chunk that it reads, its prefix included.
    pub window_tokens: i32,
    /// Languages that it reads, as Postgres names them; None: all that are known here.
    pub languages: Option<Vec<String>>,
    /// SPDX expression.
    pub licence: String,
    /// Whether new collections are embedded with it.
    pub is_default: bool,
}

/// The models, ordered by name.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn list_embedding_models(cx: &Cx) -> Result<Vec<EmbeddingModel>> {
    let default = models::default_embedding_model().await?;
    store::list(cx, &default).await
}
