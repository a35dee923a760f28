//! `GET /api/v1/collections/{collection_id}/documents`: the documents of a collection.

use api::{Call, Response, wire};
use kernel::Result;
use knowledge::{DocumentFilter, wire::DocumentBody};

pub(crate) async fn list_collection_documents(call: Call) -> Result<Response> {
    let filter = DocumentFilter { collection: Some(call.param("collection_id")?), ..DocumentFilter::default() };
    let page = knowledge::list_documents(call.cx()?, filter, call.page()?).await?;
    api::ok(&wire::list::<_, DocumentBody>("documents", &page))
}
