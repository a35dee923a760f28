//! `POST /api/v1/collections/{collection_id}/documents`: stream a file into storage, queue its
//! ingestion. `POST /api/v1/conversations/{conversation_id}/attachments`: the same for a question.

use api::{
    AcceptedJson, Call, CallWith, Claim, Idempotent, RecordedResponse, Reply, RequestFingerprint,
    Response, ResponseParts, Watch, kind, multipart,
};
use http::{StatusCode, header};
use kernel::{Code, Problem, ReasonCode, Result};
use knowledge::{
    TargetCollection, UploadName, UploadReceipt,
    wire::{DocumentAccepted, DocumentBody},
};
use platform::Cx;
use queue::wire::JobBody;

use crate::{
    content,
    form::{File, Form},
    limits,
    recording::RecordingTranscript,
    transfer::Transfer,
};

/// As long as a large file may take over a slow line; local-stack.toml gives the component as much.
const LONGEST_SECONDS: i32 = 3600;
/// What a form may add to its file.
pub(crate) const FORM_BYTES: i64 = 65_536;

contract::shape! {
    pub(crate) struct UploadParameters {
        #[schema(length(min = 1, max = 255))]
        filename: Option<String>,
    }
}

type UploadResponse = Idempotent<kind::WithLocation<AcceptedJson<DocumentAccepted>>>;

pub(crate) async fn upload_document(call: CallWith<api::File>) -> Result<UploadResponse> {
    let place = TargetCollection::find(call.cx()?, call.param("collection_id")?).await?;
    receive(call, place, Purpose::Document).await
}

pub(crate) async fn upload_attachment(call: CallWith<api::File>) -> Result<UploadResponse> {
    let conversation = call.param("conversation_id")?;
    let place = TargetCollection::of_conversation(call.cx()?, conversation).await?;
    receive(call, place, Purpose::Attachment).await
}

/// What a file is for. Recordings are read of attachments only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Document,
    Attachment,
}

async fn receive(
    mut call: CallWith<api::File>,
    place: TargetCollection,
    purpose: Purpose,
) -> Result<UploadResponse> {
    let limit = limit(&call).await?;
    let kind = call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default().to_owned();
    let filename = call.query("filename").unwrap_or_default().into_owned();
    let watch = Watch::of(&call)?;
    let body = call.take_body()?;
    let file = if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        File::Field(Form::new(body, &multipart::boundary(&kind)?))
    } else {
        File::body(body)
    };
    // The content of the file is known only when it is complete: then it is compared.
    let fingerprint = RequestFingerprint { body: filename.as_bytes(), seconds: LONGEST_SECONDS };
    let claimed = match api::claim(&call, fingerprint).await? {
        Claim::First(claimed) => claimed,
        Claim::Again(answered) => {
            let mut transfer = Transfer { cx: call.cx()?, place: &place, watch, limit };
            return again(&mut transfer, answered, &filename, file).await.map(Reply::new);
        }
    };
    // A form does not announce the length of its file.
    let announced = match &file {
        File::Body(_) => {
            call.header(header::CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok())
        }
        File::Field(_) => None,
    };
    let mut transfer = Transfer { cx: call.cx()?, place: &place, watch, limit };
    let outcome = async {
        let (completed, fingerprint) =
            store(&mut transfer, purpose, &filename, announced, file).await?;
        queue::wake().await;
        Ok((accepted(transfer.cx, &completed).await?, Some(fingerprint)))
    };
    claimed.settle(outcome.await).await.map(Reply::new)
}

/// Stores a file, or what is said in it; with what identifies it.
async fn store(
    transfer: &mut Transfer<'_>,
    purpose: Purpose,
    filename: &str,
    announced: Option<i64>,
    mut file: File,
) -> Result<(UploadReceipt, Vec<u8>)> {
    let name = transfer.name(filename, &mut file).await?;
    if purpose == Purpose::Attachment
        && let Some(RecordingTranscript { name, text, fingerprint }) =
            transfer.transcribe(&name, &mut file).await?
    {
        return Ok((transfer.take_in(&name, None, text).await?, fingerprint));
    }
    let completed = transfer.take_in(&name, announced, file).await?;
    let fingerprint = content::fingerprint(&name, &completed.sha256);
    Ok((completed, fingerprint))
}

/// The first answer once more, if this is the same file; nothing of it is stored.
async fn again(
    transfer: &mut Transfer<'_>,
    answered: RecordedResponse,
    filename: &str,
    file: File,
) -> Result<Response> {
    let (name, sha256) = transfer.read(filename, file).await?;
    answered.respond_to(&content::fingerprint(&name, &sha256))
}

async fn accepted(cx: &Cx, completed: &UploadReceipt) -> Result<ResponseParts> {
    let accepted = DocumentAccepted {
        document: DocumentBody::from(&knowledge::get_document(cx, completed.document).await?),
        job: JobBody::from(&jobs::get_job(cx, completed.job).await?),
    };
    let text = serde_json::to_string(&accepted).map_err(Problem::internal)?;
    Ok((StatusCode::ACCEPTED, Some(format!("/api/v1/documents/{}", completed.document)), text))
}

/// The largest file, in bytes. A declared length above it is refused before a byte is read.
async fn limit(call: &Call) -> Result<i64> {
    let limit = limits::largest_file().await?;
    let declared: Option<i64> =
        call.header(header::CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
    if declared.is_some_and(|length| length > limit + FORM_BYTES) {
        return Err(too_large(limit));
    }
    Ok(limit)
}

pub(crate) fn too_large(limit: i64) -> Problem {
    let detail =
        format!("expected a file of at most {} MiB; split it or ask an administrator", limit >> 20);
    Problem::new(Code::TooLarge, detail).because(ReasonCode::FileTooLarge.at_most(limit))
}

/// The name of a file: of the form's field, or of the query.
pub(crate) async fn name_of(filename: &str, file: &mut File) -> Result<UploadName> {
    match file {
        File::Field(form) => form.file_name().await,
        File::Body(_) => UploadName::parse(filename),
    }
}
