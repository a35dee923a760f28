//! The roles: one in the tenant, one in each space.

/// The built-in roles of a user in the tenant; later ones include the rights of earlier ones. A
/// user with a custom role has `User` here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TenantRole {
    /// Uses what others set up.
    User,
    /// Also manages people.
    Manager,
    /// Manages everything of the tenant.
    Admin,
}

impl TenantRole {
    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }

    /// Parses [`TenantRole::as_str`]; an unknown text gets the fewest rights.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "admin" => Self::Admin,
            "manager" => Self::Manager,
            _ => Self::User,
        }
    }
}

/// A member's role in a space; later ones include the rights of earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SpaceRole {
    /// Reads and asks.
    Viewer,
    /// Also changes knowledge and assistants.
    Editor,
    /// Also changes the space and its members.
    Owner,
}

impl SpaceRole {
    /// Every role, lowest first.
    pub const ALL: &'static [Self] = &[Self::Viewer, Self::Editor, Self::Owner];

    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    /// Parses [`SpaceRole::as_str`]; an unknown text gets the fewest rights.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "owner" => Self::Owner,
            "editor" => Self::Editor,
            _ => Self::Viewer,
        }
    }
}
