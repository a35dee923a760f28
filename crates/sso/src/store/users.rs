//! The SQL of users who sign in at a provider.

use kernel::{
    Result,
    id::{SpaceId, UserId},
};
use platform::{
    Cx, TenantRole,
    pg::{Error, Row},
};

use crate::claims::Profile;

/// A known user.
pub(crate) struct KnownUser {
    pub(crate) id: UserId,
    pub(crate) state: String,
    pub(crate) deleted: bool,
    pub(crate) display_name: String,
    pub(crate) role: TenantRole,
    pub(crate) custom_role: bool,
}

fn read(row: &Row) -> Result<KnownUser> {
    Ok(KnownUser {
        id: row.get("id")?,
        state: row.get("state")?,
        deleted: row.get("deleted")?,
        display_name: row.get("display_name")?,
        role: TenantRole::parse(&row.get::<String>("role")?),
        custom_role: row.get("custom_role")?,
    })
}

macro_rules! columns {
    () => {
        "u.id, u.state, u.deleted_at is not null as deleted, u.display_name, u.role, u.custom_role_id is not null as custom_role"
    };
}

/// The user with this identity at the issuer.
pub(crate) async fn by_identity(cx: &Cx, issuer: &str, subject: &str) -> Result<Option<KnownUser>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from identities i join users u on u.id = i.user_id where i.issuer = $1 and i.subject = $2"
    );
    cx.db.optional(sql, &[issuer.into(), subject.into()]).await?.as_ref().map(read).transpose()
}

/// The user with this address; a deleted one only if no other user has it.
pub(crate) async fn by_email(cx: &Cx, email: &str) -> Result<Option<KnownUser>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from users u where u.email = $1 order by u.deleted_at is not null, u.deleted_at desc limit 1"
    );
    cx.db.optional(sql, &[email.into()]).await?.as_ref().map(read).transpose()
}

/// Whether an identity or an address was taken meanwhile, or the user has another identity at the
/// issuer.
pub(crate) enum LinkConflict {
    /// A concurrent request took the same identity or address.
    Meanwhile,
    /// The user has another identity at this issuer.
    Other,
}

fn taken(error: Error) -> Result<LinkConflict> {
    match error.unique_violation() {
        Some("identities_user_key") => Ok(LinkConflict::Other),
        Some("identities_pkey" | "users_email_key") => Ok(LinkConflict::Meanwhile),
        _ => Err(error.into()),
    }
}

/// Links an identity at the issuer to a user, and ends the sessions, keys and links of the
/// account's previous owner. An invitation is thereby accepted, and the user gets a personal space.
pub(crate) async fn link(
    cx: &Cx,
    issuer: &str,
    subject: &str,
    user: UserId,
) -> Result<std::result::Result<(), LinkConflict>> {
    let space: SpaceId = cx.new_id()?;
    let sql = "with linked as (
          insert into identities (tenant_id, issuer, subject, user_id) values ($1, $2, $3, $4) returning user_id
        ), u as (
          update users set state = 'active' from linked
           where users.id = linked.user_id and users.state = 'invited' and users.deleted_at is null returning users.id, users.tenant_id
        ), s as (
          insert into spaces (id, tenant_id, name, kind, created_by) select $5, tenant_id, 'Personal', 'personal', id from u
          on conflict do nothing returning id, tenant_id, created_by
        )
        insert into space_members (tenant_id, space_id, user_id, role) select tenant_id, id, created_by, 'owner' from s";
    let params = [cx.tenant()?.into(), issuer.into(), subject.into(), user.into(), space.into()];
    let mut tx = cx.db.begin().await?;
    if let Err(error) = tx.execute(sql, &params).await {
        tx.rollback().await?;
        return taken(error).map(Err);
    }
    tx.execute("select lookup.end_credentials($1)", &[user.into()]).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Creates a user at their first sign-in, with a personal space.
pub(crate) async fn provision(
    cx: &Cx,
    issuer: &str,
    subject: &str,
    profile: &Profile,
) -> Result<std::result::Result<UserId, LinkConflict>> {
    let (user, space): (UserId, SpaceId) = (cx.new_id()?, cx.new_id()?);
    let local = profile.email.split('@').next().unwrap_or_default();
    let name: String = profile.name.as_deref().unwrap_or(local).chars().take(100).collect();
    let sql = "with u as (
          insert into users (id, tenant_id, email, display_name, role) values ($1, $2, $3, $4, $5) returning id
        ), i as (
          insert into identities (tenant_id, issuer, subject, user_id) select $2, $6, $7, id from u
        ), s as (
          insert into spaces (id, tenant_id, name, kind, created_by) select $8, $2, 'Personal', 'personal', id from u returning id
        )
        insert into space_members (tenant_id, space_id, user_id, role) select $2, s.id, u.id, 'owner' from s, u";
    let params = [
        user.into(),
        cx.tenant()?.into(),
        profile.email.as_str().into(),
        name.into(),
        profile.role.unwrap_or(TenantRole::User).as_str().into(),
        issuer.into(),
        subject.into(),
        space.into(),
    ];
    match cx.db.execute(sql, &params).await {
        Ok(_) => Ok(Ok(user)),
        Err(error) => taken(error).map(Err),
    }
}

/// Updates name and role from the claims. The last administrator stays one; the rows are locked, so
/// that two cannot demote each other.
pub(crate) async fn update(
    cx: &Cx,
    user: UserId,
    name: Option<&str>,
    role: Option<TenantRole>,
) -> Result<()> {
    let sql = "with admins as (
          select id from users where role = 'admin' and state = 'active' and deleted_at is null and $3::text is not null for update
        ), chosen as (
          select case when $3::text is null then u.role
                      when u.role = 'admin' and not exists (select from admins a where a.id <> $1) then 'admin'
                      else $3 end as role
            from users u where u.id = $1
        )
        update users u set display_name = coalesce($2::text, u.display_name), role = chosen.role,
               custom_role_id = case when $3 is null then u.custom_role_id end
          from chosen where u.id = $1";
    cx.db.execute(sql, &[user.into(), name.into(), role.map(TenantRole::as_str).into()]).await?;
    Ok(())
}
