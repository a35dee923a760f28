//! The keys that signing in with a password needs.

use credentials::{MacKeys, MacPurpose, SessionKeys};
use kernel::Result;

/// What signing in with a password needs.
pub struct SignInKeys {
    /// For the session that begins.
    pub session: SessionKeys,
    /// For the cookie of the known browser.
    pub device: MacKeys,
}

impl SignInKeys {
    /// From the variables of both.
    ///
    /// # Errors
    /// `internal` if one is missing or too short.
    pub async fn from_config() -> Result<Self> {
        Ok(Self { session: SessionKeys::from_config().await?, device: MacKeys::from_config(MacPurpose::Device).await? })
    }
}
