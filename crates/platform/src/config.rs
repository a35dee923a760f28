//! Configuration: Spin variables in a component, `TESSERA_*` environment variables natively (`database_url` → `TESSERA_DATABASE_URL`).

use kernel::{Problem, Result};

/// The value of a variable; empty counts as unset.
///
/// # Errors
/// `internal`, naming the variable, where a provider fails.
pub async fn optional(name: &'static str) -> Result<Option<String>> {
    Ok(crate::adapter::config::get(name).await?.filter(|value| !value.is_empty()))
}

/// The value of a variable that must be set.
///
/// # Errors
/// `internal`, naming the variable, where it is not set.
pub async fn required(name: &'static str) -> Result<String> {
    optional(name).await?.ok_or_else(|| Problem::internal(format!("configuration: variable `{name}` is not set")))
}
