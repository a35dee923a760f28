//! The keys of sessions and known browsers, derived once for an instance: a signing key costs more to derive than a MAC.

use std::sync::OnceLock;

use identity::SignInKeys;
use kernel::Result;

pub(crate) async fn of_instance() -> Result<&'static SignInKeys> {
    static KEYS: OnceLock<SignInKeys> = OnceLock::new();
    if let Some(keys) = KEYS.get() {
        return Ok(keys);
    }
    let keys = SignInKeys::from_config().await?;
    Ok(KEYS.get_or_init(|| keys))
}
