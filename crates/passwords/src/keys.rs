//! The keys of a sign-in with a password.

use credentials::{MacKeys, MacPurpose, SessionKeys};
use kernel::Result;

/// The keys of a sign-in with a password.
pub struct SignInKeys {
    /// For the new session.
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
        Ok(Self {
            session: SessionKeys::from_config().await?,
            device: MacKeys::from_config(MacPurpose::Device).await?,
        })
    }
}
