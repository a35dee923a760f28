//! The SQL of attachments.

use kernel::{
    Result,
    id::{CollectionId, ConversationId, DocumentId, SpaceId},
};
use platform::{Cx, pg::Row};

use crate::{
    Attachment, Hit,
    store::mentioned::{read_named, texts},
};

/// Where the attachments of a conversation go.
pub(crate) struct AttachmentTarget {
    /// The caller's personal space.
    pub(crate) space: SpaceId,
    pub(crate) collection: Option<CollectionId>,
    /// How many there are.
    pub(crate) documents: i64,
}

/// None if the conversation is not the caller's, or the caller has no personal space.
pub(crate) async fn place(
    cx: &Cx,
    conversation: ConversationId,
) -> Result<Option<AttachmentTarget>> {
    let sql = "select s.id as space_id, k.id as collection_id,
               (select count(*) from documents d where d.collection_id = k.id) as documents
          from conversations c
          join lateral (select s.id from spaces s join space_roles r on r.space_id = s.id and r.user_id = $2
                         where s.kind = 'personal' order by s.created_at limit 1) s on true
          left join collections k on k.conversation_id = c.id
         where c.id = $1 and c.user_id = $2 and c.deleted_at is null";
    let row = cx.db.optional(sql, &[conversation.into(), cx.user()?.into()]).await?;
    let read = |row: Row| {
        Ok(AttachmentTarget {
            space: row.get("space_id")?,
            collection: row.get("collection_id")?,
            documents: row.get("documents")?,
        })
    };
    row.map(read).transpose()
}

/// Creates the collection; one that a concurrent request creates stays.
pub(crate) async fn insert(
    cx: &Cx,
    id: CollectionId,
    space: SpaceId,
    conversation: ConversationId,
    model: &str,
) -> Result<()> {
    let sql = "insert into collections (id, tenant_id, space_id, name, created_by, embedding_model, for_attachments, conversation_id)
        values ($1, $2, $3, 'Attachments', $4, $5, true, $6) on conflict do nothing";
    let params = [
        id.into(),
        cx.tenant()?.into(),
        space.into(),
        cx.user()?.into(),
        model.into(),
        conversation.into(),
    ];
    cx.db.execute(sql, &params).await?;
    Ok(())
}

pub(crate) async fn collection(
    cx: &Cx,
    conversation: ConversationId,
) -> Result<Option<CollectionId>> {
    let sql = "select k.id from collections k join conversations c on c.id = k.conversation_id
         where c.id = $1 and c.user_id = $2 and c.deleted_at is null";
    let row = cx.db.optional(sql, &[conversation.into(), cx.user()?.into()]).await?;
    row.map(|row| row.get("id")).transpose()
}

pub(crate) async fn attachments(
    cx: &Cx,
    collection: CollectionId,
    documents: &[DocumentId],
) -> Result<Vec<Attachment>> {
    let sql = "select d.id, d.status = 'ready' as is_ready, d.media_type, d.blob_id, n.characters, n.chunks
          from documents d join space_roles r on r.space_id = d.space_id and r.user_id = $2
          join collections k on k.id = d.collection_id
         cross join lateral (
           select coalesce(sum(c.char_end - c.char_start), 0)::bigint as characters, count(*) as chunks
             from chunks c where c.document_id = d.id and c.index_id = k.index_id) n
         where d.collection_id = $1 and d.id = any ($3::text[]::uuid[])";
    let params = [collection.into(), cx.user()?.into(), texts(documents).into()];
    let read = |row: &Row| {
        Ok(Attachment {
            document: row.get("id")?,
            is_ready: row.get("is_ready")?,
            characters: row.get("characters")?,
            chunks: row.get("chunks")?,
            media_type: row.get("media_type")?,
            blob: row.get("blob_id")?,
        })
    };
    cx.db.query(sql, &params).await?.iter().map(read).collect()
}

/// The chunks of documents, in the order of the documents; each without what the chunk before has
/// of its page.
pub(crate) async fn chunks(
    cx: &Cx,
    documents: &[DocumentId],
    most: Option<i32>,
) -> Result<Vec<Hit>> {
    let sql = "select d.id as document_id, c.id as chunk_id, d.title, d.filename, d.source_url,
               micros(d.source_fetched_at) as source_fetched_at, d.source_published, d.source_modified, k.id as collection_id, k.name as collection_name, d.space_id,
               case when d.paged then c.page end as page, c.heading_path,
               right(c.content, greatest(0, c.char_end - greatest(c.char_start,
                 lag(c.char_end, 1, 0) over (partition by c.document_id, c.page order by c.ordinal)))) as content,
               '' as space_name, 1::float8 as score
          from documents d join space_roles r on r.space_id = d.space_id and r.user_id = $1
          join collections k on k.id = d.collection_id
          join chunks c on c.document_id = d.id and c.index_id = k.index_id
         where d.id = any ($2::text[]::uuid[]) and d.status = 'ready' and ($3::int4 is null or c.ordinal < $3)
         order by array_position($2::text[], d.id::text), c.ordinal";
    let params = [cx.user()?.into(), texts(documents).into(), most.into()];
    cx.db.query(sql, &params).await?.iter().map(read_named).collect()
}
