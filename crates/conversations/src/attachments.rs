//! The files that a question may rest on: those attached to it and to the questions before it on
//! its path (ADR 36).

use kernel::{
    Code, Problem, ReasonCode, Result,
    id::{self, CollectionId, ConversationId, DocumentId, MessageId},
};
use knowledge::{Attachment, GroupBy, Hit, Mode, Query, SearchRequest, attachments as verbs};
use models::{ChatModel, Image, QueryEmbedding};
use platform::Cx;

use crate::{
    budget::{Budget, image_tokens},
    prompt,
    store::attachments as store,
};

/// The most attachments of one question.
const MOST: usize = 20;
/// The most chunks of attachments that are read completely: each is a source.
const WHOLE_CHUNKS: i64 = 100;
/// How many candidates of a search are looked at: it finds those of other branches too.
const CANDIDATES: i64 = 100;
/// The most pictures that a model sees at once: the newest.
const PICTURES: usize = 4;
/// The most chunks of attachments that are too long.
const EXCERPTS: usize = 8;

/// A file that was attached to a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageAttachment {
    /// The document.
    pub document_id: DocumentId,
    /// The name under which it was uploaded.
    pub name: String,
    /// Decided by content.
    pub media_type: String,
    /// Whether the reader may open the document.
    pub available: bool,
}

/// Attachments, and how much of each goes into the prompt. Newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct AttachmentPlan {
    pub(crate) collection: CollectionId,
    /// They fit.
    whole: Vec<DocumentId>,
    /// They are too long: the best chunks for the question.
    searched: Vec<DocumentId>,
    /// Pictures, if the model sees.
    pictures: Vec<Attachment>,
    /// Whether some pictures are left out.
    is_picture_missing: bool,
    /// Tokens of the text that goes into the prompt.
    tokens: usize,
}

/// The chunks of attachments in a prompt.
#[derive(Default, Debug)]
pub(crate) struct Excerpts {
    pub(crate) hits: Vec<Hit>,
    /// Whether that is all of the files.
    pub(crate) is_complete: bool,
    /// Whether text or a picture of an attachment is left out.
    pub(crate) is_cut: bool,
    /// Pictures.
    pub(crate) images: Vec<Image>,
    /// Tokens of all that.
    pub(crate) tokens: usize,
}

fn no_vision() -> Problem {
    let detail = "the model of this assistant takes no pictures; ask without them, or ask an assistant whose model does";
    Problem::new(Code::NoVision, detail)
}

/// Refuses attachments of a question that are not files of its conversation, or cannot be read yet.
///
/// # Errors
/// `invalid_body`, `not_found`; `conflict` for a file that is still being read, or has failed.
pub(crate) async fn check(
    cx: &Cx,
    conversation: ConversationId,
    wanted: &[DocumentId],
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let is_repeated =
        (1..).zip(wanted).any(|(next, one)| wanted.iter().skip(next).any(|it| it == one));
    if wanted.len() > MOST || is_repeated {
        let got = wanted.len();
        let detail = format!("expected at most {MOST} different attachments, got {got}");
        return Err(Problem::refused_field(
            "/attachment_ids",
            ReasonCode::CountOutOfRange.between(0, MOST),
            detail,
        ));
    }
    let missing = || id::not_found("attachment");
    let collection = verbs::collection(cx, conversation).await?.ok_or_else(missing)?;
    let found = verbs::attachments(cx, collection, wanted).await?;
    if found.len() != wanted.len() {
        return Err(missing());
    }
    if found.iter().all(|attachment| attachment.is_ready) {
        return Ok(());
    }
    let detail = "an attachment is still being read, or could not be read; wait until it is ready, or ask without it";
    Err(Problem::conflict(ReasonCode::AttachmentUnready, detail))
}

/// The attachments of a question of the caller.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub(crate) async fn of_question(cx: &Cx, question: MessageId) -> Result<Vec<DocumentId>> {
    store::of_message(cx, question).await
}

impl AttachmentPlan {
    /// The attachments of a question, `own`, and those of the path to the message before it. None:
    /// there are none that the caller may read.
    ///
    /// # Errors
    /// `no_vision` if a picture is attached to the question, and the model takes none.
    pub(crate) async fn plan(
        cx: &Cx,
        conversation: ConversationId,
        own: &[DocumentId],
        before: Option<MessageId>,
        (chat, budget): (&ChatModel, &Budget),
    ) -> Result<Option<Self>> {
        let mut documents = own.to_vec();
        if let Some(before) = before {
            documents.extend(store::on_path(cx, conversation, before).await?);
        }
        if documents.is_empty() {
            return Ok(None);
        }
        let Some(collection) = verbs::collection(cx, conversation).await? else { return Ok(None) };
        let mut found = verbs::attachments(cx, collection, &documents).await?;
        found.retain(|attachment| attachment.is_ready);
        found.sort_by_key(|it| documents.iter().position(|document| *document == it.document));
        let (mut pictures, mut files): (Vec<_>, Vec<_>) =
            found.into_iter().partition(Attachment::is_picture);
        if !chat.sees() {
            if pictures.iter().any(|picture| own.contains(&picture.document)) {
                return Err(no_vision());
            }
            pictures.clear();
        }
        let fitting = budget.pictures().min(PICTURES);
        let is_picture_missing = chat.sees() && pictures.len() > fitting;
        pictures.truncate(fitting);
        files.retain(|file| file.chunks > 0);
        if files.is_empty() && pictures.is_empty() {
            return Ok(None);
        }
        let tokens = budget.attachments().saturating_sub(pictures.len() * image_tokens());
        // Sources have numbers and titles beside their text.
        let characters = budget.tokenizer.characters(tokens / 8 * 7);
        let (whole, searched) = shared_out(&files, i64::try_from(characters).unwrap_or(i64::MAX));
        Ok(Some(Self { collection, whole, searched, pictures, is_picture_missing, tokens }))
    }

    /// Whether some of them are searched.
    pub(crate) fn needs_search(&self) -> bool {
        !self.searched.is_empty()
    }

    /// What of them goes into the prompt. `embeddings`: of the query.
    pub(crate) async fn read(
        &self,
        cx: &Cx,
        query: Option<&Query>,
        embeddings: &[QueryEmbedding],
        budget: &Budget,
    ) -> Result<Excerpts> {
        let mut hits = verbs::complete_text(cx, &self.whole, query, None).await?;
        if self.needs_search() {
            // Its beginning tells what a long file is, whatever the question.
            let mut excerpts = verbs::complete_text(cx, &self.searched, query, Some(1)).await?;
            excerpts.truncate(EXCERPTS / 2);
            for hit in self.search(cx, query, embeddings).await? {
                if excerpts.len() < EXCERPTS
                    && excerpts.iter().all(|it| it.chunk_id != hit.chunk_id)
                {
                    excerpts.push(hit);
                }
            }
            hits.extend(excerpts);
        }
        let found = hits.len();
        // Code and tables have more tokens than prose of the same length.
        let (hits, tokens) = prompt::fitting(hits, self.tokens, budget.tokenizer);
        let is_complete = !self.needs_search() && hits.len() == found;
        let is_cut = !is_complete || self.is_picture_missing;
        let images = self.images(cx).await?;
        let tokens = tokens + images.len() * image_tokens();
        Ok(Excerpts { hits, is_complete, is_cut, images, tokens })
    }

    /// The pictures, oldest first.
    pub(crate) async fn images(&self, cx: &Cx) -> Result<Vec<Image>> {
        let mut images = Vec::with_capacity(self.pictures.len());
        for picture in self.pictures.iter().rev() {
            if let Some(bytes) = verbs::picture(cx, picture).await? {
                images.push(Image::of_bytes(&picture.media_type, &bytes));
            }
        }
        Ok(images)
    }

    async fn search(
        &self,
        cx: &Cx,
        query: Option<&Query>,
        embeddings: &[QueryEmbedding],
    ) -> Result<Vec<Hit>> {
        let Some(query) = query else { return Ok(Vec::new()) };
        let request = SearchRequest {
            query: query.clone(),
            collection_ids: vec![self.collection],
            space_id: None,
            limit: CANDIDATES,
            mode: Mode::Fused,
            group_by: GroupBy::AnyChunk,
        };
        let found = knowledge::search(cx, &request, async |_| Ok(embeddings.to_vec())).await?;
        let is_attached = |hit: &Hit| self.searched.contains(&hit.document_id);
        Ok(found.hits.into_iter().filter(is_attached).collect())
    }
}

/// Those that fit into `characters`, the newest first, and the rest.
fn shared_out(found: &[Attachment], characters: i64) -> (Vec<DocumentId>, Vec<DocumentId>) {
    let (mut left, mut chunks) = (characters, WHOLE_CHUNKS);
    let mut fits = |it: &&Attachment| {
        let is_whole = it.characters <= left && it.chunks <= chunks;
        if is_whole {
            left -= it.characters;
            chunks -= it.chunks;
        }
        is_whole
    };
    let (whole, rest): (Vec<&Attachment>, Vec<&Attachment>) = found.iter().partition(|it| fits(it));
    let ids = |some: Vec<&Attachment>| some.into_iter().map(|it| it.document).collect();
    (ids(whole), ids(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(characters: i64, chunks: i64) -> Attachment {
        let document = platform::random::id().unwrap();
        let media_type = "text/plain".to_owned();
        Attachment { document, is_ready: true, characters, chunks, media_type, blob: None }
    }

    #[test]
    fn the_newest_files_that_fit_are_read_completely() {
        let found = [attachment(900, 1), attachment(200, 1), attachment(100, 1)];
        let (whole, rest) = shared_out(&found, 1_000);
        assert_eq!(whole, [found[0].document, found[2].document]);
        assert_eq!(rest, [found[1].document]);
    }

    #[test]
    fn a_file_of_too_many_chunks_is_searched() {
        let found = [attachment(1_000, WHOLE_CHUNKS + 1)];
        assert_eq!(shared_out(&found, i64::MAX).1, [found[0].document]);
    }
}
