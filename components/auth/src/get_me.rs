//! `GET /api/v1/me`: the signed-in person, as the statement that opened the request found them.

use api::{Call, Response, wire::UserBody};
use kernel::Result;

pub(crate) async fn get_me(call: Call) -> Result<Response> {
    api::ok(&UserBody::from(call.user()?))
}
