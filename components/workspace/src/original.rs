//! `GET /api/v1/documents/{id}/content`: streams the original bytes while the caller may read them.

use api::{Call, Reply, Watch, kind};
use http::header;
use kernel::{
    Result,
    id::{self, DocumentId},
};
use platform::{Cx, serve, task};

/// Sent as a download of no executable type: an uploaded HTML page must never run as one of ours.
pub(crate) async fn get_document_content(
    mut call: Call,
) -> Result<Reply<kind::Bytes<kind::OctetStream>>> {
    let id: DocumentId = call.param("document_id")?;
    let document = knowledge::get_document(call.cx()?, id).await?;
    // Until all bytes are stored, there is no original.
    let blob = document
        .blob_id
        .filter(|_| document.sha256.is_some())
        .ok_or_else(|| id::not_found("original"))?;
    let mut watch = Watch::of(&call)?;
    let (mut writer, body) = serve::streaming();
    let cx: Cx = call.take_cx()?;
    task::spawn(async move {
        for seq in 0.. {
            // At the end, or when the database failed; the length tells the client whether all
            // bytes came.
            let Ok(Some(piece)) = knowledge::original(&cx, blob, seq).await else { return };
            let writing = cx.db.released_while(writer.write(piece));
            // A caller who loses access gets no further part, and the connection breaks: the length
            // shows that the body is incomplete.
            let Ok(true) = watch.guard(&id, |id, cx| Box::pin(may_read(cx, *id)), writing).await
            else {
                return;
            };
        }
    });
    http::Response::builder()
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, document.size_bytes)
        .header(header::CONTENT_DISPOSITION, disposition(&document.filename))
        .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
        .body(body)
        .map(Reply::new)
        .map_err(kernel::Problem::internal)
}

async fn may_read(cx: &Cx, document: DocumentId) -> Result<()> {
    knowledge::get_document(cx, document).await.map(|_| ())
}

/// RFC 6266: the plain form for old clients, the encoded one for every letter.
fn disposition(filename: &str) -> String {
    let plain: String = filename
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || " .-_".contains(c) { c } else { '_' })
        .collect();
    let encoded: String = filename
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b".-_".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}
