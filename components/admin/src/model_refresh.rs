//! Values of a catalogue for models that are there already.

use access::Action;
use api::{CallWith, Json};
use catalogue::{
    known::{self, Refresh},
    model::{Model, ModelSettings},
};
use contract::Schema;
use kernel::{Problem, ReasonCode, Result, id::ModelId};
use models::Catalogue;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a catalogue knows of a model.
#[derive(Schema, Serialize)]
#[schema(name = "KnownValues")]
pub(crate) struct KnownValuesBody {
    context_tokens: Option<i32>,
    output_tokens: Option<i32>,
    #[schema(as = crate::models::CapabilityName)]
    capabilities: Vec<&'static str>,
    thinks_by_budget: bool,
    /// As in `ProviderModel`.
    prices: Value,
    prices_source: Option<String>,
    prices_date: Option<String>,
    deprecated_on: Option<String>,
    successor: Option<String>,
}

impl From<&ModelSettings> for KnownValuesBody {
    fn from(settings: &ModelSettings) -> Self {
        Self {
            context_tokens: settings.context_tokens,
            output_tokens: settings.output_tokens,
            capabilities: settings
                .capabilities
                .iter()
                .map(|capability| capability.as_str())
                .collect(),
            thinks_by_budget: settings.thinks_by_budget,
            prices: settings.prices.clone(),
            prices_source: settings.prices_source.clone(),
            prices_date: settings.prices_date.clone(),
            deprecated_on: settings.deprecated_on.clone(),
            successor: settings.successor.clone(),
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshModels {
    /// These models; absent: all, of more than 1 000 the newest.
    #[schema(as = Uuid, length(min = 1, max = 200))]
    model_ids: Option<Vec<String>>,
    /// A catalogue in the form of the shipped one (`crates/models/data/models.json`), with at most
    /// 100 providers and 2 000 models; absent: the shipped one.
    file: Option<Value>,
    /// Nothing is changed, and the response says what would be.
    dry_run: bool,
}

/// A model whose values differ.
#[derive(Schema, Serialize)]
pub(crate) struct ModelDifference {
    #[schema(as = Uuid)]
    model_id: String,
    title: String,
    before: KnownValuesBody,
    after: KnownValuesBody,
}

/// A model that the catalogue does not know; it stays as it is.
#[derive(Schema, Serialize)]
pub(crate) struct UnknownModel {
    #[schema(as = Uuid)]
    model_id: String,
    title: String,
}

#[derive(Schema, Serialize)]
pub(crate) struct ModelRefresh {
    /// Where the values stand.
    source: String,
    /// The day, `2026-11-29`.
    date: String,
    /// What was changed, or would be.
    differences: Vec<ModelDifference>,
    /// Models that have these values already.
    unchanged: usize,
    unknown: Vec<UnknownModel>,
}

pub(crate) async fn refresh_models(
    mut call: CallWith<RefreshModels>,
) -> Result<Json<ModelRefresh>> {
    let body: RefreshModels = call.json().await?;
    let cx = call.cx()?;
    cx.require(Action::ManageModels)?;
    let catalogue = match &body.file {
        Some(file) => Catalogue::read_file(file)
            .map_err(|cause| Problem::refused_field("/file", ReasonCode::PricesFormat, cause))?,
        None => Catalogue::shipped()?,
    };
    let wanted: Vec<ModelId> =
        body.model_ids.unwrap_or_default().iter().map(|id| id.parse()).collect::<Result<_>>()?;
    let refresh = known::refresh_models(cx, &catalogue, &wanted, body.dry_run).await?;
    api::ok(&report(&catalogue, &refresh))
}

fn report(catalogue: &Catalogue, refresh: &Refresh) -> ModelRefresh {
    let difference = |(model, after): &(Model, ModelSettings)| ModelDifference {
        model_id: model.id.to_string(),
        title: model.settings.title.clone(),
        before: KnownValuesBody::from(&model.settings),
        after: KnownValuesBody::from(after),
    };
    let unknown = |model: &Model| UnknownModel {
        model_id: model.id.to_string(),
        title: model.settings.title.clone(),
    };
    ModelRefresh {
        source: catalogue.source.clone(),
        date: catalogue.date.clone(),
        differences: refresh.changes.iter().map(difference).collect(),
        unchanged: refresh.unchanged,
        unknown: refresh.unknown.iter().map(unknown).collect(),
    }
}
