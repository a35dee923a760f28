//! Collections.

use api::{Call, Response, wire};
use kernel::{
    Result, Timestamp,
    id::{CollectionId, SpaceId},
};
use knowledge::Collection;
use serde::{Deserialize, Serialize};
use spaces::Action;

#[derive(Serialize)]
pub(crate) struct CollectionBody {
    id: String,
    space_id: String,
    name: String,
    description: String,
    document_count: i64,
    chunk_count: i64,
    embedding_model: String,
    permissions: Vec<&'static str>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Collection> for CollectionBody {
    fn from(collection: &Collection) -> Self {
        Self {
            id: collection.id.to_string(),
            space_id: collection.space_id.to_string(),
            name: collection.name.clone(),
            description: collection.description.clone(),
            document_count: collection.document_count,
            chunk_count: collection.chunk_count,
            embedding_model: collection.embedding_model.clone(),
            permissions: collection.access.permissions(),
            created_at: collection.created_at,
            updated_at: collection.updated_at,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateCollection {
    space_id: String,
    name: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateCollection {
    name: Option<String>,
    description: Option<String>,
}

pub(crate) async fn list_collections(call: Call) -> Result<Response> {
    let page = knowledge::list_collections(call.cx()?, call.query_id("space_id")?, call.page()?).await?;
    api::ok(&wire::list::<_, CollectionBody>("collections", &page))
}

pub(crate) async fn create_collection(mut call: Call) -> Result<Response> {
    let bytes = call.bytes().await?;
    let may = async |body: &CreateCollection| {
        spaces::require(call.cx()?, body.space_id.parse()?, Action::EditKnowledge).await.map(|_| ())
    };
    api::create(&call, &bytes, may, async |body: CreateCollection| {
        let space: SpaceId = body.space_id.parse()?;
        let collection = knowledge::create_collection(call.cx()?, space, &body.name, &body.description).await?;
        Ok((format!("/api/v1/collections/{}", collection.id), CollectionBody::from(&collection)))
    })
    .await
}

pub(crate) async fn get_collection(call: Call) -> Result<Response> {
    api::ok(&CollectionBody::from(&knowledge::get_collection(call.cx()?, call.param("collection_id")?).await?))
}

pub(crate) async fn update_collection(mut call: Call) -> Result<Response> {
    let body: UpdateCollection = call.json().await?;
    let id: CollectionId = call.param("collection_id")?;
    let collection =
        knowledge::update_collection(call.cx()?, id, body.name.as_deref(), body.description.as_deref()).await?;
    api::ok(&CollectionBody::from(&collection))
}

pub(crate) async fn delete_collection(call: Call) -> Result<Response> {
    knowledge::delete_collection(call.cx()?, call.param("collection_id")?).await?;
    api::no_content()
}
