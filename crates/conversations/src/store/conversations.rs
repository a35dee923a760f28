//! The SQL of conversations. Row-level security separates tenants; `user_id` separates users.

use kernel::{
    PageRequest, Result, Timestamp,
    id::{AssistantId, ConversationId, MessageId, SpaceId},
};
use platform::{
    Cx,
    pg::{Error, Row, page_params},
};

use crate::{
    Conversation, ConversationFilter, ImportSource, UpdateConversation, folder, tree::Head,
};

/// The columns that [`read`] needs of a conversation `c`.
macro_rules! columns {
    () => {
        "c.id, c.assistant_id, c.space_id, c.title, c.pinned_at is not null as pinned, c.archived_at is not null as archived,
               micros(c.deleted_at) as deleted_at, micros(c.created_at) as created_at, micros(c.updated_at) as updated_at,
               c.folder_id, c.tags, c.model, (c.title is null or c.titled_by = 'question') is true as wants_title, c.imported_from, c.head_id, (select m.depth from messages m where m.conversation_id = c.id and m.id = c.head_id) as depth"
    };
}

pub(crate) use columns;

/// `imported_from` of a conversation or a message.
pub(crate) fn source(row: &Row) -> Result<Option<ImportSource>> {
    Ok(row.get::<Option<String>>("imported_from")?.as_deref().and_then(ImportSource::parse))
}

pub(crate) fn read(row: &Row) -> Result<Conversation> {
    let head: Option<MessageId> = row.get("head_id")?;
    let depth: Option<i32> = row.get("depth")?;
    Ok(Conversation {
        id: row.get("id")?,
        assistant_id: row.get("assistant_id")?,
        space_id: row.get("space_id")?,
        title: row.get("title")?,
        pinned: row.get("pinned")?,
        archived: row.get("archived")?,
        folder_id: row.get("folder_id")?,
        tags: row.get("tags")?,
        model: row.get("model")?,
        wants_title: row.get("wants_title")?,
        imported_from: source(row)?,
        deleted_at: row.get::<Option<Timestamp>>("deleted_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        head: head.zip(depth).map(|(id, depth)| Head { id, depth }),
    })
}

pub(crate) async fn insert(
    cx: &Cx,
    id: ConversationId,
    space: SpaceId,
    assistant: AssistantId,
    model: Option<&str>,
) -> Result<()> {
    let sql = "insert into conversations (id, tenant_id, user_id, space_id, assistant_id, model) values ($1, $2, $3, $4, $5, $6)";
    cx.db
        .execute(
            sql,
            &[
                id.into(),
                cx.tenant()?.into(),
                cx.user()?.into(),
                space.into(),
                assistant.into(),
                model.into(),
            ],
        )
        .await?;
    Ok(())
}

pub(crate) async fn list(
    cx: &Cx,
    filter: &ConversationFilter,
    request: PageRequest,
) -> Result<(Vec<Conversation>, i64)> {
    // A cursor says whether its conversation is pinned by its id; one that is gone counts as not
    // pinned.
    let sql = concat!(
        "with mine as (
          select * from conversations
           where user_id = $4 and ($5::uuid is null or assistant_id = $5)
             and ($7::uuid is null or folder_id = $7)
             and ($8::text is null or exists (select from unnest(tags) as t (tag) where lower(t.tag) = lower($8)))
             and case $6::text when 'deleted' then deleted_at > now() - interval '30 days'
                               when 'archived' then deleted_at is null and archived_at is not null
                               else deleted_at is null and archived_at is null end
        )
        select ",
        columns!(),
        ", (select count(*) from mine) as total
          from mine c
         where $2::int8 is null
            or (c.pinned_at is not null, c.created_at, c.id)
             < (exists (select from mine x where x.id = $3 and x.pinned_at is not null),
                'epoch'::timestamptz + $2 * interval '1 microsecond', $3::uuid)
         order by c.pinned_at is not null desc, c.created_at desc, c.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let params = [
        limit,
        at,
        id,
        cx.user()?.into(),
        filter.assistant.into(),
        filter.shelf.as_str().into(),
        filter.folder.into(),
        filter.tag.as_deref().into(),
    ];
    let rows = cx.db.query(sql, &params).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, conversation: ConversationId) -> Result<Option<Conversation>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from conversations c where c.id = $1 and c.user_id = $2 and c.deleted_at is null"
    );
    cx.db
        .optional(sql, &[conversation.into(), cx.user()?.into()])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Changes what is given; none if there is no such conversation. A second pin or archiving keeps
/// the time of the first. A folder of another user is no folder: the reference names the user.
pub(crate) async fn update(
    cx: &Cx,
    conversation: ConversationId,
    change: &UpdateConversation,
) -> Result<Option<Conversation>> {
    let sql = concat!(
        "update conversations c
            set title = coalesce($3::text, title), titled_by = case when $3::text is null then titled_by else 'user' end,
                pinned_at = case when $4::bool then coalesce(pinned_at, now()) when not $4::bool then null else pinned_at end,
                archived_at = case when $5::bool then coalesce(archived_at, now()) when not $5::bool then null else archived_at end,
                folder_id = case when $6::bool then $7::uuid else folder_id end,
                tags = coalesce($8::text[], tags), model = case when $9::bool then $10::text else model end
          where c.id = $1 and c.user_id = $2 and c.deleted_at is null returning ",
        columns!()
    );
    let params = [
        conversation.into(),
        cx.user()?.into(),
        change.title.as_deref().into(),
        change.pinned.into(),
        change.archived.into(),
        change.folder_id.is_some().into(),
        change.folder_id.flatten().into(),
        change.tags.clone().into(),
        change.model.is_some().into(),
        change.model.clone().flatten().into(),
    ];
    let refused = |error: Error| {
        if error.is_missing_reference() { folder::missing() } else { error.into() }
    };
    cx.db.optional(sql, &params).await.map_err(refused)?.as_ref().map(read).transpose()
}

/// Whether the conversation existed.
pub(crate) async fn delete(cx: &Cx, conversation: ConversationId) -> Result<bool> {
    let sql = "update conversations set deleted_at = now() where id = $1 and user_id = $2 and deleted_at is null";
    Ok(cx.db.execute(sql, &[conversation.into(), cx.user()?.into()]).await? == 1)
}

/// None if there is no such conversation, or its time is over.
pub(crate) async fn restore(cx: &Cx, conversation: ConversationId) -> Result<Option<Conversation>> {
    let sql = concat!(
        "update conversations c set deleted_at = null
          where c.id = $1 and c.user_id = $2 and (c.deleted_at is null or c.deleted_at > now() - interval '30 days')
          returning ",
        columns!()
    );
    cx.db
        .optional(sql, &[conversation.into(), cx.user()?.into()])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}
