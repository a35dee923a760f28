//! Operations of users on their imports.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result,
    id::{self, ConversationImportId},
};
use platform::Cx;
use spaces::Action;

use crate::{ConversationImport, store};

/// The caller's imports, newest first.
///
/// # Errors
/// `not_allowed`; database errors.
pub async fn list_imports(cx: &Cx, request: PageRequest) -> Result<Page<ConversationImport>> {
    cx.require(Action::ManageConversations)?;
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |import| Cursor { at: import.created_at, id: import.id.0 }))
}

/// One of the caller's imports.
///
/// # Errors
/// `not_allowed`; `not_found` if it is not the caller's own.
pub async fn get_import(cx: &Cx, import: ConversationImportId) -> Result<ConversationImport> {
    cx.require(Action::ManageConversations)?;
    store::get(cx, import).await?.ok_or_else(|| id::not_found("import"))
}

/// Cancels an import: what it has stored stays.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` if it has ended.
pub async fn cancel_import(cx: &Cx, import: ConversationImportId) -> Result<ConversationImport> {
    get_import(cx, import).await?;
    if !store::cancel(cx, import).await? {
        return Err(Problem::conflict(
            ReasonCode::ImportEnded,
            "the import has ended; there is nothing to cancel",
        ));
    }
    queue::wake().await;
    get_import(cx, import).await
}

/// Deletes an import that has ended, with its report; its conversations stay.
///
/// # Errors
/// `not_allowed`, `not_found`; `conflict` if it has not ended.
pub async fn delete_import(cx: &Cx, import: ConversationImportId) -> Result<()> {
    get_import(cx, import).await?;
    if store::delete(cx, import).await? {
        return Ok(());
    }
    Err(Problem::conflict(
        ReasonCode::ImportUnfinished,
        "the import has not ended; cancel it, then delete it",
    ))
}
