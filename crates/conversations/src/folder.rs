//! Folders of a user's own conversations. No colleague sees them.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, FolderId},
    text,
};
use platform::Cx;
use spaces::Action;

use crate::store::folders as store;

/// The most folders of a user.
const FOLDERS: i64 = 200;
/// The most characters of a name.
const NAME_CHARS: usize = 80;

/// A folder, as its user sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folder {
    /// Ids sort by the time of creation (UUID v7).
    pub id: FolderId,
    /// 1 to 80 characters; no other folder of the user has it, in any case.
    pub name: String,
    /// How many conversations in use are in it.
    pub conversations: i64,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// Refuses a caller who may have no folders.
///
/// # Errors
/// `not_allowed`.
pub fn may_keep_folders(cx: &Cx) -> Result<()> {
    cx.require(Action::ManageConversations)
}

/// Creates a folder.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `conflict` if the caller has a folder with this name, or 200
/// folders.
pub async fn create_folder(cx: &Cx, name: &str) -> Result<Folder> {
    may_keep_folders(cx)?;
    let name = checked_name(name)?;
    let id: FolderId = cx.new_id()?;
    if !store::insert(cx, id, &name, FOLDERS).await? {
        let detail = format!("there are {FOLDERS} folders already; delete one of them first");
        return Err(Problem::conflict(ReasonCode::LimitReached.at_most(FOLDERS), detail));
    }
    get_folder(cx, id).await
}

/// The caller's folders, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_folders(cx: &Cx, request: PageRequest) -> Result<Page<Folder>> {
    may_keep_folders(cx)?;
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |f| Cursor { at: f.created_at, id: f.id.0 }))
}

/// One folder.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn get_folder(cx: &Cx, folder: FolderId) -> Result<Folder> {
    may_keep_folders(cx)?;
    store::get(cx, folder).await?.ok_or_else(missing)
}

/// Renames a folder.
///
/// # Errors
/// `not_allowed`, `not_found`, `invalid_body`; `conflict` if another folder has the name.
pub async fn rename_folder(cx: &Cx, folder: FolderId, name: &str) -> Result<Folder> {
    may_keep_folders(cx)?;
    if !store::rename(cx, folder, &checked_name(name)?).await? {
        return Err(missing());
    }
    get_folder(cx, folder).await
}

/// Deletes a folder; its conversations stay, in no folder.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn delete_folder(cx: &Cx, folder: FolderId) -> Result<()> {
    may_keep_folders(cx)?;
    if store::delete(cx, folder).await? { Ok(()) } else { Err(missing()) }
}

fn checked_name(name: &str) -> Result<String> {
    text::line("/name", name, 1, NAME_CHARS)
}

pub(crate) fn missing() -> Problem {
    id::not_found("folder")
}
