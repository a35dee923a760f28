//! The noun: a member of a space, and a person who could become one.

use kernel::{Timestamp, id::UserId};

use crate::Role;

/// A member of a space.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The person.
    pub user_id: UserId,
    /// The name that others see.
    pub display_name: String,
    /// E-mail address.
    pub email: String,
    /// Role in the space.
    pub role: Role,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// A user of the tenant, as other users see them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Colleague {
    /// Ids sort by the time of creation (UUID v7).
    pub id: UserId,
    /// The name that others see.
    pub display_name: String,
    /// E-mail address.
    pub email: String,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
}
