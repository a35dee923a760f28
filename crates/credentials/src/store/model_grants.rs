//! The SQL that opens a request with a grant.

use kernel::Result;
use platform::{
    Origin,
    pg::{Db, Value},
};

use crate::model_grant::ModelGrant;

/// Enters the grant's tenant; false if its user or tenant is not active.
pub(crate) async fn open(db: &mut Db, grant: &ModelGrant, origin: &Origin) -> Result<bool> {
    let sql = "select * from tenancy.enter_gateway($1, $2, $3)";
    let from = origin.session_setting();
    let params: [Value; 3] = [grant.tenant.into(), grant.user.into(), from.as_str().into()];
    Ok(db.open_with(grant.tenant, from, sql, &params).await?.is_some())
}
