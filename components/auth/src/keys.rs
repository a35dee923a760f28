//! The keys of sessions, derived once for an instance: a signing key costs more to derive than a MAC.

use std::sync::OnceLock;

use identity::SessionKeys;
use kernel::Result;

pub(crate) async fn of_instance() -> Result<&'static SessionKeys> {
    static KEYS: OnceLock<SessionKeys> = OnceLock::new();
    if let Some(keys) = KEYS.get() {
        return Ok(keys);
    }
    let keys = SessionKeys::from_config().await?;
    Ok(KEYS.get_or_init(|| keys))
}
