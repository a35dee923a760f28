//! `GET /api/v1/auth/setup`: whether the first administrator still has to be created.

use api::{Call, Json};
use contract::Schema;
use kernel::Result;
use platform::pg::Source;
use serde::Serialize;

/// Whether the first administrator exists.
#[derive(Schema, Serialize)]
pub(crate) struct SetupStatus {
    needed: bool,
}

pub(crate) async fn get_setup(_call: Call) -> Result<Json<SetupStatus>> {
    api::ok(&SetupStatus {
        needed: passwords::bootstrap::needed(Source::from_config().await?).await?,
    })
}
