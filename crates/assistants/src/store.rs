//! Every SQL statement of assistants.

use kernel::{
    PageRequest, Result,
    id::{AssistantId, CollectionId, SpaceId},
};
use models::Sampling;
use platform::{
    Cx,
    pg::{Row, page_params},
};
use spaces::Role;

use crate::{Assistant, CreateAssistant, UpdateAssistant};

/// The columns that [`read`] wants of an assistant `a`, but for the caller's `role`.
macro_rules! columns {
    () => {
        "a.id, a.space_id, a.name, a.slug, a.description, a.instructions, a.model, a.model_choice, a.temperature, a.top_p, a.published,
               array(select ac.collection_id::text from assistant_collections ac where ac.assistant_id = a.id order by 1) as collection_ids,
               micros(a.created_at) as created_at, micros(a.updated_at) as updated_at"
    };
}

fn read(cx: &Cx, row: &Row) -> Result<Assistant> {
    let collections: Vec<String> = row.get("collection_ids")?;
    Ok(Assistant {
        id: row.get("id")?,
        space_id: row.get("space_id")?,
        name: row.get("name")?,
        slug: row.get("slug")?,
        description: row.get("description")?,
        instructions: row.get("instructions")?,
        model: row.get("model")?,
        model_choice: row.get("model_choice")?,
        sampling: Sampling { temperature: row.get("temperature")?, top_p: row.get("top_p")? },
        collection_ids: collections.iter().map(|id| id.parse()).collect::<Result<_>>()?,
        published: row.get("published")?,
        access: cx.space_access(Role::parse(&row.get::<String>("role")?))?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn texts(ids: &[CollectionId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// False if a collection is unknown, or neither of its space nor of the organisation's hub.
pub(crate) async fn insert(cx: &Cx, id: AssistantId, new: &CreateAssistant) -> Result<bool> {
    let sql = "with wanted as (
          select c.id from collections c
           where c.id = any ($9::text[]::uuid[]) and not c.for_attachments
             and (c.space_id = $3 or c.space_id in (select s.id from spaces s where s.kind = 'organisation'))
        ), a as (
          insert into assistants (id, tenant_id, space_id, name, description, instructions, model, temperature, published, created_by, top_p, model_choice)
          select $1, $2, $3, $4::text, $5::text, $6::text, $7::text, $8::float8, $10::bool, $11, $12::float8, $13::bool
           where (select count(*) from wanted) = cardinality($9::text[])
          returning id, tenant_id
        ), links as (
          insert into assistant_collections (tenant_id, assistant_id, collection_id) select a.tenant_id, a.id, w.id from a, wanted w
        )
        select id from a";
    let params = [
        id.into(),
        cx.tenant()?.into(),
        new.space_id.into(),
        new.name.as_str().into(),
        new.description.as_str().into(),
        new.instructions.as_str().into(),
        new.model.as_deref().into(),
        new.sampling.temperature.into(),
        texts(&new.collection_ids).into(),
        new.published.into(),
        cx.user()?.into(),
        new.sampling.top_p.into(),
        new.model_choice.into(),
    ];
    Ok(cx.db.optional(sql, &params).await?.is_some())
}

/// `editors` are the roles that see unpublished assistants.
pub(crate) async fn list(
    cx: &Cx,
    space: Option<SpaceId>,
    editors: Vec<String>,
    request: PageRequest,
) -> Result<(Vec<Assistant>, i64)> {
    let sql = concat!(
        "with mine as (
          select a.*, m.role from assistants a join space_roles m on m.space_id = a.space_id and m.user_id = $4
           where a.deleted_at is null and ($5::uuid is null or a.space_id = $5) and (a.published or m.role = any ($6::text[]))
        )
        select ",
        columns!(),
        ", a.role, (select count(*) from mine) as total
          from mine a where before_cursor(a.created_at, a.id, $2, $3)
         order by a.created_at desc, a.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let rows =
        cx.db.query(sql, &[limit, at, id, cx.user()?.into(), space.into(), editors.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(|row| read(cx, row)).collect::<Result<_>>()?, total))
}

/// One assistant that the caller has a role for: which one, says `$condition` of `a` and the first
/// parameter.
macro_rules! one {
    ($condition:literal) => {
        concat!(
            "select ",
            columns!(),
            ", m.role from assistants a join space_roles m on m.space_id = a.space_id and m.user_id = $2
             where a.deleted_at is null and ",
            $condition
        )
    };
}

pub(crate) async fn get(cx: &Cx, assistant: AssistantId) -> Result<Option<Assistant>> {
    let params = [assistant.into(), cx.user()?.into()];
    cx.db.optional(one!("a.id = $1"), &params).await?.as_ref().map(|row| read(cx, row)).transpose()
}

pub(crate) async fn get_by_slug(cx: &Cx, slug: &str) -> Result<Option<Assistant>> {
    let params = [slug.into(), cx.user()?.into()];
    cx.db
        .optional(one!("a.slug = $1"), &params)
        .await?
        .as_ref()
        .map(|row| read(cx, row))
        .transpose()
}

/// False if a collection is unknown, or neither of its space nor of the organisation's hub.
pub(crate) async fn update(
    cx: &Cx,
    assistant: AssistantId,
    change: &UpdateAssistant,
) -> Result<bool> {
    let sql = "with a as (
          update assistants t
             set name = coalesce($2::text, name), description = coalesce($3::text, description), instructions = coalesce($4::text, instructions),
                 model = case when $5::bool then $6::text else model end,
                 temperature = case when $7::bool then $8::float8 else temperature end,
                 published = coalesce($9::bool, published), top_p = case when $11::bool then $12::float8 else top_p end,
                 model_choice = coalesce($13::bool, model_choice)
           where id = $1 and deleted_at is null
             and ($10::text[] is null or (select count(*) from collections c
                   where c.id = any ($10::text[]::uuid[]) and not c.for_attachments
                     and (c.space_id = t.space_id or c.space_id in (select s.id from spaces s where s.kind = 'organisation')))
                 = cardinality($10::text[]))
          returning id, tenant_id
        ), gone as (
          delete from assistant_collections ac using a
           where ac.assistant_id = a.id and $10::text[] is not null and ac.collection_id <> all ($10::text[]::uuid[])
        ), links as (
          insert into assistant_collections (tenant_id, assistant_id, collection_id)
          select a.tenant_id, a.id, w.id from a, unnest($10::text[]::uuid[]) as w (id) on conflict do nothing
        )
        select id from a";
    let params = [
        assistant.into(),
        change.name.as_deref().into(),
        change.description.as_deref().into(),
        change.instructions.as_deref().into(),
        change.model.is_some().into(),
        change.model.clone().flatten().into(),
        change.temperature.is_some().into(),
        change.temperature.flatten().into(),
        change.published.into(),
        change.collection_ids.as_deref().map(texts).into(),
        change.top_p.is_some().into(),
        change.top_p.flatten().into(),
        change.model_choice.into(),
    ];
    Ok(cx.db.optional(sql, &params).await?.is_some())
}

pub(crate) async fn delete(cx: &Cx, assistant: AssistantId) -> Result<()> {
    cx.db
        .execute(
            "update assistants set deleted_at = now() where id = $1 and deleted_at is null",
            &[assistant.into()],
        )
        .await?;
    Ok(())
}

/// The caller's personal space.
pub(crate) async fn personal_space(cx: &Cx) -> Result<Option<SpaceId>> {
    let sql = "select s.id from spaces s join space_roles m on m.space_id = s.id and m.user_id = $1
         where s.kind = 'personal' order by s.created_at limit 1";
    cx.db.optional(sql, &[cx.user()?.into()]).await?.map(|row| row.get("id")).transpose()
}

/// Creates what is missing of a personal space's collection and assistant, and links them. What a
/// concurrent request creates stays.
pub(crate) async fn insert_personal(
    cx: &Cx,
    space: SpaceId,
    collection: CollectionId,
    assistant: AssistantId,
    name: &str,
    embedding_model: &str,
) -> Result<()> {
    let sql = "with new_collection as (
          insert into collections (id, tenant_id, space_id, name, created_by, is_personal, embedding_model) values ($1, $2, $3, $4, $5, true, $7)
          on conflict (tenant_id, space_id) where is_personal do nothing returning id
        ), collection as (
          select id from new_collection union all select c.id from collections c where c.space_id = $3 and c.is_personal
        ), new_assistant as (
          insert into assistants (id, tenant_id, space_id, name, created_by, is_personal) select $6, $2, $3, $4, $5, true from collection
          on conflict (tenant_id, space_id) where is_personal and deleted_at is null do nothing returning id
        ), assistant as (
          select id from new_assistant
          union all select a.id from assistants a where a.space_id = $3 and a.is_personal and a.deleted_at is null
        )
        insert into assistant_collections (tenant_id, assistant_id, collection_id)
        select $2, assistant.id, collection.id from assistant, collection on conflict do nothing";
    let params = [
        collection.into(),
        cx.tenant()?.into(),
        space.into(),
        name.into(),
        cx.user()?.into(),
        assistant.into(),
        embedding_model.into(),
    ];
    cx.db.execute(sql, &params).await?;
    Ok(())
}

/// The assistant and the collection of a personal space.
pub(crate) async fn personal(
    cx: &Cx,
    space: SpaceId,
) -> Result<Option<(AssistantId, CollectionId)>> {
    let sql = "select a.id as assistant_id, c.id as collection_id from assistants a join collections c on c.space_id = a.space_id
         where a.space_id = $1 and a.is_personal and a.deleted_at is null and c.is_personal";
    let row = cx.db.optional(sql, &[space.into()]).await?;
    row.map(|row| Ok((row.get("assistant_id")?, row.get("collection_id")?))).transpose()
}
