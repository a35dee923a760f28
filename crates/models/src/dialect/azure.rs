//! Azure OpenAI: Chat Completions with other paths and another header field. The model is the
//! deployment.

use super::{Endpoint, endpoint::path_segment};
use crate::ProviderError;

/// The first version that counts tokens in a stream if asked.
const STREAM_OPTIONS_SINCE: &str = "2024-09-01";
/// What is asked for where the provider's row names no version: the last dated one that is
/// generally available.
const DEFAULT_VERSION: &str = "2024-10-21";

/// The path of the dated API, after `https://NAME.openai.azure.com/openai`.
pub(super) fn path(
    endpoint: &Endpoint,
    deployment: &str,
    route: &str,
) -> Result<String, ProviderError> {
    let version = endpoint.api_version.as_deref().unwrap_or(DEFAULT_VERSION);
    Ok(format!(
        "deployments/{}/{route}?api-version={}",
        path_segment(deployment)?,
        path_segment(version)?
    ))
}

pub(super) fn knows_stream_options(version: Option<&str>) -> bool {
    let date = version.unwrap_or(DEFAULT_VERSION).get(..STREAM_OPTIONS_SINCE.len());
    date.is_some_and(|date| date >= STREAM_OPTIONS_SINCE)
}
