//! Aliases: a name for an ordered list of models.

use access::Action;
use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, ModelAliasId, ModelId},
};
use platform::Cx;

use crate::store::aliases as store;

/// Models of one alias.
const TARGETS_LIMIT: usize = 10;

/// An alias of the tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelAlias {
    /// Ids sort by the time of creation (UUID v7).
    pub id: ModelAliasId,
    /// What assistants and clients name: `a-z`, `0-9`, `.`, `_` and `-`; unique in the tenant.
    pub name: String,
    /// The first choice first; empty once all of its models are gone.
    pub models: Vec<ModelId>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// Last change of the name.
    pub updated_at: Timestamp,
}

/// The aliases of the tenant, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_aliases(cx: &Cx, request: PageRequest) -> Result<Page<ModelAlias>> {
    cx.require(Action::ManageModels)?;
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |alias| Cursor { at: alias.created_at, id: alias.id.0 }))
}

/// One of them.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn get_alias(cx: &Cx, alias: ModelAliasId) -> Result<ModelAlias> {
    cx.require(Action::ManageModels)?;
    stored(cx, alias).await
}

async fn stored(cx: &Cx, alias: ModelAliasId) -> Result<ModelAlias> {
    store::get(cx, alias).await?.ok_or_else(|| id::not_found("alias"))
}

/// Adds one.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `not_found` for an unknown model; `conflict` if the name is
/// taken.
pub async fn create_alias(cx: &Cx, name: &str, models: &[ModelId]) -> Result<ModelAlias> {
    cx.require(Action::ManageModels)?;
    let (name, models) = (checked_name(name)?, checked_models(models)?);
    let id: ModelAliasId = cx.new_id()?;
    store::insert(cx, id, name, models).await?;
    stored(cx, id).await
}

/// Changes one. None: as it is.
///
/// # Errors
/// As [`create_alias`], and `not_found`.
pub async fn update_alias(
    cx: &Cx,
    alias: ModelAliasId,
    name: Option<&str>,
    models: Option<&[ModelId]>,
) -> Result<ModelAlias> {
    cx.require(Action::ManageModels)?;
    let name = name.map(checked_name).transpose()?;
    let models = models.map(checked_models).transpose()?;
    if !store::update(cx, alias, name, models).await? {
        return Err(id::not_found("alias"));
    }
    stored(cx, alias).await
}

/// Deletes one.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn delete_alias(cx: &Cx, alias: ModelAliasId) -> Result<()> {
    cx.require(Action::ManageModels)?;
    if store::delete(cx, alias).await? { Ok(()) } else { Err(id::not_found("alias")) }
}

fn checked_name(name: &str) -> Result<&str> {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let fits = (1..=100).contains(&name.len())
        && name.bytes().next().is_some_and(is_word)
        && name.bytes().all(|b| is_word(b) || b"._-".contains(&b));
    let detail =
        "expected 1 to 100 of a-z, 0-9, `.`, `_` and `-`, beginning with a letter or digit";
    if fits {
        Ok(name)
    } else {
        Err(Problem::refused_field("/name", ReasonCode::AliasFormat, detail))
    }
}

fn checked_models(models: &[ModelId]) -> Result<&[ModelId]> {
    let mut sorted = models.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let fits = (1..=TARGETS_LIMIT).contains(&models.len()) && sorted.len() == models.len();
    let detail = format!("expected 1 to {TARGETS_LIMIT} models, each once, the first choice first");
    if fits {
        Ok(models)
    } else {
        Err(Problem::refused_field(
            "/model_ids",
            ReasonCode::CountOutOfRange.between(1, TARGETS_LIMIT),
            detail,
        ))
    }
}
