//! The reranker of the tenant: the model that orders what searches find.

use access::Action;
use kernel::{
    Problem, ReasonCode, Result,
    id::{ModelId, SpaceId},
};
use models::ModelKind;
use platform::Cx;

use crate::{model, provider, store::rerankers as store};

/// A reranker that the caller may ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsableReranker {
    /// The model.
    pub id: ModelId,
    /// As people see it.
    pub title: String,
}

/// The model that was chosen; none: searches keep their own order.
///
/// # Errors
/// `not_allowed`.
pub async fn get_reranker(cx: &Cx) -> Result<Option<ModelId>> {
    cx.require(Action::ManageModels)?;
    store::get(cx).await
}

/// Chooses a model; none: searches keep their own order.
///
/// # Errors
/// `not_allowed`, `not_found`; `invalid_body` if it is no reranker, or its provider has none.
pub async fn put_reranker(cx: &Cx, model: Option<ModelId>) -> Result<()> {
    cx.require(Action::ManageModels)?;
    let Some(model) = model else { return store::delete(cx).await };
    let chosen = model::get_model(cx, model).await?;
    let provider = provider::get_provider(cx, chosen.provider_id).await?;
    if chosen.settings.kind != ModelKind::Rerank || !provider.dialect.has_rerank() {
        let detail = "expected a model of the kind rerank, of a provider that speaks like Cohere, Jina, text-embeddings-inference or a compatible server";
        return Err(Problem::refused_field("/model_id", ReasonCode::NotAReranker, detail));
    }
    store::put(cx, model).await
}

/// The reranker, if there is one and the caller may ask it: it is enabled, for everywhere, for the
/// space that is searched, or for a group of the user. The caller of this function has checked that
/// the user has a role in the space.
///
/// # Errors
/// `not_signed_in` if the actor is not a user.
pub async fn find_usable_reranker(
    cx: &Cx,
    space: Option<SpaceId>,
) -> Result<Option<UsableReranker>> {
    store::find(cx, cx.user()?, space).await
}
