//! Models of a provider: what they can do, what they cost, and where they may be used.

use access::Action;
use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, ModelId, ProviderId, SpaceId, UserGroupId},
    text,
};
use models::{Capability, Catalogue, KnownModel, ModelKind, PriceList};
use platform::Cx;
use serde_json::Value;

use crate::{provider, store::models as store};

/// Spaces, or groups, of one model.
const PLACES_LIMIT: usize = 200;

/// A model of the tenant.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// Ids sort by the time of creation (UUID v7).
    pub id: ModelId,
    /// Whose it is.
    pub provider_id: ProviderId,
    /// What can be changed.
    pub settings: ModelSettings,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// Everything of a model that administrators say.
#[derive(Clone, PartialEq, Debug)]
pub struct ModelSettings {
    /// As the provider names it; unique in the provider.
    pub name: String,
    /// As people see it.
    pub title: String,
    /// What it does.
    pub kind: ModelKind,
    /// Tokens that may go in.
    pub context_tokens: Option<i32>,
    /// Tokens that may come out.
    pub output_tokens: Option<i32>,
    /// What it can do.
    pub capabilities: Vec<Capability>,
    /// [`models::Endpoint::thinks_by_budget`].
    pub thinks_by_budget: bool,
    /// Decimal text by tier, as [`PriceList::read`] takes it; an empty object: not known.
    pub prices: Value,
    /// Where they stand.
    pub prices_source: Option<String>,
    /// The day on which they were read, `2026-11-29`.
    pub prices_date: Option<String>,
    /// The day on which its provider ends it.
    pub deprecated_on: Option<String>,
    /// What its provider advises instead.
    pub successor: Option<String>,
    /// Whether it is asked.
    pub enabled: bool,
    /// Where it may be used; none: everywhere.
    pub places: Option<Audience>,
    /// The most confidential class of data that it may see, in the tenant's words.
    pub classification: Option<String>,
}

/// Where a model may be used.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Audience {
    /// In these spaces, by everyone there.
    pub spaces: Vec<SpaceId>,
    /// By the members of these groups, anywhere.
    pub groups: Vec<UserGroupId>,
}

impl ModelSettings {
    /// A model of which nothing is known but its name.
    #[must_use]
    pub fn named(name: &str, kind: ModelKind) -> Self {
        Self {
            name: name.to_owned(),
            title: name.to_owned(),
            kind,
            context_tokens: None,
            output_tokens: None,
            capabilities: Vec::new(),
            thinks_by_budget: false,
            prices: Value::Object(serde_json::Map::new()),
            prices_source: None,
            prices_date: None,
            deprecated_on: None,
            successor: None,
            enabled: true,
            places: None,
            classification: None,
        }
    }

    pub(crate) fn known(model: &KnownModel, catalogue: &Catalogue) -> Self {
        let tokens = |tokens: Option<u32>| tokens.and_then(|n| i32::try_from(n).ok());
        Self {
            context_tokens: tokens(model.context_tokens),
            output_tokens: tokens(model.output_tokens),
            capabilities: model.capabilities.clone(),
            thinks_by_budget: model.thinks_by_budget,
            prices: model.prices_text.clone(),
            prices_source: model.source.clone().or_else(|| Some(catalogue.source.clone())),
            prices_date: Some(catalogue.date.clone()),
            deprecated_on: model.deprecated_on.clone(),
            successor: model.successor.clone(),
            ..Self::named(&model.name, model.kind)
        }
    }

    /// The settings with every rule checked.
    pub(crate) fn checked(mut self) -> Result<Self> {
        self.name = text::line("/name", &self.name, 1, 200)?;
        self.title = text::line("/title", &self.title, 1, 200)?;
        for (pointer, tokens) in
            [("/context_tokens", self.context_tokens), ("/output_tokens", self.output_tokens)]
        {
            if tokens.is_some_and(|tokens| tokens < 1) {
                return Err(Problem::refused_field(
                    pointer,
                    ReasonCode::TooSmall.between(1, i32::MAX),
                    "expected a number of tokens from 1 on",
                ));
            }
        }
        self.capabilities.sort_unstable();
        self.capabilities.dedup();
        PriceList::read(&self.prices)
            .map_err(|cause| Problem::refused_field("/prices", ReasonCode::PricesFormat, cause))?;
        let optional = |pointer, value: Option<String>, most| {
            value.map(|value| text::line(pointer, &value, 1, most)).transpose()
        };
        self.prices_source = optional("/prices_source", self.prices_source, 500)?;
        self.successor = optional("/successor", self.successor, 200)?;
        self.classification = optional("/classification", self.classification, 100)?;
        for (pointer, day) in
            [("/prices_date", &self.prices_date), ("/deprecated_on", &self.deprecated_on)]
        {
            if day
                .as_deref()
                .is_some_and(|day| day.contains('T') || Timestamp::parse(day).is_none())
            {
                return Err(Problem::refused_field(
                    pointer,
                    ReasonCode::DayFormat,
                    "expected a day such as 2026-11-29",
                ));
            }
        }
        if let Some(places) = &mut self.places {
            places.spaces.sort_unstable();
            places.spaces.dedup();
            places.groups.sort_unstable();
            places.groups.dedup();
            if places.spaces.len().max(places.groups.len()) > PLACES_LIMIT {
                let detail = format!("expected at most {PLACES_LIMIT} spaces and as many groups");
                return Err(Problem::refused_field(
                    "/places",
                    ReasonCode::TooMany.at_most(PLACES_LIMIT),
                    detail,
                ));
            }
        }
        Ok(self)
    }
}

/// The models of the tenant, or of one provider, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_models(
    cx: &Cx,
    provider: Option<ProviderId>,
    request: PageRequest,
) -> Result<Page<Model>> {
    cx.require(Action::ManageModels)?;
    let (items, total) = store::list(cx, provider, request).await?;
    Ok(Page::cut(items, total, request, |model| Cursor { at: model.created_at, id: model.id.0 }))
}

/// One of them.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn get_model(cx: &Cx, model: ModelId) -> Result<Model> {
    cx.require(Action::ManageModels)?;
    stored(cx, model).await
}

async fn stored(cx: &Cx, model: ModelId) -> Result<Model> {
    store::get(cx, model).await?.ok_or_else(|| id::not_found("model"))
}

/// Adds one.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `not_found` for an unknown provider, space or group; `conflict`
/// if the provider has a model of this name.
pub async fn create_model(cx: &Cx, provider: ProviderId, settings: ModelSettings) -> Result<Model> {
    cx.require(Action::ManageModels)?;
    let settings = settings.checked()?;
    provider::get_provider(cx, provider).await?;
    let id: ModelId = cx.new_id()?;
    store::insert(cx, id, provider, &settings).await?;
    stored(cx, id).await
}

/// Changes one: `change` gets what is stored.
///
/// # Errors
/// As [`create_model`]; `conflict` if another change came between.
pub async fn update_model(
    cx: &Cx,
    model: ModelId,
    change: impl FnOnce(&mut ModelSettings) -> Result<()>,
) -> Result<Model> {
    cx.require(Action::ManageModels)?;
    let before = stored(cx, model).await?;
    let mut settings = before.settings;
    change(&mut settings)?;
    let settings = settings.checked()?;
    if !store::update(cx, model, before.updated_at, &settings).await? {
        let detail = "another administrator changed this model just now; look at it again, then repeat the change";
        return Err(Problem::conflict(ReasonCode::ChangedMeanwhile, detail));
    }
    stored(cx, model).await
}

/// Deletes one; aliases continue with their other models.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn delete_model(cx: &Cx, model: ModelId) -> Result<()> {
    cx.require(Action::ManageModels)?;
    if store::delete(cx, model).await? { Ok(()) } else { Err(id::not_found("model")) }
}
