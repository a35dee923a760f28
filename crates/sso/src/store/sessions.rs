//! The SQL of sessions that began at a provider.

use kernel::{
    Result,
    id::{SessionId, TenantId},
};
use platform::{Cx, pg::Db};

use crate::sign_out::SsoSession;

/// The provider of a session; None if it began with a password.
pub(crate) async fn begun(cx: &Cx, session: SessionId) -> Result<Option<SsoSession>> {
    let sql = "select oidc_issuer, oidc_client_id, oidc_id_token_sealed from sessions where id = $1 and oidc_issuer is not null";
    let row = cx.db.optional(sql, &[session.into()]).await?;
    row.map(|row| {
        Ok(SsoSession {
            issuer: row.get("oidc_issuer")?,
            client_id: row.get("oidc_client_id")?,
            id_token_sealed: row.get("oidc_id_token_sealed")?,
        })
    })
    .transpose()
}

/// The tenants with active sessions of a user at the issuer, or with one session there.
pub(crate) async fn tenants(
    db: &Db,
    (issuer, client_id): (&str, &str),
    subject: Option<&str>,
    sid: Option<&str>,
) -> Result<Vec<TenantId>> {
    let sql = "select tenant_id, entrance from lookup.federated_sessions($1::text, $2::text, $3::text, $4::text)";
    let params = [issuer.into(), client_id.into(), subject.into(), sid.into()];
    db.query(sql, &params).await?.iter().map(|row| row.get("tenant_id")).collect()
}

/// Ends the sessions.
pub(crate) async fn end(
    cx: &Cx,
    (issuer, client_id): (&str, &str),
    subject: Option<&str>,
    sid: Option<&str>,
) -> Result<u64> {
    let sql = "update sessions set revoked_at = now(), revoked_reason = 'signed_out_at_provider'
        where oidc_issuer = $1 and oidc_client_id = $2 and ($3::text is null or oidc_subject = $3) and ($4::text is null or oidc_sid = $4)
          and ($3 is not null or $4 is not null) and revoked_at is null";
    Ok(cx.db.execute(sql, &[issuer.into(), client_id.into(), subject.into(), sid.into()]).await?)
}
