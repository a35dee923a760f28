//! The SQL of the worker's side. Every statement that writes holds the job's lease.

use conversations::{Role, language_of};
use kernel::{
    Problem, Result,
    id::{ConversationId, ConversationImportId, MessageId},
};
use platform::{
    Cx,
    pg::{Transaction, Value as Param},
};
use queue::holding;
use serde_json::{Value, json};

use crate::{
    ImportedConversation, ImportedMessage, Report,
    importing::{ImportQuota, Task, Work},
};

fn fenced<const N: usize>(work: &Work<'_>, others: [Param; N]) -> Vec<Param> {
    work.lease.fence().into_iter().chain(others).collect()
}

/// None if the import or its file is gone, or the lease is lost.
pub(crate) async fn begin(cx: &Cx, work: &Work<'_>) -> Result<Option<Task>> {
    let sql = concat!(
        holding!(),
        " select i.user_id, i.space_id, i.assistant_id, i.blob_id, i.size_bytes
            from held, conversation_imports i where i.id = $4 and i.blob_id is not null"
    );
    let row = cx.db.optional(sql, &fenced(work, [work.import.into()])).await?;
    let read = |row: platform::pg::Row| {
        Ok(Task {
            user: row.get("user_id")?,
            space: row.get("space_id")?,
            assistant: row.get("assistant_id")?,
            blob: row.get("blob_id")?,
            size: row.get("size_bytes")?,
        })
    };
    row.map(read).transpose()
}

/// What the user may still import.
pub(crate) async fn room(cx: &Cx, task: &Task) -> Result<ImportQuota> {
    let sql = "select count(*) as conversations, coalesce(sum(c.import_bytes), 0)::int8 as bytes
          from conversations c where c.user_id = $1 and c.import_key is not null";
    let row = cx.db.one(sql, &[task.user.into()]).await?;
    Ok(ImportQuota::beside(row.get("conversations")?, row.get("bytes")?))
}

/// What came of a conversation.
pub(crate) enum InsertOutcome {
    /// This import has stored it: now if it is `made`, else in an earlier attempt, or before in
    /// this one.
    Now { id: ConversationId, made: bool },
    /// It was there before this import.
    Before(ConversationId),
    /// It is new, and was not to be stored.
    Refused,
    /// The lease is lost; nothing was written.
    Lost,
}

/// How often a conversation is tried that others store, and delete, between two looks.
const TRIES: usize = 3;

/// Stores a conversation with its messages, if it may and the user does not have it already.
pub(crate) async fn insert(
    cx: &Cx,
    work: &Work<'_>,
    task: &Task,
    conversation: &ImportedConversation,
    may_store: bool,
) -> Result<InsertOutcome> {
    for _ in 0..TRIES {
        if let Some(outcome) = try_insert(cx, work, task, conversation, may_store).await? {
            return Ok(outcome);
        }
    }
    Err(Problem::internal("a conversation is stored and deleted by others again and again"))
}

/// None if another import has stored it between the two looks of the statement: the next statement
/// finds it.
async fn try_insert(
    cx: &Cx,
    work: &Work<'_>,
    task: &Task,
    conversation: &ImportedConversation,
    may_store: bool,
) -> Result<Option<InsertOutcome>> {
    let id: ConversationId = cx.new_id()?;
    let sql = concat!(
        holding!(),
        ", before as (
          select c.id, c.import_id from conversations c where c.user_id = $5 and c.import_key = $6
        ), made as (
          insert into conversations (id, tenant_id, user_id, space_id, assistant_id, title, created_at, updated_at, imported_from, import_id, import_key, head_id, tags, import_bytes)
          select $7, app_tenant(), $5, $8, $9, $10, 'epoch'::timestamptz + $11::int8 * interval '1 microsecond',
                 'epoch'::timestamptz + $12::int8 * interval '1 microsecond', $13, $4, $6, $14, $16::text[], $18::int8
            from held where $17::bool and not exists (select from before)
          on conflict do nothing
          returning id
        ), texts as (
          insert into messages (id, tenant_id, conversation_id, role, content, status, model, parent_id, depth, language, imported_from, created_at, updated_at)
          select m.id, app_tenant(), c.id, m.role, m.content, 'done', m.model, m.parent_id, m.depth, m.language, $13,
                 'epoch'::timestamptz + m.at * interval '1 microsecond', 'epoch'::timestamptz + m.at * interval '1 microsecond'
            from made c, jsonb_to_recordset($15) as m (id uuid, role text, content text, model text, parent_id uuid, depth int, language text, at int8)
        )
        select exists (select from held) as held, (select id from before) as before_id, (select import_id from before) as import_id, exists (select from made) as made"
    );
    let (messages, head) = rows(cx, conversation)?;
    let params = fenced(
        work,
        [
            work.import.into(),
            task.user.into(),
            conversation.key.clone().into(),
            id.into(),
            task.space.into(),
            task.assistant.into(),
            conversation.title.as_str().into(),
            conversation.created_at.into(),
            conversation.updated_at.into(),
            conversation.source.as_str().into(),
            head.into(),
            messages.into(),
            conversation.tags.clone().into(),
            may_store.into(),
            conversation.stored_bytes().into(),
        ],
    );
    let row = cx.db.one(sql, &params).await?;
    let before: Option<ConversationId> = row.get("before_id")?;
    let import: Option<ConversationImportId> = row.get("import_id")?;
    Ok(match before {
        _ if !row.get::<bool>("held")? => Some(InsertOutcome::Lost),
        Some(id) if import == Some(work.import) => Some(InsertOutcome::Now { id, made: false }),
        Some(before) => Some(InsertOutcome::Before(before)),
        None if row.get("made")? => Some(InsertOutcome::Now { id, made: true }),
        None => (!may_store).then_some(InsertOutcome::Refused),
    })
}

/// The rows of the messages, with ids of our own, and the id of the one that is the head.
fn rows(cx: &Cx, conversation: &ImportedConversation) -> Result<(Value, Option<MessageId>)> {
    let ids: Vec<MessageId> =
        conversation.messages.iter().map(|_| cx.new_id()).collect::<Result<_>>()?;
    let row = |(message, id): (&ImportedMessage, &MessageId)| {
        let parent = message.parent.and_then(|parent| ids.get(parent));
        let is_answer = message.role == Role::Assistant;
        json!({
            "id": id,
            "role": message.role.as_str(),
            "content": message.content,
            "model": message.model.as_ref().filter(|_| is_answer),
            "parent_id": parent,
            "depth": message.depth,
            "language": language_of(&message.content),
            "at": message.at.0,
        })
    };
    let rows = conversation.messages.iter().zip(&ids).map(row).collect();
    Ok((Value::Array(rows), ids.get(conversation.head).copied()))
}

/// Writes down what came of the import so far; None if the lease is lost.
pub(crate) async fn note(cx: &Cx, work: &Work<'_>, report: &Report) -> Result<Option<()>> {
    let sql = concat!(
        holding!(),
        " update conversation_imports i set source = $5::text, imported = $6, duplicates = $7, skipped = $8, messages = $9, left_out = $10, report = $11
            from held where i.id = $4"
    );
    let number = |count: u32| Param::from(i32::try_from(count).unwrap_or(i32::MAX));
    let params = fenced(
        work,
        [
            work.import.into(),
            report.source.map(conversations::ImportSource::as_str).into(),
            number(report.imported),
            number(report.duplicates),
            number(report.skipped),
            number(report.messages),
            json!(report.left_out).into(),
            json!(report.entries).into(),
        ],
    );
    Ok((cx.db.execute(sql, &params).await? == 1).then_some(()))
}

pub(crate) async fn remove_file(
    tx: &mut Transaction<'_>,
    import: ConversationImportId,
) -> Result<()> {
    let sql =
        "delete from blobs b using conversation_imports i where i.id = $1 and b.id = i.blob_id";
    tx.execute(sql, &[import.into()]).await?;
    Ok(())
}
