//! The roles: one in the tenant, one in each space.

/// The built-in roles of a user in the tenant; later ones include the rights of earlier ones. Whoever has a custom role is `User` here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TenantRole {
    /// Uses what others set up.
    User,
    /// Also looks after people.
    Manager,
    /// Manages everything of the tenant.
    Admin,
}

impl TenantRole {
    /// As the database and the wire spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }

    /// Reads [`TenantRole::as_str`]; anything unknown has the fewest rights.
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
    /// Every role, the least first.
    pub const ALL: &'static [Self] = &[Self::Viewer, Self::Editor, Self::Owner];

    /// As the database and the wire spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    /// Reads [`SpaceRole::as_str`]; anything unknown has the fewest rights.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "owner" => Self::Owner,
            "editor" => Self::Editor,
            _ => Self::Viewer,
        }
    }
}
