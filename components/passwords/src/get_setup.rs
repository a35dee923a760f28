//! `GET /api/v1/auth/setup`: whether the first administrator is still to be made.

use api::{Call, Response};
use kernel::Result;
use platform::pg::Source;
use serde::Serialize;

#[derive(Serialize)]
struct SetupStatus {
    needed: bool,
}

pub(crate) async fn get_setup(_call: Call) -> Result<Response> {
    api::ok(&SetupStatus { needed: passwords::bootstrap::needed(Source::from_config().await?).await? })
}
