//! Collections: sets of documents that are searched together.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, CollectionId, JobId, SpaceId, WebsiteId},
    text,
};
use platform::Cx;
use spaces::Action;

use crate::store::collections as store;

/// A collection, as a member of its space sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collection {
    /// Ids sort by the time of creation (UUID v7).
    pub id: CollectionId,
    /// The space it is in.
    pub space_id: SpaceId,
    /// 1 to 100 characters.
    pub name: String,
    /// Up to 2000 characters.
    pub description: String,
    /// Documents of any status.
    pub document_count: i64,
    /// Chunks of all its documents.
    pub chunk_count: i64,
    /// The model its chunks are embedded with.
    pub embedding_model: String,
    /// The website whose pages fill it; its documents come and go with the pages.
    pub website_id: Option<WebsiteId>,
    /// Whether it holds the files of a conversation, and stands in no list.
    pub for_attachments: bool,
    /// The move to another model, while its job is queued or runs.
    pub reembedding: Option<Reembedding>,
    /// The caller in the space, and what they may do there.
    pub access: access::SpaceAccess,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// A collection on its way to another model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reembedding {
    /// The model that it moves to.
    pub model: String,
    /// The job: it reports its progress, and can be cancelled.
    pub job: JobId,
}

/// Makes a collection in a space.
///
/// # Errors
/// `not_found`, `not_allowed`, `invalid_body`.
pub async fn create_collection(
    cx: &Cx,
    space: SpaceId,
    name: &str,
    description: &str,
) -> Result<Collection> {
    spaces::require(cx, space, Action::EditKnowledge).await?;
    let name = text::line("/name", name, 1, 100)?;
    let description = text::block("/description", description, 0, 2000)?;
    let id: CollectionId = cx.new_id()?;
    let model = models::default_embedding_model().await?;
    store::insert(cx, id, space, &name, &description, &model).await?;
    get_collection(cx, id).await
}

/// The collections of the caller's spaces, or of one of them; newest first.
///
/// # Errors
/// `not_found` if the space is not the caller's.
pub async fn list_collections(
    cx: &Cx,
    space: Option<SpaceId>,
    request: PageRequest,
) -> Result<Page<Collection>> {
    if let Some(space) = space {
        spaces::require(cx, space, Action::ReadKnowledge).await?;
    }
    let (items, total) = store::list(cx, space, request).await?;
    Ok(Page::cut(items, total, request, |c| Cursor { at: c.created_at, id: c.id.0 }))
}

/// One collection.
///
/// # Errors
/// `not_found` if the caller is not a member of its space.
pub async fn get_collection(cx: &Cx, collection: CollectionId) -> Result<Collection> {
    store::get(cx, collection).await?.ok_or_else(|| id::not_found("collection"))
}

/// The collection, where the caller may do this to it.
pub(crate) async fn require(
    cx: &Cx,
    collection: CollectionId,
    action: Action,
) -> Result<Collection> {
    let found = get_collection(cx, collection).await?;
    spaces::require(cx, found.space_id, action).await?;
    Ok(found)
}

/// Renames or describes a collection.
///
/// # Errors
/// `not_found`, `not_allowed`, `invalid_body`.
pub async fn update_collection(
    cx: &Cx,
    collection: CollectionId,
    name: Option<&str>,
    description: Option<&str>,
) -> Result<Collection> {
    require(cx, collection, Action::EditKnowledge).await?;
    let name = name.map(|n| text::line("/name", n, 1, 100)).transpose()?;
    let description = description.map(|d| text::block("/description", d, 0, 2000)).transpose()?;
    store::update(cx, collection, name.as_deref(), description.as_deref()).await?;
    get_collection(cx, collection).await
}

impl Collection {
    /// The collection, if people fill it.
    ///
    /// # Errors
    /// `conflict` if a website does.
    pub(crate) fn not_of_a_website(self) -> Result<Self> {
        if self.website_id.is_none() {
            return Ok(self);
        }
        let detail = "a website fills this collection: its documents come and go with the pages; change or delete the website";
        Err(Problem::conflict(ReasonCode::WebsiteCollection, detail))
    }

    /// The collection, if documents may be moved into it and out of it.
    ///
    /// # Errors
    /// `conflict` if a website fills it, or it holds the files of a conversation.
    pub(crate) fn open_to_moves(self) -> Result<Self> {
        let collection = self.not_of_a_website()?;
        if !collection.for_attachments {
            return Ok(collection);
        }
        let detail = "the collection holds the files of a conversation, which stay there; upload the file to the other collection";
        Err(Problem::conflict(ReasonCode::AttachmentCollection, detail))
    }
}

/// Deletes a collection with its documents.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if a website fills it.
pub async fn delete_collection(cx: &Cx, collection: CollectionId) -> Result<()> {
    require(cx, collection, Action::EditKnowledge).await?.not_of_a_website()?;
    store::delete(cx, collection).await
}
