//! Files that people attach to the questions of a conversation: documents of a collection in their
//! personal space that no list shows (ADR 36).

use bytes::Bytes;
use kernel::{
    Page, PageRequest, Problem, ReasonCode, Result,
    id::{self, BlobId, CollectionId, ConversationId, DocumentId},
};
use platform::Cx;
use spaces::Action;

use crate::{
    Document, DocumentFilter, Hit, Query, TargetCollection, list_documents, snippet,
    store::attachments as store,
};

/// Media types of pictures that may be attached.
pub const PICTURES: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];
/// The most bytes of a picture: one part of a blob.
pub const PICTURE_BYTES: usize = blobs::PART_BYTES;
/// The most attachments of a conversation.
pub(crate) const MOST: i64 = 100;
/// The most characters of a snippet where no query chooses one.
const SNIPPET_CHARS: usize = 300;

/// An attachment with a size, as the caller may read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// The document.
    pub document: DocumentId,
    /// Whether it has been read.
    pub is_ready: bool,
    /// Characters of its chunks.
    pub characters: i64,
    /// Its chunks.
    pub chunks: i64,
    /// Decided by content.
    pub media_type: String,
    /// The bytes of the original.
    pub blob: Option<BlobId>,
}

impl Attachment {
    /// Whether it is a picture, which models see and nothing reads.
    #[must_use]
    pub fn is_picture(&self) -> bool {
        PICTURES.contains(&self.media_type.as_str())
    }
}

impl TargetCollection {
    /// The collection of a conversation's attachments, which is created for the first one.
    ///
    /// # Errors
    /// `not_found` if the conversation is not the caller's own; `not_allowed` if the caller may not
    /// add documents to their personal space; `quota_exceeded`; `conflict` if the conversation has
    /// as many attachments as it may have.
    pub async fn of_conversation(cx: &Cx, conversation: ConversationId) -> Result<Self> {
        cx.require(Action::ManageConversations)?;
        let missing = || id::not_found("conversation");
        let place = store::place(cx, conversation).await?.ok_or_else(missing)?;
        spaces::require(cx, place.space, Action::EditKnowledge).await?;
        if place.documents >= MOST {
            // What binds is the statement that begins the upload: others may begin meanwhile.
            return Err(too_many());
        }
        if place.collection.is_none() {
            let model = models::default_embedding_model().await?;
            store::insert(cx, cx.new_id()?, place.space, conversation, &model).await?;
        }
        // A statement of its own: it sees what a concurrent request created.
        Self::find(cx, collection(cx, conversation).await?.ok_or_else(missing)?).await
    }
}

/// The problem when a conversation has as many attachments as it may have.
pub(crate) fn too_many() -> Problem {
    let detail = format!(
        "expected at most {MOST} attachments in a conversation; begin another one, or add the documents to a collection"
    );
    Problem::conflict(ReasonCode::LimitReached.at_most(MOST), detail)
}

/// The attachments of a conversation, newest first; also those that no question names.
///
/// # Errors
/// `not_found` if the conversation is not the caller's own.
pub async fn list(
    cx: &Cx,
    conversation: ConversationId,
    request: PageRequest,
) -> Result<Page<Document>> {
    cx.require(Action::ManageConversations)?;
    let missing = || id::not_found("conversation");
    let place = store::place(cx, conversation).await?.ok_or_else(missing)?;
    let Some(collection) = place.collection else {
        return Ok(Page { items: Vec::new(), total: 0, next: None });
    };
    let filter = DocumentFilter { collection: Some(collection), ..DocumentFilter::default() };
    list_documents(cx, filter, request).await
}

/// The collection of a conversation's attachments, if it has any.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn collection(cx: &Cx, conversation: ConversationId) -> Result<Option<CollectionId>> {
    store::collection(cx, conversation).await
}

/// Those of the documents that are in the collection and that the caller may read.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn attachments(
    cx: &Cx,
    collection: CollectionId,
    documents: &[DocumentId],
) -> Result<Vec<Attachment>> {
    store::attachments(cx, collection, documents).await
}

/// The complete text of documents that the caller may read, or of each the first `chunks`: chunk by
/// chunk, without what a chunk repeats of the one before. `query` chooses the snippets.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn complete_text(
    cx: &Cx,
    documents: &[DocumentId],
    query: Option<&Query>,
    chunks: Option<i32>,
) -> Result<Vec<Hit>> {
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    let mut hits = store::chunks(cx, documents, chunks).await?;
    hits.retain(|hit| !hit.content.trim().is_empty());
    let (words, mut steps) = (query.map(|query| snippet::QueryWords::of(query.as_str())), 0);
    for hit in &mut hits {
        hit.snippet = match &words {
            Some(words) => words.snippet(&hit.content, &mut steps),
            None => hit.content.chars().take(SNIPPET_CHARS).collect(),
        };
    }
    Ok(hits)
}

/// The bytes of a picture; none if it was deleted.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn picture(cx: &Cx, attachment: &Attachment) -> Result<Option<Bytes>> {
    let Some(blob) = attachment.blob.filter(|_| attachment.is_picture()) else { return Ok(None) };
    blobs::part(cx, blob, 0).await
}

/// The media type of a picture that may be attached, by its first bytes.
#[must_use]
pub fn picture_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::picture_type;

    #[test]
    fn a_picture_is_known_by_its_first_bytes() {
        assert_eq!(picture_type(b"\x89PNG\r\n\x1a\n..."), Some("image/png"));
        assert_eq!(picture_type(b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(picture_type(b"RIFF1234WEBPVP8 "), Some("image/webp"));
        for other in [&b"GIF89a"[..], b"<svg/>", b"RIFF1234WAVE", b"\x89PNG", b""] {
            assert_eq!(picture_type(other), None);
        }
    }
}
