//! What may be uploaded here.

use api::{Call, Json};
use contract::Schema;
use kernel::Result;
use platform::config;
use serde::Serialize;

/// What may be uploaded here; files beyond are refused before they are read.
#[derive(Schema, Serialize)]
pub(crate) struct UploadLimits {
    /// The largest file.
    file_bytes: i64,
}

/// The largest file, in bytes, as the operator has set it.
pub(crate) async fn largest_file() -> Result<i64> {
    let configured =
        config::optional("upload_limit_bytes").await?.and_then(|text| text.parse().ok());
    Ok(configured.unwrap_or(knowledge::DEFAULT_LIMIT_BYTES))
}

pub(crate) async fn get_upload_limits(_call: Call) -> Result<Json<UploadLimits>> {
    api::ok(&UploadLimits { file_bytes: largest_file().await? })
}
