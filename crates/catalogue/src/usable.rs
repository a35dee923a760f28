//! Which models a user may ask: chat models, and those that write down what is said.

use kernel::{
    Result,
    id::{ModelId, SpaceId},
};
use models::{Capability, ModelKind};
use platform::Cx;

use crate::store::usable as store;

/// A model, or an alias of models, that the caller may ask.
#[derive(Clone, PartialEq, Debug)]
pub struct UsableModel {
    /// What assistants and clients name: the id of a model, or the name of an alias.
    pub reference: String,
    /// As people see it.
    pub title: String,
    /// The name of its provider; none: an alias.
    pub provider: Option<String>,
    /// Tokens that may go in; of an alias what fits each of its models.
    pub context_tokens: Option<i32>,
    /// What it can do; of an alias what each of its models can do, whichever answers.
    pub capabilities: Vec<Capability>,
    /// The day on which its provider ends it.
    pub deprecated_on: Option<String>,
    /// What its provider advises instead.
    pub successor: Option<String>,
}

/// A model of a reference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundModel {
    /// The model.
    pub id: ModelId,
    /// As its provider names it.
    pub name: String,
    /// Tokens that may go in.
    pub context_tokens: Option<i32>,
    /// Tokens that come out at most.
    pub output_tokens: Option<i32>,
    /// What it can do.
    pub capabilities: Vec<Capability>,
}

/// The chat models and aliases that the caller may ask, at most 500: aliases first, each by its
/// title. `space`: where it is asked; a model that is only for spaces is usable in those, by
/// everyone who may ask there. The caller of this function has checked that the user has a role in
/// the space.
///
/// # Errors
/// `not_signed_in` if the actor is not a user.
pub async fn list_usable_models(cx: &Cx, space: Option<SpaceId>) -> Result<Vec<UsableModel>> {
    store::list(cx, cx.user()?, space, ModelKind::Chat).await
}

/// The models of a reference that the caller may ask now, the first choice first; empty if there is
/// none, or the caller may ask none of them.
///
/// # Errors
/// As [`list_usable_models`].
pub async fn find_usable_models(
    cx: &Cx,
    reference: &str,
    space: Option<SpaceId>,
) -> Result<Vec<FoundModel>> {
    store::find(cx, cx.user()?, space, ModelKind::Chat, reference).await
}

/// The models and aliases that write down what is said for the caller, as
/// [`list_usable_models`].
///
/// # Errors
/// As [`list_usable_models`].
pub async fn list_usable_transcribers(cx: &Cx, space: Option<SpaceId>) -> Result<Vec<UsableModel>> {
    store::list(cx, cx.user()?, space, ModelKind::Transcription).await
}

/// The models of a reference that write down what is said for the caller, as
/// [`find_usable_models`].
///
/// # Errors
/// As [`list_usable_models`].
pub async fn find_usable_transcribers(
    cx: &Cx,
    reference: &str,
    space: Option<SpaceId>,
) -> Result<Vec<FoundModel>> {
    store::find(cx, cx.user()?, space, ModelKind::Transcription, reference).await
}
