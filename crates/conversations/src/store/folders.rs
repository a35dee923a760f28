//! The SQL of folders. `user_id` separates users.

use kernel::{PageRequest, Problem, ReasonCode, Result, id::FolderId};
use platform::{
    Cx,
    pg::{Error, Row, page_params},
};

use crate::folder::Folder;

/// The columns that [`read`] needs of a folder `f`.
macro_rules! columns {
    () => {
        "f.id, f.name, micros(f.created_at) as created_at, micros(f.updated_at) as updated_at,
               (select count(*) from conversations c
                 where c.user_id = f.user_id and c.folder_id = f.id and c.deleted_at is null and c.archived_at is null) as conversations"
    };
}

fn read(row: &Row) -> Result<Folder> {
    Ok(Folder {
        id: row.get("id")?,
        name: row.get("name")?,
        conversations: row.get("conversations")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// A conflict that names the member: 200 folders are one too.
fn refused(error: Error) -> Problem {
    const DETAIL: &str = "another folder has this name already; choose another one";
    match error.unique_violation() {
        Some("conversation_folders_name_key") => {
            Problem::conflicting_field("/name", ReasonCode::NameTaken, DETAIL)
        }
        _ => error.into(),
    }
}

/// False if the user has `most` folders already. `folder_slot_free` holds a lock of the user until
/// this statement commits, so that concurrent requests cannot exceed the limit.
pub(crate) async fn insert(cx: &Cx, id: FolderId, name: &str, most: i64) -> Result<bool> {
    let sql = "insert into conversation_folders (id, tenant_id, user_id, name)
        select $1, $2, $3::uuid, $4::text where folder_slot_free($3::uuid, $5)";
    let params = [id.into(), cx.tenant()?.into(), cx.user()?.into(), name.into(), most.into()];
    Ok(cx.db.execute(sql, &params).await.map_err(refused)? == 1)
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<Folder>, i64)> {
    let sql = concat!(
        "with mine as (select * from conversation_folders where user_id = $4)
        select ",
        columns!(),
        ", (select count(*) from mine) as total
          from mine f where before_cursor(f.created_at, f.id, $2, $3)
         order by f.created_at desc, f.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, folder: FolderId) -> Result<Option<Folder>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from conversation_folders f where f.id = $1 and f.user_id = $2"
    );
    let params = [folder.into(), cx.user()?.into()];
    cx.db.optional(sql, &params).await?.as_ref().map(read).transpose()
}

/// Whether the folder exists.
pub(crate) async fn rename(cx: &Cx, folder: FolderId, name: &str) -> Result<bool> {
    let sql = "update conversation_folders set name = $3 where id = $1 and user_id = $2";
    let params = [folder.into(), cx.user()?.into(), name.into()];
    Ok(cx.db.execute(sql, &params).await.map_err(refused)? == 1)
}

/// Whether the folder existed.
pub(crate) async fn delete(cx: &Cx, folder: FolderId) -> Result<bool> {
    let sql = "delete from conversation_folders where id = $1 and user_id = $2";
    Ok(cx.db.execute(sql, &[folder.into(), cx.user()?.into()]).await? == 1)
}
