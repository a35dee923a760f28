//! Documents.

use api::{AcceptedJson, Call, CallWith, Json, List, NoContent};
use contract::Schema;
use kernel::{Code, Problem, Result, id::DocumentId};
use knowledge::{
    DocumentChange, DocumentFilter, Status, Warning,
    wire::{DocumentAccepted, DocumentBody},
};
use queue::wire::JobBody;
use serde::Deserialize;

/// At least one member; what is missing stays.
#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateDocument {
    #[schema(length(min = 1, max = 300))]
    title: Option<String>,
    /// The collection that the document is moved to, of the same space or of another one.
    #[schema(as = Uuid)]
    collection_id: Option<String>,
}

contract::shape! {
    pub(crate) struct DocumentsParameters {
        #[schema(as = Uuid)]
        collection_id: Option<String>,
        #[schema(as = knowledge::wire::DocumentStatus)]
        status: Option<String>,
        /// true: documents with a warning of class `loss`; false: documents without one
        has_warnings: Option<bool>,
        /// Documents with a warning of this kind, of either class.
        #[schema(as = knowledge::wire::WarningKind)]
        warning: Option<String>,
    }
}

pub(crate) async fn list_documents(call: Call) -> Result<List<DocumentBody>> {
    let status = call.query("status").map(|text| {
        let detail = "status: expected uploading, processing, indexing, ready or failed";
        Status::parse(&text).ok_or_else(|| Problem::new(Code::InvalidQuery, detail))
    });
    let has_warnings = call.query("has_warnings").map(|text| {
        text.parse()
            .map_err(|_| Problem::new(Code::InvalidQuery, "has_warnings: expected true or false"))
    });
    let warning = call.query("warning").map(|name| {
        Warning::kind(&name).ok_or_else(|| {
            let detail = format!("warning: expected one of {}", Warning::KINDS.join(", "));
            Problem::new(Code::InvalidQuery, detail)
        })
    });
    let filter = DocumentFilter {
        collection: call.query_id("collection_id")?,
        status: status.transpose()?,
        has_warnings: has_warnings.transpose()?,
        warning: warning.transpose()?,
    };
    let page = knowledge::list_documents(call.cx()?, filter, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn get_document(call: Call) -> Result<Json<DocumentBody>> {
    api::ok(&DocumentBody::from(
        &knowledge::get_document(call.cx()?, call.param("document_id")?).await?,
    ))
}

pub(crate) async fn update_document(
    mut call: CallWith<UpdateDocument>,
) -> Result<Json<DocumentBody>> {
    let body: UpdateDocument = call.json().await?;
    let id: DocumentId = call.param("document_id")?;
    let change = DocumentChange {
        title: body.title.as_deref(),
        collection: body.collection_id.as_deref().map(str::parse).transpose()?,
    };
    let document = knowledge::update_document(call.cx()?, id, change).await?;
    if change.collection.is_some() {
        queue::wake().await;
    }
    api::ok(&DocumentBody::from(&document))
}

pub(crate) async fn delete_document(call: Call) -> Result<NoContent> {
    knowledge::delete_document(call.cx()?, call.param("document_id")?).await?;
    api::no_content()
}

pub(crate) async fn retry_document(call: Call) -> Result<AcceptedJson<DocumentAccepted>> {
    let cx = call.cx()?;
    let id: DocumentId = call.param("document_id")?;
    let job = knowledge::retry_document(cx, id).await?;
    queue::wake().await;
    let document = DocumentBody::from(&knowledge::get_document(cx, id).await?);
    let job = JobBody::from(&jobs::get_job(cx, job).await?);
    api::json(&DocumentAccepted { document, job })
}
