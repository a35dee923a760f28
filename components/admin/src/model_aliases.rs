//! Aliases of models.

use access::Action;
use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use catalogue::alias::{self, ModelAlias};
use contract::Schema;
use kernel::{
    Result, Timestamp,
    id::{ModelAliasId, ModelId},
};
use serde::{Deserialize, Serialize};

/// A name for an ordered list of models.
#[derive(Schema, Serialize)]
#[schema(name = "ModelAlias", list = "aliases")]
pub(crate) struct AliasBody {
    #[schema(as = Uuid)]
    id: String,
    name: String,
    /// The first choice first; the next is asked if the one before fails.
    #[schema(as = Uuid)]
    model_ids: Vec<String>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&ModelAlias> for AliasBody {
    fn from(alias: &ModelAlias) -> Self {
        Self {
            id: alias.id.to_string(),
            name: alias.name.clone(),
            model_ids: alias.models.iter().map(ModelId::to_string).collect(),
            created_at: alias.created_at,
            updated_at: alias.updated_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateModelAlias {
    /// Of a-z, 0-9, `.`, `_` and `-`.
    #[schema(length(min = 1, max = 100))]
    name: String,
    #[schema(as = Uuid, length(min = 1, max = 10))]
    model_ids: Vec<String>,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateModelAlias {
    #[schema(length(min = 1, max = 100))]
    name: Option<String>,
    #[schema(as = Uuid, length(min = 1, max = 10))]
    model_ids: Option<Vec<String>>,
}

fn ids(texts: &[String]) -> Result<Vec<ModelId>> {
    texts.iter().map(|text| text.parse()).collect()
}

pub(crate) async fn list_model_aliases(call: Call) -> Result<List<AliasBody>> {
    let page = alias::list_aliases(call.cx()?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn create_model_alias(
    mut call: CallWith<CreateModelAlias>,
) -> Result<Idempotent<CreatedJson<AliasBody>>> {
    let bytes = call.bytes().await?;
    let may = async |_: &CreateModelAlias| call.cx()?.require(Action::ManageModels);
    api::create(&call, &bytes, may, async |body: CreateModelAlias| {
        let made = alias::create_alias(call.cx()?, &body.name, &ids(&body.model_ids)?).await?;
        Ok((format!("/api/v1/admin/model-aliases/{}", made.id), AliasBody::from(&made)))
    })
    .await
}

pub(crate) async fn get_model_alias(call: Call) -> Result<Json<AliasBody>> {
    api::ok(&AliasBody::from(&alias::get_alias(call.cx()?, call.param("alias_id")?).await?))
}

pub(crate) async fn update_model_alias(
    mut call: CallWith<UpdateModelAlias>,
) -> Result<Json<AliasBody>> {
    let body: UpdateModelAlias = call.json().await?;
    let id: ModelAliasId = call.param("alias_id")?;
    let models = body.model_ids.as_deref().map(ids).transpose()?;
    let changed =
        alias::update_alias(call.cx()?, id, body.name.as_deref(), models.as_deref()).await?;
    api::ok(&AliasBody::from(&changed))
}

pub(crate) async fn delete_model_alias(call: Call) -> Result<NoContent> {
    alias::delete_alias(call.cx()?, call.param("alias_id")?).await?;
    api::no_content()
}
