//! Permissions: what a role in the tenant allows.

use crate::TenantRole;

/// One permission. Custom roles are sets of these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permission {
    /// Create shared spaces.
    Spaces,
    /// Create and change assistants, if the space role allows it.
    Assistants,
    /// Add and change knowledge, if the space role allows it.
    Collections,
    /// Create API keys for the own account.
    ApiKeys,
    /// Manage people and groups.
    People,
    /// Roles, single sign-on, provisioning, and the settings of the organisation.
    Settings,
    /// Read and export the audit log.
    Audit,
}

impl Permission {
    /// Every permission, in the order in which they are shown.
    pub const ALL: &'static [Self] = &[
        Self::Spaces,
        Self::Assistants,
        Self::Collections,
        Self::ApiKeys,
        Self::People,
        Self::Settings,
        Self::Audit,
    ];

    const fn bit(self) -> u64 {
        1 << self as u64
    }

    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spaces => "spaces",
            Self::Assistants => "assistants",
            Self::Collections => "collections",
            Self::ApiKeys => "api_keys",
            Self::People => "people",
            Self::Settings => "settings",
            Self::Audit => "audit",
        }
    }

    /// Parses [`Permission::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == text)
    }
}

const _: () = assert!(
    Permission::ALL.len() <= u64::BITS as usize,
    "a permission more than `Permissions` has bits"
);

/// A set of permissions, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Permissions(u64);

impl Permissions {
    /// The permissions of a built-in role.
    #[must_use]
    pub fn of(role: TenantRole) -> Self {
        let user = [
            Permission::Spaces,
            Permission::Assistants,
            Permission::Collections,
            Permission::ApiKeys,
        ];
        match role {
            TenantRole::User => user.into_iter().collect(),
            TenantRole::Manager => user.into_iter().chain([Permission::People]).collect(),
            TenantRole::Admin => Permission::ALL.iter().copied().collect(),
        }
    }

    /// The permissions with these names; unknown names allow nothing.
    pub fn named<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Self {
        names.into_iter().filter_map(|name| Permission::parse(name.as_ref())).collect()
    }

    /// Whether the set contains the permission.
    #[must_use]
    pub fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether the set contains all of `other`.
    #[must_use]
    pub fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of the permissions in the set.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        Permission::ALL.iter().filter(|p| self.has(**p)).map(|p| p.as_str()).collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(all: T) -> Self {
        Self(all.into_iter().fold(0, |sum, permission| sum | permission.bit()))
    }
}
