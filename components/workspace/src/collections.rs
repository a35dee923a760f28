//! Collections.

use api::{AcceptedJson, Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use contract::Schema;
use kernel::{
    Result, Timestamp,
    id::{CollectionId, SpaceId},
};
use knowledge::Collection;
use queue::wire::JobBody;
use serde::{Deserialize, Serialize};
use spaces::Action;

/// A set of documents that is searched together.
#[derive(Schema, Serialize)]
#[schema(list = "collections")]
pub(crate) struct CollectionBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    space_id: String,
    name: String,
    description: String,
    document_count: i64,
    chunk_count: i64,
    embedding_model: String,
    /// The website whose pages fill it; no one uploads into it then.
    #[schema(as = Uuid)]
    website_id: Option<String>,
    /// The move to another embedding model, while its job is queued or runs. Searches answer by
    /// `embedding_model` until then.
    reembedding: Option<ReembeddingBody>,
    permissions: Vec<&'static str>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

/// A collection on its way to another embedding model.
#[derive(Schema, Serialize)]
pub(crate) struct ReembeddingBody {
    model: String,
    /// Its progress is at `/api/v1/jobs/{job_id}`, where it can be cancelled, too.
    #[schema(as = Uuid)]
    job_id: String,
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
            website_id: collection.website_id.map(|id| id.to_string()),
            reembedding: collection
                .reembedding
                .as_ref()
                .map(|to| ReembeddingBody { model: to.model.clone(), job_id: to.job.to_string() }),
            permissions: collection.access.permissions(),
            created_at: collection.created_at,
            updated_at: collection.updated_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCollection {
    #[schema(as = Uuid)]
    space_id: String,
    #[schema(length(min = 1, max = 100))]
    name: String,
    #[serde(default)]
    #[schema(length(max = 2000))]
    description: String,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateCollection {
    #[schema(length(min = 1, max = 100))]
    name: Option<String>,
    #[schema(length(max = 2000))]
    description: Option<String>,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReembedCollection {
    /// An embedding model of the installation.
    #[schema(length(min = 1, max = 100))]
    model: String,
}

/// A collection that is being moved to another embedding model.
#[derive(Schema, Serialize)]
pub(crate) struct CollectionAccepted {
    collection: CollectionBody,
    job: JobBody,
}

contract::shape! {
    pub(crate) struct CollectionsParameters {
        #[schema(as = Uuid)]
        space_id: Option<String>,
    }
}

pub(crate) async fn list_collections(call: Call) -> Result<List<CollectionBody>> {
    let page =
        knowledge::list_collections(call.cx()?, call.query_id("space_id")?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn create_collection(
    mut call: CallWith<CreateCollection>,
) -> Result<Idempotent<CreatedJson<CollectionBody>>> {
    let bytes = call.bytes().await?;
    let may = async |body: &CreateCollection| {
        spaces::require(call.cx()?, body.space_id.parse()?, Action::EditKnowledge).await.map(|_| ())
    };
    api::create(&call, &bytes, may, async |body: CreateCollection| {
        let space: SpaceId = body.space_id.parse()?;
        let collection =
            knowledge::create_collection(call.cx()?, space, &body.name, &body.description).await?;
        Ok((format!("/api/v1/collections/{}", collection.id), CollectionBody::from(&collection)))
    })
    .await
}

pub(crate) async fn get_collection(call: Call) -> Result<Json<CollectionBody>> {
    api::ok(&CollectionBody::from(
        &knowledge::get_collection(call.cx()?, call.param("collection_id")?).await?,
    ))
}

pub(crate) async fn update_collection(
    mut call: CallWith<UpdateCollection>,
) -> Result<Json<CollectionBody>> {
    let body: UpdateCollection = call.json().await?;
    let id: CollectionId = call.param("collection_id")?;
    let collection = knowledge::update_collection(
        call.cx()?,
        id,
        body.name.as_deref(),
        body.description.as_deref(),
    )
    .await?;
    api::ok(&CollectionBody::from(&collection))
}

pub(crate) async fn delete_collection(call: Call) -> Result<NoContent> {
    knowledge::delete_collection(call.cx()?, call.param("collection_id")?).await?;
    api::no_content()
}

pub(crate) async fn reembed_collection(
    mut call: CallWith<ReembedCollection>,
) -> Result<AcceptedJson<CollectionAccepted>> {
    let body: ReembedCollection = call.json().await?;
    let cx = call.cx()?;
    let id: CollectionId = call.param("collection_id")?;
    let job = knowledge::reembed_collection(cx, id, &body.model).await?;
    queue::wake().await;
    let collection = CollectionBody::from(&knowledge::get_collection(cx, id).await?);
    let job = JobBody::from(&jobs::get_job(cx, job).await?);
    api::json(&CollectionAccepted { collection, job })
}
