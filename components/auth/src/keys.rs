//! The keys of sessions, derived once per instance: a signing key costs more to derive than a MAC.

use std::sync::Arc;

use credentials::SessionKeys;
use kernel::Result;
use platform::config::OncePerInstance;

pub(crate) async fn of_instance() -> Result<Arc<SessionKeys>> {
    static KEYS: OncePerInstance<SessionKeys> = OncePerInstance::new();
    KEYS.get(SessionKeys::from_config).await
}
