//! Folders and tags of a user's own conversations: `/api/v1/conversation-folders`,
//! `/api/v1/conversation-folders/{folder_id}`, `/api/v1/conversation-tags`.

use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use contract::Schema;
use conversations::{Folder, Tag};
use kernel::{Result, Timestamp, id::FolderId};
use serde::{Deserialize, Serialize};

/// A folder of the caller's conversations. No other user sees it.
#[derive(Schema, Serialize)]
#[schema(list = "folders")]
pub(crate) struct FolderBody {
    #[schema(as = Uuid)]
    id: String,
    name: String,
    /// How many conversations are in it that are neither archived nor deleted.
    conversations: i64,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Folder> for FolderBody {
    fn from(folder: &Folder) -> Self {
        Self {
            id: folder.id.to_string(),
            name: folder.name.clone(),
            conversations: folder.conversations,
            created_at: folder.created_at,
            updated_at: folder.updated_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameFolder {
    /// No other folder of the caller has it, in any case.
    #[schema(length(min = 1, max = 80))]
    name: String,
}

/// A tag of the caller's conversations.
#[derive(Schema, Serialize)]
pub(crate) struct TagBody {
    /// As it was written last.
    name: String,
    /// How many conversations have it that are neither archived nor deleted.
    conversations: i64,
}

#[derive(Schema, Serialize)]
pub(crate) struct Tags {
    /// Those of most conversations first; at most 500.
    tags: Vec<TagBody>,
}

pub(crate) async fn list_folders(call: Call) -> Result<List<FolderBody>> {
    api::list(&conversations::list_folders(call.cx()?, call.page()?).await?)
}

pub(crate) async fn create_folder(
    mut call: CallWith<NameFolder>,
) -> Result<Idempotent<CreatedJson<FolderBody>>> {
    let bytes = call.bytes().await?;
    let may = async |_: &NameFolder| conversations::may_keep_folders(call.cx()?);
    api::create(&call, &bytes, may, async |body: NameFolder| {
        let folder = conversations::create_folder(call.cx()?, &body.name).await?;
        Ok((format!("/api/v1/conversation-folders/{}", folder.id), FolderBody::from(&folder)))
    })
    .await
}

pub(crate) async fn get_folder(call: Call) -> Result<Json<FolderBody>> {
    let folder = conversations::get_folder(call.cx()?, call.param("folder_id")?).await?;
    api::ok(&FolderBody::from(&folder))
}

pub(crate) async fn rename_folder(mut call: CallWith<NameFolder>) -> Result<Json<FolderBody>> {
    let body: NameFolder = call.json().await?;
    let id: FolderId = call.param("folder_id")?;
    api::ok(&FolderBody::from(&conversations::rename_folder(call.cx()?, id, &body.name).await?))
}

pub(crate) async fn delete_folder(call: Call) -> Result<NoContent> {
    conversations::delete_folder(call.cx()?, call.param("folder_id")?).await?;
    api::no_content()
}

pub(crate) async fn list_tags(call: Call) -> Result<Json<Tags>> {
    let body = |tag: Tag| TagBody { name: tag.name, conversations: tag.conversations };
    let tags = conversations::list_tags(call.cx()?).await?;
    api::ok(&Tags { tags: tags.into_iter().map(body).collect() })
}
