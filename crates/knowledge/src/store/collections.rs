//! The SQL of collections.

use kernel::{
    PageRequest, Result,
    id::{CollectionId, JobId, SpaceId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};
use spaces::Role;

use crate::{Collection, Reembedding};

fn read(cx: &Cx, row: &Row) -> Result<Collection> {
    Ok(Collection {
        id: row.get("id")?,
        space_id: row.get("space_id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        document_count: row.get("document_count")?,
        chunk_count: row.get("chunk_count")?,
        embedding_model: row.get("embedding_model")?,
        website_id: row.get("website_id")?,
        for_attachments: row.get("for_attachments")?,
        reembedding: reembedding(row)?,
        access: cx.space_access(Role::parse(&row.get::<String>("role")?))?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn reembedding(row: &Row) -> Result<Option<Reembedding>> {
    let (model, job): (Option<String>, Option<JobId>) =
        (row.get("next_embedding_model")?, row.get("reembed_job_id")?);
    Ok(model.zip(job).map(|(model, job)| Reembedding { model, job }))
}

/// `model`: what its chunks are embedded with, a row of `embedding_models`.
pub(crate) async fn insert(
    cx: &Cx,
    id: CollectionId,
    space: SpaceId,
    name: &str,
    description: &str,
    model: &str,
) -> Result<()> {
    let sql = "insert into collections (id, tenant_id, space_id, name, description, created_by, embedding_model) values ($1, $2, $3, $4, $5, $6, $7)";
    let params = [
        id.into(),
        cx.tenant()?.into(),
        space.into(),
        name.into(),
        description.into(),
        cx.user()?.into(),
        model.into(),
    ];
    cx.db.execute(sql, &params).await?;
    Ok(())
}

pub(crate) async fn list(
    cx: &Cx,
    space: Option<SpaceId>,
    request: PageRequest,
) -> Result<(Vec<Collection>, i64)> {
    let sql = "with mine as (
          select c.*, m.role from collections c join space_roles m on m.space_id = c.space_id and m.user_id = $4
           where not c.for_attachments and ($5::uuid is null or c.space_id = $5)
        )
        select c.id, c.space_id, c.name, c.description, c.embedding_model, c.next_embedding_model, c.reembed_job_id, c.for_attachments,
               (select w.id from websites w where w.collection_id = c.id) as website_id, c.role, n.document_count, n.chunk_count,
               micros(c.created_at) as created_at, micros(c.updated_at) as updated_at, (select count(*) from mine) as total
          from mine c,
               lateral (select count(*) as document_count, coalesce(sum(d.chunk_count), 0)::bigint as chunk_count
                          from documents d where d.collection_id = c.id) n
         where before_cursor(c.created_at, c.id, $2, $3)
         order by c.created_at desc, c.id desc limit $1";
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into(), space.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(|row| read(cx, row)).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, collection: CollectionId) -> Result<Option<Collection>> {
    let sql =
        "select c.id, c.space_id, c.name, c.description, c.embedding_model, c.next_embedding_model, c.reembed_job_id, c.for_attachments,
               (select w.id from websites w where w.collection_id = c.id) as website_id, m.role, n.document_count, n.chunk_count,
               micros(c.created_at) as created_at, micros(c.updated_at) as updated_at
          from collections c join space_roles m on m.space_id = c.space_id and m.user_id = $2,
               lateral (select count(*) as document_count, coalesce(sum(d.chunk_count), 0)::bigint as chunk_count
                          from documents d where d.collection_id = c.id) n
         where c.id = $1";
    cx.db
        .optional(sql, &[collection.into(), cx.user()?.into()])
        .await?
        .as_ref()
        .map(|row| read(cx, row))
        .transpose()
}

pub(crate) async fn update(
    cx: &Cx,
    collection: CollectionId,
    name: Option<&str>,
    description: Option<&str>,
) -> Result<()> {
    let sql = "update collections set name = coalesce($2::text, name), description = coalesce($3::text, description) where id = $1";
    cx.db.execute(sql, &[collection.into(), name.into(), description.into()]).await?;
    Ok(())
}

pub(crate) async fn delete(cx: &Cx, collection: CollectionId) -> Result<()> {
    cx.db.execute_at_length("delete from collections where id = $1", &[collection.into()]).await?;
    Ok(())
}
