//! `POST /api/v1/collections/{collection_id}/documents`: stream a file into storage, queue its ingestion.

use api::{Call, Response};
use http::{StatusCode, header};
use jobs::wire::JobBody;
use kernel::{Code, Problem, Result};
use knowledge::{
    Place, Upload, UploadName,
    wire::{DocumentAccepted, DocumentBody},
};
use platform::{Cx, config};

use crate::form::{self, File};

pub(crate) async fn upload_document(mut call: Call) -> Result<Response> {
    let place = Place::find(call.cx()?, call.param("collection_id")?).await?;
    let limit = limit(&call).await?;
    let kind = call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default().to_owned();
    let body = call.take_body()?;
    let cx = call.cx()?;
    let (document, job) = if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        let boundary = multer::parse_boundary(&kind)
            .map_err(|e| Problem::new(Code::InvalidHeader, format!("content-type: {e}")))?;
        let mut form = form::form(body, boundary);
        let (field, name) = form::file_field(&mut form).await?;
        store(cx, &place, &name, limit, File::Field(field)).await?
    } else {
        let name = UploadName::parse(&call.query("filename").unwrap_or_default())?;
        store(cx, &place, &name, limit, File::Body(body)).await?
    };
    jobs::wake().await;
    let accepted = DocumentAccepted {
        document: DocumentBody::from(&knowledge::get_document(cx, document).await?),
        job: JobBody::from(&jobs::get_job(cx, job).await?),
    };
    let mut response = api::json(StatusCode::ACCEPTED, &accepted)?;
    let location = format!("/api/v1/documents/{document}").parse().map_err(Problem::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
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
    limit: i64,
    mut file: File<'_>,
) -> Result<(kernel::id::DocumentId, kernel::id::JobId)> {
    let mut upload = Upload::begin(cx, place, name, limit).await?;
    loop {
        let written = match file.piece().await {
            Ok(Some(piece)) => upload.write(&piece).await,
            Ok(None) => return upload.finish().await,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = written {
            upload.abandon().await?;
            return Err(problem);
        }
    }
}
