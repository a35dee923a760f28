//! Environment variables.

use kernel::Result;

pub(crate) async fn get(name: &'static str) -> Result<Option<String>> {
    let key = format!("TESSERA_{}", name.to_uppercase());
    Ok(std::env::var(key).ok())
}
