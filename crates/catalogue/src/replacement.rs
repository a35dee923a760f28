//! Another model in all places that name one: before its provider ends it, or to save money.

use access::Action;
use kernel::{Problem, ReasonCode, Result, id::ModelId};
use platform::Cx;

use crate::{model, provider, store::replacement as store};

/// What names a model.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ModelUses {
    /// Assistants.
    pub assistants: i64,
    /// Names of some of them.
    pub assistant_names: Vec<String>,
    /// Assistants in spaces where the other model may not be used by everyone.
    pub restricted_assistants: i64,
    /// Names of the aliases.
    pub aliases: Vec<String>,
    /// Conversations for which it was chosen.
    pub conversations: i64,
    /// Whether it orders what searches find.
    pub reranks: bool,
}

/// Puts `successor` in the place of `model` in assistants, aliases and conversations and as the
/// reranker, all at once. An alias that has both loses the old one. `dry_run`: only counts.
///
/// # Errors
/// `not_allowed`, `not_found`; `invalid_body` if the other is the same model, of another kind, or
/// off.
pub async fn replace_model(
    cx: &Cx,
    model: ModelId,
    successor: ModelId,
    dry_run: bool,
) -> Result<ModelUses> {
    cx.require(Action::ManageModels)?;
    let old = model::get_model(cx, model).await?;
    let new = model::get_model(cx, successor).await?;
    if old.id == new.id {
        return Err(refused("expected another model"));
    }
    if old.settings.kind != new.settings.kind {
        return Err(refused("expected a model of the same kind"));
    }
    // As where a reranker is chosen.
    let provider = provider::get_provider(cx, new.provider_id).await?;
    if !provider.dialect.has(new.settings.kind) {
        return Err(refused("expected a model of a provider that has models of this kind"));
    }
    if !new.settings.enabled {
        return Err(refused("expected a model that is on"));
    }
    store::replace(cx, model, successor, dry_run).await
}

fn refused(detail: &'static str) -> Problem {
    Problem::refused_field("/successor_id", ReasonCode::ModelUnknown, detail)
}
