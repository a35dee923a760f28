//! Opening a request: the token names the session, the database says whether it lives.

use kernel::{Code, Problem, Result};
use platform::{
    Actor, Cx,
    pg::{Db, Source},
};

use crate::{AccessToken, User};

/// The context of a signed-in user's request, in one round trip: tenant set, session, user and tenant checked.
///
/// # Errors
/// `session_ended` where the session, the user or the tenant is no longer good; `unavailable` where the database is not.
pub async fn open(source: Source, token: AccessToken, request_id: String) -> Result<(Cx, User)> {
    let mut db = Db::new(source, None);
    let params = [token.tenant.into(), token.session.into()];
    let row = db.open_with(token.tenant, "select * from open_request($1, $2)", &params).await?;
    let ended = || Problem::new(Code::SessionEnded, "the session has ended; sign in again");
    let user = User::from_row(token.tenant, &row.ok_or_else(ended)?)?;
    if user.id != token.user {
        return Err(ended());
    }
    let actor = Actor::User { id: user.id, role: user.role };
    Ok((Cx { actor, request_id, db }, user))
}
