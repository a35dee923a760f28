//! The nouns: a user group as members of the tenant see it, and its role in a space.

use kernel::{Timestamp, id::UserGroupId};

use crate::Role;

/// A user group of the tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Ids sort by the time of creation (UUID v7).
    pub id: UserGroupId,
    /// Unique in the tenant, ignoring case.
    pub name: String,
    /// People who are not deleted.
    pub member_count: i64,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
}

/// A user group with a role in a space.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpaceGroup {
    /// The group.
    pub group_id: UserGroupId,
    /// Its name.
    pub name: String,
    /// People who are not deleted.
    pub member_count: i64,
    /// The least role of each of its members.
    pub role: Role,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}
