//! The assistant of a user's own documents, with its collection; created at first use.

use access::Scope;
use kernel::{
    Problem, Result,
    id::{self, AssistantId, CollectionId},
    text,
};
use platform::Cx;
use spaces::Action;

use crate::{Assistant, get_assistant, store};

/// The caller's personal assistant and its collection. Missing ones are created and called `name`;
/// existing ones keep their names. Idempotent.
///
/// # Errors
/// `invalid_body` for a name that is not 3 to 50 characters long; `not_allowed` if the caller's
/// role may not create assistants or collections; `not_found` if the caller has no personal space.
pub async fn personal_assistant(cx: &Cx, name: &str) -> Result<(Assistant, CollectionId)> {
    // The route requires only the scope of assistants.
    cx.require(Action::Use(Scope::KnowledgeWrite))?;
    let name = text::line("/name", name, 3, 50)?;
    let space = store::personal_space(cx).await?.ok_or_else(|| id::not_found("space"))?;
    spaces::require(cx, space, Action::EditKnowledge).await?;
    spaces::require(cx, space, Action::EditAssistants).await?;
    let (collection, assistant): (CollectionId, AssistantId) = (cx.new_id()?, cx.new_id()?);
    let model = models::default_embedding_model().await?;
    store::insert_personal(cx, space, collection, assistant, &name, &model).await?;
    // A separate statement, so that it sees what a concurrent request created.
    let (assistant, collection) = store::personal(cx, space)
        .await?
        .ok_or_else(|| Problem::internal("the personal assistant is missing"))?;
    Ok((get_assistant(cx, assistant).await?, collection))
}
