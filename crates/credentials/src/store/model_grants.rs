//! The SQL of grants.

use kernel::{Result, id::TenantId};
use platform::{
    Cx, Origin,
    pg::{Db, Row, Value},
};
use uuid::Uuid;

use crate::model_grant::GrantPurpose;

/// A grant for the user of the connection's ticket.
pub(crate) async fn request(cx: &Cx, purpose: GrantPurpose, subjects: &[Uuid]) -> Result<String> {
    let sql = "select tenancy.model_grant($1, $2::text[]::uuid[]) as made";
    let subjects: Vec<String> = subjects.iter().map(Uuid::to_string).collect();
    cx.db.one(sql, &[purpose.as_str().into(), subjects.into()]).await?.get("made")
}

/// Enters the tenant of a grant; none if it is not valid, or its user or tenant is not active.
pub(crate) async fn open(
    db: &mut Db,
    tenant: TenantId,
    grant: &str,
    origin: &Origin,
) -> Result<Option<Row>> {
    let sql = "select * from tenancy.enter_gateway($1, $2)";
    let from = origin.session_setting();
    let params: [Value; 2] = [grant.into(), from.as_str().into()];
    Ok(db.open_with(tenant, from, sql, &params).await?)
}
