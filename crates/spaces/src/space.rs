//! The noun: a space, as one of its members sees it.

use kernel::{Timestamp, id::SpaceId};

/// What sort of space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One person's own; there from the beginning, cannot be deleted.
    Personal,
    /// Made by somebody, shared with its members.
    Shared,
    /// The organisation's hub.
    Organisation,
}

impl Kind {
    /// As the database and the wire spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Shared => "shared",
            Self::Organisation => "organisation",
        }
    }

    /// Reads [`Kind::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "personal" => Self::Personal,
            "organisation" => Self::Organisation,
            _ => Self::Shared,
        }
    }
}

/// A space.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Space {
    /// Id.
    pub id: SpaceId,
    /// 1 to 100 characters.
    pub name: String,
    /// Up to 2000 characters.
    pub description: String,
    /// What sort.
    pub kind: Kind,
    /// The caller in the space, and what they may do there.
    pub access: access::SpaceAccess,
    /// Since when.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
