//! The SQL of password hashes: sign-in and change.

use kernel::{
    Result,
    id::{SessionId, TenantId, UserId},
};
use platform::{Cx, pg::Db};

pub(crate) struct SignIn {
    pub(crate) tenant: TenantId,
    pub(crate) user: UserId,
    pub(crate) password_hash: Option<String>,
    pub(crate) device_epoch: i32,
}

/// The accounts that may sign in with an address, and the highest cost of the imported bcrypt
/// hashes that the installation still has.
pub(crate) async fn find_sign_in(
    db: &Db,
    email: &str,
    tenant_slug: Option<&str>,
) -> Result<(Vec<SignIn>, Option<u32>)> {
    let sql = "select lookup.bcrypt_cost() as bcrypt_cost, s.tenant_id, s.user_id, s.password_hash, s.device_epoch, s.entrance
          from (select) one left join lookup.sign_in($1::text, $2::text) s on true";
    let rows = db.query(sql, &[email.into(), tenant_slug.into()]).await?;
    let mut found = Vec::new();
    for row in &rows {
        if let Some(tenant) = row.get("tenant_id")? {
            let (user, password_hash) = (row.get("user_id")?, row.get("password_hash")?);
            found.push(SignIn {
                tenant,
                user,
                password_hash,
                device_epoch: row.get("device_epoch")?,
            });
        }
    }
    let cost = rows.first().map_or(Ok(None), |row| row.get::<Option<i32>>("bcrypt_cost"))?;
    Ok((found, cost.and_then(|cost| u32::try_from(cost).ok())))
}

/// Replaces the hash that was checked, unless it has changed meanwhile; returns the epoch of known
/// browsers.
pub(crate) async fn replace_password_hash(
    cx: &Cx,
    user: UserId,
    old: &str,
    new: &str,
) -> Result<Option<i32>> {
    let sql = "update users set password_hash = $3 where id = $1 and password_hash = $2 returning device_epoch";
    let row = cx.db.optional(sql, &[user.into(), old.into(), new.into()]).await?;
    row.map(|row| row.get("device_epoch")).transpose()
}

/// The hash of the caller's password, and their address and name, which a password must not consist
/// of.
pub(crate) async fn password_hash(cx: &Cx) -> Result<(Option<String>, [String; 2])> {
    let sql = "select password_hash, email, display_name from users where id = $1";
    let row = cx.db.one(sql, &[cx.user()?.into()]).await?;
    Ok((row.get("password_hash")?, [row.get("email")?, row.get("display_name")?]))
}

/// Sets the hash and ends the other sessions; returns the epoch of known browsers.
pub(crate) async fn change_password(cx: &Cx, keep: SessionId, hash: &str) -> Result<i32> {
    let sql =
        "with changed as (update users set password_hash = $2 where id = $1 returning id, device_epoch), ended as (
          update sessions s set revoked_at = now(), revoked_reason = 'password_changed' from changed
           where s.user_id = changed.id and s.id <> $3 and s.revoked_at is null
        )
        select device_epoch from changed";
    cx.db.one(sql, &[cx.user()?.into(), hash.into(), keep.into()]).await?.get("device_epoch")
}
