//! The reranker of the organisation.

use api::{Call, CallWith, Json};
use catalogue::reranker;
use contract::Schema;
use kernel::{Result, id::ModelId};
use serde::{Deserialize, Serialize};

/// The model that orders what searches find.
#[derive(Schema, Serialize)]
#[schema(name = "Reranker")]
pub(crate) struct RerankerBody {
    /// Null: searches keep their own order.
    #[schema(as = Uuid)]
    model_id: Option<String>,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseReranker {
    /// A model of the kind `rerank`. Its provider gets the query, and title, headings and text of
    /// the best 30 passages that the user may read. Null: searches keep their own order, and nothing
    /// is sent.
    #[schema(as = Uuid)]
    model_id: Option<String>,
}

pub(crate) async fn get_reranker(call: Call) -> Result<Json<RerankerBody>> {
    let model = reranker::get_reranker(call.cx()?).await?;
    api::ok(&RerankerBody { model_id: model.map(|id| id.to_string()) })
}

pub(crate) async fn put_reranker(mut call: CallWith<ChooseReranker>) -> Result<Json<RerankerBody>> {
    let body = call.json().await?;
    let model: Option<ModelId> = body.model_id.as_deref().map(str::parse).transpose()?;
    reranker::put_reranker(call.cx()?, model).await?;
    api::ok(&RerankerBody { model_id: body.model_id })
}
