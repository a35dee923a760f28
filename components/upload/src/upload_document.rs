//! `POST /api/v1/collections/{collection_id}/documents`: stream a file into storage, queue its ingestion.

use api::{Call, Likeness, Response};
use http::{StatusCode, header};
use jobs::wire::JobBody;
use kernel::{
    Code, Problem, Result,
    id::{DocumentId, JobId},
};
use knowledge::{
    Place, Upload, UploadName,
    wire::{DocumentAccepted, DocumentBody},
};
use platform::{Cx, config, serve::BodyStream};

use crate::form::{self, File};

/// As long as a large file may take over a slow line; local-stack.toml gives the component as much.
const LONGEST_SECONDS: i32 = 3600;

pub(crate) async fn upload_document(mut call: Call) -> Result<Response> {
    let place = Place::find(call.cx()?, call.param("collection_id")?).await?;
    let limit = limit(&call).await?;
    let kind = call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default().to_owned();
    let filename = call.query("filename").unwrap_or_default().into_owned();
    // The bytes have not come yet: a repeated request is known by their number and name.
    let length = call.header(header::CONTENT_LENGTH.as_str()).unwrap_or_default();
    let announced = length.parse().ok();
    let likeness = format!("{filename}\0{length}");
    let body = call.take_body()?;
    let likeness = Likeness { body: likeness.as_bytes(), seconds: LONGEST_SECONDS };
    api::idempotent(&call, likeness, async || {
        let cx = call.cx()?;
        let (document, job) = take_in(cx, &place, (limit, announced), &kind, &filename, body).await?;
        jobs::wake().await;
        accepted(cx, document, job).await
    })
    .await
}

async fn accepted(cx: &Cx, document: DocumentId, job: JobId) -> Result<(StatusCode, Option<String>, String)> {
    let accepted = DocumentAccepted {
        document: DocumentBody::from(&knowledge::get_document(cx, document).await?),
        job: JobBody::from(&jobs::get_job(cx, job).await?),
    };
    let text = serde_json::to_string(&accepted).map_err(Problem::internal)?;
    Ok((StatusCode::ACCEPTED, Some(format!("/api/v1/documents/{document}")), text))
}

/// Stores the file of a form, or the body itself. How much may come, and how much does, as far as the request says.
async fn take_in(
    cx: &Cx,
    place: &Place,
    (limit, announced): (i64, Option<i64>),
    kind: &str,
    filename: &str,
    body: BodyStream,
) -> Result<(DocumentId, JobId)> {
    if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        let boundary = multer::parse_boundary(kind)
            .map_err(|e| Problem::new(Code::InvalidHeader, format!("content-type: {e}")))?;
        let mut form = form::form(body, boundary);
        cx.db.release().await;
        let (field, name) = form::file_field(&mut form).await?;
        // How long the file in a form is nobody has said.
        store(cx, place, &name, (limit, None), File::Field(field)).await
    } else {
        let name = UploadName::parse(filename)?;
        store(cx, place, &name, (limit, announced), File::Body(body)).await
    }
}

/// The largest file, in bytes. A declared length above it is refused before a byte is read.
async fn limit(call: &Call) -> Result<i64> {
    let configured = config::optional("upload_limit_bytes").await?.and_then(|text| text.parse().ok());
    let limit = configured.unwrap_or(knowledge::DEFAULT_LIMIT_BYTES);
    let declared: Option<i64> = call.header(header::CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
    // A form adds a little of its own.
    if declared.is_some_and(|length| length > limit + 65_536) {
        let detail = format!("expected a file of at most {} MiB; split it or ask an administrator", limit >> 20);
        return Err(Problem::new(Code::TooLarge, detail));
    }
    Ok(limit)
}

async fn store(
    cx: &Cx,
    place: &Place,
    name: &UploadName,
    (limit, announced): (i64, Option<i64>),
    file: File<'_>,
) -> Result<(DocumentId, JobId)> {
    let mut upload = Upload::begin(cx, place, name, limit).await?;
    match fill(cx, &mut upload, announced, file).await {
        Ok(()) => upload.finish().await,
        Err(problem) => {
            upload.abandon().await?;
            Err(problem)
        }
    }
}

async fn fill(cx: &Cx, upload: &mut Upload<'_>, announced: Option<i64>, mut file: File<'_>) -> Result<()> {
    if let Some(bytes) = announced {
        upload.announce(bytes).await?;
    }
    loop {
        // A client may take an hour to send, and one that trickles never pauses for long: no connection is held for it.
        cx.db.release().await;
        let Some(piece) = file.piece().await? else { return Ok(()) };
        upload.write(&piece).await?;
    }
}
