//! The SQL of directories.

pub(crate) mod groups;
pub(crate) mod tokens;
pub(crate) mod users;

use kernel::{
    Result,
    id::{ScimTokenId, TenantId},
};
use platform::{Origin, pg::Db};

/// Sets the tenant and checks the token; nothing where it is not good.
pub(crate) async fn open(
    db: &mut Db,
    tenant: TenantId,
    token_hash: &[u8],
    origin: &Origin,
) -> Result<Option<ScimTokenId>> {
    let from = origin.session_setting();
    let params = [tenant.into(), token_hash.to_vec().into(), from.as_str().into()];
    let row = db.open_with(tenant, from, "select * from open_scim($1, $2, $3)", &params).await?;
    row.map(|row| row.get("scim_token_id")).transpose()
}
