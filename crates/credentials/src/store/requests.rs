//! The SQL that opens a request: checks the credential, sets tenant and actor, in one round trip.

use kernel::Result;
use platform::{
    Origin,
    pg::{Db, Row, Value},
};

use crate::{AccessToken, ApiKey};

/// The user's row; None if the session, the user or the tenant is not active.
pub(crate) async fn open(db: &mut Db, token: AccessToken, origin: &Origin) -> Result<Option<Row>> {
    let sql = "select * from open_request($1, $2, $3, $4)";
    let from = origin.session_setting();
    let params: [Value; 4] =
        [token.tenant.into(), token.session.into(), token.user.into(), from.as_str().into()];
    Ok(db.open_with(token.tenant, from, sql, &params).await?)
}

/// Opens a request by an API key. `again`: a check of a long-running request, which does not
/// consume the key's rate limit.
pub(crate) async fn open_by_key(
    db: &mut Db,
    key: &ApiKey,
    origin: &Origin,
    again: bool,
) -> Result<Option<Row>> {
    let sql = "select * from open_request_by_key($1, $2, $3, $4, $5)";
    let (from, secret) = (origin.session_setting(), key.secret_hash());
    let params: [Value; 5] =
        [key.tenant.into(), key.id.into(), secret.into(), from.as_str().into(), again.into()];
    Ok(db.open_with(key.tenant, from, sql, &params).await?)
}
