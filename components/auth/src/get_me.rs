//! `GET /api/v1/me`: the signed-in user, as read by the statement that opened the request.

use api::{Call, Json, wire::UserBody};
use kernel::Result;

pub(crate) async fn get_me(call: Call) -> Result<Json<UserBody>> {
    api::ok(&UserBody::from(call.user()?))
}
