//! The keys of sessions and known browsers, derived once per instance: a signing key costs more to
//! derive than a MAC.

use std::sync::Arc;

use kernel::Result;
use passwords::SignInKeys;
use platform::config::OncePerInstance;

pub(crate) async fn of_instance() -> Result<Arc<SignInKeys>> {
    static KEYS: OncePerInstance<SignInKeys> = OncePerInstance::new();
    KEYS.get(SignInKeys::from_config).await
}
