//! The credential that authenticated a request, so that a statement can check again that it is
//! still valid.

use kernel::id::{ApiKeyId, SessionId};

/// The credential of a request, without its secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CredentialId {
    /// A session.
    Session(SessionId),
    /// An API key.
    ApiKey(ApiKeyId),
}

impl CredentialId {
    /// The session; None for an API key.
    #[must_use]
    pub fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(id) => Some(id),
            Self::ApiKey(_) => None,
        }
    }

    /// The API key; None for a session.
    #[must_use]
    pub fn api_key(self) -> Option<ApiKeyId> {
        match self {
            Self::ApiKey(id) => Some(id),
            Self::Session(_) => None,
        }
    }
}
