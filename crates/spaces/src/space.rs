//! The noun: a space, as one of its members sees it.

use kernel::{Timestamp, id::SpaceId};

/// Kind of space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A user's own; it exists from the beginning and cannot be deleted.
    Personal,
    /// Created by a user, shared with its members.
    Shared,
    /// The organisation's hub.
    Organisation,
}

impl Kind {
    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Shared => "shared",
            Self::Organisation => "organisation",
        }
    }

    /// Parses [`Kind::as_str`].
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
    /// Ids sort by the time of creation (UUID v7).
    pub id: SpaceId,
    /// 1 to 100 characters.
    pub name: String,
    /// Up to 2000 characters.
    pub description: String,
    /// Kind.
    pub kind: Kind,
    /// The caller's rights in the space.
    pub access: access::SpaceAccess,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}
