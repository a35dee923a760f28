//! Every SQL statement of prompts.

use kernel::{PageRequest, Problem, ReasonCode, Result, id::PromptId};
use platform::{
    Cx,
    pg::{Error, Row, page_params},
};
use spaces::Role;

use crate::{CreatePrompt, Owner, Prompt, PromptFilter, UpdatePrompt};

/// The columns that [`read`] wants of a prompt `p`, but for the caller's `role` in its space.
macro_rules! columns {
    () => {
        "p.id, p.space_id, p.command, p.title, p.text, micros(p.created_at) as created_at, micros(p.updated_at) as updated_at"
    };
}

fn read(cx: &Cx, row: &Row) -> Result<Prompt> {
    let owner = match row.get::<Option<String>>("role")? {
        Some(role) => Owner::Space(row.get("space_id")?, cx.space_access(Role::parse(&role))?),
        None => Owner::Caller,
    };
    Ok(Prompt {
        id: row.get("id")?,
        owner,
        command: row.get("command")?,
        title: row.get("title")?,
        text: row.get("text")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// A conflict that names the member: a full library is one too.
fn command_is_taken() -> Problem {
    const DETAIL: &str = "another prompt has this command already; choose another one";
    Problem::conflicting_field("/command", ReasonCode::CommandTaken, DETAIL)
}

fn refused(error: Error) -> Problem {
    match error.unique_violation() {
        Some("prompts_user_command_key" | "prompts_space_command_key") => command_is_taken(),
        _ if error.is_missing_reference() => kernel::id::not_found("space"),
        _ => error.into(),
    }
}

/// False if the owner has `most` prompts already. `prompt_slot_free` holds a lock of the owner
/// until this statement commits, so that concurrent requests cannot exceed the limit.
pub(crate) async fn insert(cx: &Cx, id: PromptId, new: &CreatePrompt, most: i64) -> Result<bool> {
    let sql = "insert into prompts (id, tenant_id, user_id, space_id, command, title, text)
        select $1, $2, $3::uuid, $4::uuid, $5::text, $6::text, $7::text where prompt_slot_free($3::uuid, $4::uuid, $8)";
    let user = if new.space_id.is_none() { Some(cx.user()?) } else { None };
    let params = [
        id.into(),
        cx.tenant()?.into(),
        user.into(),
        new.space_id.into(),
        new.command.as_str().into(),
        new.title.as_str().into(),
        new.text.as_str().into(),
        most.into(),
    ];
    Ok(cx.db.execute(sql, &params).await.map_err(refused)? == 1)
}

pub(crate) async fn list(
    cx: &Cx,
    filter: &PromptFilter,
    request: PageRequest,
) -> Result<(Vec<Prompt>, i64)> {
    let sql = concat!(
        "with mine as (
          select p.*, null::text as role from prompts p where p.user_id = $4 and $5::uuid is null
          union all
          select p.*, m.role from space_roles m join prompts p on p.space_id = m.space_id
           where m.user_id = $4 and not $6::bool and ($5::uuid is null or p.space_id = $5)
        ), found as (
          select * from mine where starts_with(command, $7::text) or strpos(' ' || lower(title), ' ' || $7::text) > 0
        )
        select ",
        columns!(),
        ", p.role, (select count(*) from found) as total
          from found p where before_cursor(p.created_at, p.id, $2, $3)
         order by p.created_at desc, p.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let (space, own, prefix) =
        (filter.space.into(), filter.own.into(), filter.prefix.as_str().into());
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into(), space, own, prefix]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(|row| read(cx, row)).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, prompt: PromptId) -> Result<Option<Prompt>> {
    let sql = concat!(
        "select ",
        columns!(),
        ", m.role from prompts p left join space_roles m on m.space_id = p.space_id and m.user_id = $2
         where p.id = $1 and (p.user_id = $2 or m.role is not null)"
    );
    let params = [prompt.into(), cx.user()?.into()];
    cx.db.optional(sql, &params).await?.as_ref().map(|row| read(cx, row)).transpose()
}

pub(crate) async fn update(cx: &Cx, prompt: PromptId, change: &UpdatePrompt) -> Result<()> {
    let sql = "update prompts set command = coalesce($2::text, command), title = coalesce($3::text, title), text = coalesce($4::text, text)
         where id = $1";
    let params = [
        prompt.into(),
        change.command.as_deref().into(),
        change.title.as_deref().into(),
        change.text.as_deref().into(),
    ];
    cx.db.execute(sql, &params).await.map_err(refused)?;
    Ok(())
}

pub(crate) async fn delete(cx: &Cx, prompt: PromptId) -> Result<()> {
    cx.db.execute("delete from prompts where id = $1", &[prompt.into()]).await?;
    Ok(())
}
