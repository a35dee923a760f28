//! Providers of models.

use access::Action;
use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use catalogue::{
    known,
    provider::{self, NewProvider, Provider, ProviderChange},
};
use contract::Schema;
use kernel::{Result, Timestamp, id::ProviderId};
use serde::{Deserialize, Serialize};

contract::words! {
    /// What a provider speaks.
    pub(crate) DialectName = models::Dialect::ALL.iter().map(|dialect| dialect.as_str());
}

/// A provider of models.
#[derive(Schema, Serialize)]
#[schema(name = "ModelProvider", list = "providers")]
pub(crate) struct ProviderBody {
    #[schema(as = Uuid)]
    id: String,
    name: String,
    #[schema(as = DialectName)]
    dialect: &'static str,
    base_url: String,
    api_version: Option<String>,
    /// The end of the credential, which itself is never shown; null: there is none.
    credential_hint: Option<String>,
    enabled: bool,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Provider> for ProviderBody {
    fn from(provider: &Provider) -> Self {
        Self {
            id: provider.id.to_string(),
            name: provider.name.clone(),
            dialect: provider.dialect.as_str(),
            base_url: provider.base_url.clone(),
            api_version: provider.api_version.clone(),
            credential_hint: provider.credential_hint.clone(),
            enabled: provider.enabled,
            created_at: provider.created_at,
            updated_at: provider.updated_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateModelProvider {
    #[schema(length(min = 1, max = 100))]
    name: String,
    #[schema(as = DialectName)]
    dialect: String,
    /// What the paths of the dialect follow, with the version: `https://api.example.org/v1`. https,
    /// or a host that the operator lists.
    #[schema(length(min = 1, max = 500))]
    base_url: String,
    /// Only for `azure_dated`, which needs it.
    #[schema(length(min = 1, max = 40))]
    api_version: Option<String>,
    /// The key; kept sealed and never shown again.
    #[schema(length(min = 1, max = 2000))]
    credential: Option<String>,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateModelProvider {
    #[schema(length(min = 1, max = 100))]
    name: Option<String>,
    /// Another scheme, host or port needs the credential again.
    #[schema(length(min = 1, max = 500))]
    base_url: Option<String>,
    #[schema(length(min = 1, max = 40))]
    api_version: Option<String>,
    /// Another key; null removes it.
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(length(min = 1, max = 2000))]
    credential: Option<Option<String>>,
    enabled: Option<bool>,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportModels {
    /// A provider of the shipped catalogue that speaks the same dialect: `openai`, `anthropic`, …
    #[schema(length(min = 1, max = 100))]
    known_provider: String,
}

#[derive(Schema, Serialize)]
pub(crate) struct ImportReport {
    /// Models that were added; those that were there stay as they are.
    added: usize,
}

pub(crate) async fn list_model_providers(call: Call) -> Result<List<ProviderBody>> {
    let page = provider::list_providers(call.cx()?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn create_model_provider(
    mut call: CallWith<CreateModelProvider>,
) -> Result<Idempotent<CreatedJson<ProviderBody>>> {
    let bytes = call.bytes().await?;
    let may = async |_: &CreateModelProvider| call.cx()?.require(Action::ManageModels);
    api::create(&call, &bytes, may, async |body: CreateModelProvider| {
        let new = NewProvider {
            name: &body.name,
            dialect: &body.dialect,
            base_url: &body.base_url,
            api_version: body.api_version.as_deref(),
            credential: body.credential.as_deref(),
        };
        let made = provider::create_provider(call.cx()?, &new).await?;
        Ok((format!("/api/v1/admin/providers/{}", made.id), ProviderBody::from(&made)))
    })
    .await
}

pub(crate) async fn get_model_provider(call: Call) -> Result<Json<ProviderBody>> {
    api::ok(&ProviderBody::from(
        &provider::get_provider(call.cx()?, call.param("provider_id")?).await?,
    ))
}

pub(crate) async fn update_model_provider(
    mut call: CallWith<UpdateModelProvider>,
) -> Result<Json<ProviderBody>> {
    let body: UpdateModelProvider = call.json().await?;
    let id: ProviderId = call.param("provider_id")?;
    let change = ProviderChange {
        name: body.name.as_deref(),
        base_url: body.base_url.as_deref(),
        api_version: body.api_version.as_deref(),
        credential: body.credential.as_ref().map(Option::as_deref),
        enabled: body.enabled,
    };
    api::ok(&ProviderBody::from(&provider::update_provider(call.cx()?, id, &change).await?))
}

pub(crate) async fn delete_model_provider(call: Call) -> Result<NoContent> {
    provider::delete_provider(call.cx()?, call.param("provider_id")?).await?;
    api::no_content()
}

pub(crate) async fn import_models(mut call: CallWith<ImportModels>) -> Result<Json<ImportReport>> {
    let body: ImportModels = call.json().await?;
    let added =
        known::import_known_models(call.cx()?, call.param("provider_id")?, &body.known_provider)
            .await?;
    api::ok(&ImportReport { added })
}
