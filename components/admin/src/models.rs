//! Models of providers.

use access::Action;
use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use catalogue::{
    known,
    model::{self, Audience, Model, ModelSettings},
};
use contract::Schema;
use kernel::{
    Problem, ReasonCode, Result, Timestamp,
    id::{ModelId, ProviderId, SpaceId, UserGroupId},
};
use models::{Capability, ModelKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

contract::words! {
    /// What a model does.
    pub(crate) ModelKindName = ModelKind::ALL.iter().map(|kind| kind.as_str());
    /// What a model can do beside text.
    pub(crate) CapabilityName = Capability::ALL.iter().map(|capability| capability.as_str());
}

contract::shape! {
    pub(crate) struct ModelsParameters {
        #[schema(as = Uuid)]
        provider_id: Option<String>,
    }
}

/// Where a model may be used.
#[derive(Schema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[schema(name = "ModelPlaces")]
pub(crate) struct AudienceBody {
    /// By everyone in these spaces.
    #[schema(as = Uuid, length(max = 200))]
    space_ids: Vec<String>,
    /// By the members of these groups, anywhere.
    #[schema(as = Uuid, length(max = 200))]
    group_ids: Vec<String>,
}

impl AudienceBody {
    fn places(&self) -> Result<Audience> {
        let spaces =
            self.space_ids.iter().map(|id| id.parse::<SpaceId>()).collect::<Result<_>>()?;
        let groups =
            self.group_ids.iter().map(|id| id.parse::<UserGroupId>()).collect::<Result<_>>()?;
        Ok(Audience { spaces, groups })
    }
}

/// A model of a provider.
#[derive(Schema, Serialize)]
#[schema(name = "ProviderModel", list = "models")]
pub(crate) struct ModelBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    provider_id: String,
    /// As the provider names it.
    name: String,
    /// As people see it.
    title: String,
    #[schema(as = ModelKindName)]
    kind: &'static str,
    context_tokens: Option<i32>,
    output_tokens: Option<i32>,
    #[schema(as = CapabilityName)]
    capabilities: Vec<&'static str>,
    /// It counts thoughts in tokens instead of effort.
    thinks_by_budget: bool,
    /// US dollars for one token, search or second, as decimal text by tier: `{"standard": {"input":
    /// "0.000002"}}`. Empty: not known.
    prices: Value,
    prices_source: Option<String>,
    prices_date: Option<String>,
    /// The day on which its provider ends it.
    deprecated_on: Option<String>,
    successor: Option<String>,
    enabled: bool,
    /// Null: everywhere.
    places: Option<AudienceBody>,
    classification: Option<String>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Model> for ModelBody {
    fn from(model: &Model) -> Self {
        let settings = model.settings.clone();
        Self {
            id: model.id.to_string(),
            provider_id: model.provider_id.to_string(),
            name: settings.name,
            title: settings.title,
            kind: settings.kind.as_str(),
            context_tokens: settings.context_tokens,
            output_tokens: settings.output_tokens,
            capabilities: settings
                .capabilities
                .iter()
                .map(|capability| capability.as_str())
                .collect(),
            thinks_by_budget: settings.thinks_by_budget,
            prices: settings.prices,
            prices_source: settings.prices_source,
            prices_date: settings.prices_date,
            deprecated_on: settings.deprecated_on,
            successor: settings.successor,
            enabled: settings.enabled,
            places: settings.places.map(|places| AudienceBody {
                space_ids: places.spaces.iter().map(SpaceId::to_string).collect(),
                group_ids: places.groups.iter().map(UserGroupId::to_string).collect(),
            }),
            classification: settings.classification,
            created_at: model.created_at,
            updated_at: model.updated_at,
        }
    }
}

/// What is absent is taken from the shipped catalogue, if that knows the model; a date at the end
/// of the name does not matter.
#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateProviderModel {
    #[schema(as = Uuid)]
    provider_id: String,
    #[schema(length(min = 1, max = 200))]
    name: String,
    /// The name if it is absent.
    #[schema(length(min = 1, max = 200))]
    title: Option<String>,
    #[schema(as = ModelKindName)]
    kind: String,
    #[schema(range(min = 1))]
    context_tokens: Option<i32>,
    #[schema(range(min = 1))]
    output_tokens: Option<i32>,
    #[schema(as = CapabilityName, length(max = 10))]
    capabilities: Option<Vec<String>>,
    /// As the list shows them.
    prices: Option<Value>,
}

impl CreateProviderModel {
    fn apply(self, settings: &mut ModelSettings) -> Result<()> {
        settings.title = self.title.unwrap_or(self.name);
        settings.context_tokens = self.context_tokens.or(settings.context_tokens);
        settings.output_tokens = self.output_tokens.or(settings.output_tokens);
        if let Some(names) = &self.capabilities {
            settings.capabilities = capabilities(names)?;
        }
        if let Some(prices) = self.prices {
            settings.prices = prices;
            settings.prices_source = None;
            settings.prices_date = None;
        }
        Ok(())
    }
}

/// What is absent stays, what is null becomes unknown.
#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateProviderModel {
    #[schema(length(min = 1, max = 200))]
    name: Option<String>,
    #[schema(length(min = 1, max = 200))]
    title: Option<String>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(range(min = 1))]
    context_tokens: Option<Option<i32>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(range(min = 1))]
    output_tokens: Option<Option<i32>>,
    #[schema(as = CapabilityName, length(max = 10))]
    capabilities: Option<Vec<String>>,
    thinks_by_budget: Option<bool>,
    prices: Option<Value>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(length(min = 1, max = 500))]
    prices_source: Option<Option<String>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(length(min = 10, max = 10))]
    prices_date: Option<Option<String>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(length(min = 10, max = 10))]
    deprecated_on: Option<Option<String>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(length(min = 1, max = 200))]
    successor: Option<Option<String>>,
    enabled: Option<bool>,
    /// Null: everywhere.
    #[serde(default, deserialize_with = "wire::present")]
    places: Option<Option<AudienceBody>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(length(min = 1, max = 100))]
    classification: Option<Option<String>>,
}

impl UpdateProviderModel {
    fn apply(self, settings: &mut ModelSettings) -> Result<()> {
        fn set<T>(target: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *target = value;
            }
        }
        set(&mut settings.name, self.name);
        set(&mut settings.title, self.title);
        set(&mut settings.context_tokens, self.context_tokens);
        set(&mut settings.output_tokens, self.output_tokens);
        set(
            &mut settings.capabilities,
            self.capabilities.map(|names| capabilities(&names)).transpose()?,
        );
        set(&mut settings.thinks_by_budget, self.thinks_by_budget);
        set(&mut settings.prices, self.prices);
        set(&mut settings.prices_source, self.prices_source);
        set(&mut settings.prices_date, self.prices_date);
        set(&mut settings.deprecated_on, self.deprecated_on);
        set(&mut settings.successor, self.successor);
        set(&mut settings.enabled, self.enabled);
        let places = self
            .places
            .map(|places| places.map(|places| places.places()).transpose())
            .transpose()?;
        set(&mut settings.places, places);
        set(&mut settings.classification, self.classification);
        Ok(())
    }
}

fn capabilities(names: &[String]) -> Result<Vec<Capability>> {
    let known: Vec<&str> = Capability::ALL.iter().map(|capability| capability.as_str()).collect();
    let unknown = || {
        Problem::refused_field(
            "/capabilities",
            ReasonCode::UnknownValue,
            format!("expected some of {}", known.join(", ")),
        )
    };
    names.iter().map(|name| Capability::parse(name).ok_or_else(unknown)).collect()
}

pub(crate) async fn list_provider_models(call: Call) -> Result<List<ModelBody>> {
    let page = model::list_models(call.cx()?, call.query_id("provider_id")?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn create_provider_model(
    mut call: CallWith<CreateProviderModel>,
) -> Result<Idempotent<CreatedJson<ModelBody>>> {
    let bytes = call.bytes().await?;
    let may = async |_: &CreateProviderModel| call.cx()?.require(Action::ManageModels);
    api::create(&call, &bytes, may, async |body: CreateProviderModel| {
        let kind = ModelKind::parse(&body.kind).ok_or_else(|| {
            let known: Vec<&str> = ModelKind::ALL.iter().map(|kind| kind.as_str()).collect();
            Problem::refused_field(
                "/kind",
                ReasonCode::UnknownValue,
                format!("expected one of {}", known.join(", ")),
            )
        })?;
        let provider: ProviderId = body.provider_id.parse()?;
        let mut settings = known::known_settings(call.cx()?, provider, &body.name, kind).await?;
        body.apply(&mut settings)?;
        let made = model::create_model(call.cx()?, provider, settings).await?;
        Ok((format!("/api/v1/admin/models/{}", made.id), ModelBody::from(&made)))
    })
    .await
}

pub(crate) async fn get_provider_model(call: Call) -> Result<Json<ModelBody>> {
    api::ok(&ModelBody::from(&model::get_model(call.cx()?, call.param("model_id")?).await?))
}

pub(crate) async fn update_provider_model(
    mut call: CallWith<UpdateProviderModel>,
) -> Result<Json<ModelBody>> {
    let body: UpdateProviderModel = call.json().await?;
    let id: ModelId = call.param("model_id")?;
    let changed = model::update_model(call.cx()?, id, |settings| body.apply(settings)).await?;
    api::ok(&ModelBody::from(&changed))
}

pub(crate) async fn delete_provider_model(call: Call) -> Result<NoContent> {
    model::delete_model(call.cx()?, call.param("model_id")?).await?;
    api::no_content()
}
