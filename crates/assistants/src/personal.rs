//! The assistant of a person's own documents, with its collection: made at first need, found again afterwards.

use access::Scope;
use kernel::{
    Problem, Result,
    id::{self, AssistantId, CollectionId},
    text,
};
use platform::Cx;
use spaces::Action;

use crate::{Assistant, get_assistant, store};

/// The caller's personal assistant and the collection that it answers from. What is missing is made and called `name`;
/// what is there keeps its name. Repeating it changes nothing.
///
/// # Errors
/// `invalid_body` for a name that is not 3 to 50 characters long; `not_allowed` if the caller's role lets them make no assistants or
/// no collections; `not_found` if the caller has no personal space.
pub async fn personal_assistant(cx: &Cx, name: &str) -> Result<(Assistant, CollectionId)> {
    // The route asks for the scope of assistants only.
    cx.require(Action::Use(Scope::KnowledgeWrite))?;
    let name = text::line("/name", name, 3, 50)?;
    let space = store::personal_space(cx).await?.ok_or_else(|| id::not_found("space"))?;
    spaces::require(cx, space, Action::EditKnowledge).await?;
    spaces::require(cx, space, Action::EditAssistants).await?;
    let (collection, assistant): (CollectionId, AssistantId) = (cx.new_id()?, cx.new_id()?);
    let model = models::default_embedding_model().await?;
    store::insert_personal(cx, space, collection, assistant, &name, &model).await?;
    // Read by a statement of its own: it sees what another request made at the same time.
    let (assistant, collection) =
        store::personal(cx, space).await?.ok_or_else(|| Problem::internal("the personal assistant is missing"))?;
    Ok((get_assistant(cx, assistant).await?, collection))
}
