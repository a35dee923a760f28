//! `GET /api/v1/collections/{collection_id}/documents`: the documents of a collection. `GET
//! /api/v1/conversations/{conversation_id}/attachments`: those of a conversation.

use api::{Call, List};
use kernel::Result;
use knowledge::{DocumentFilter, wire::DocumentBody};

pub(crate) async fn list_attachments(call: Call) -> Result<List<DocumentBody>> {
    let conversation = call.param("conversation_id")?;
    let page = knowledge::attachments::list(call.cx()?, conversation, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn list_collection_documents(call: Call) -> Result<List<DocumentBody>> {
    let filter = DocumentFilter {
        collection: Some(call.param("collection_id")?),
        ..DocumentFilter::default()
    };
    let page = knowledge::list_documents(call.cx()?, filter, call.page()?).await?;
    api::list(&page)
}
