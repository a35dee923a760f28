//! Which credential a request was opened with, so that a statement can ask again whether it still lives.

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
    /// The session; None if it is a key.
    #[must_use]
    pub fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(id) => Some(id),
            Self::ApiKey(_) => None,
        }
    }

    /// The API key; None if it is a session.
    #[must_use]
    pub fn api_key(self) -> Option<ApiKeyId> {
        match self {
            Self::ApiKey(id) => Some(id),
            Self::Session(_) => None,
        }
    }
}
