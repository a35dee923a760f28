//! Environment variables.

use kernel::Result;

#[expect(clippy::unused_async, reason = "the same signature as in a component, where it is a host call")]
pub(crate) async fn get(name: &'static str) -> Result<Option<String>> {
    let key = format!("TESSERA_{}", name.to_uppercase());
    Ok(std::env::var(key).ok())
}
