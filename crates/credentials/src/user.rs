//! The noun: a user in a tenant, as that user sees it.

use access::{Principal, Scopes};
use kernel::{
    Result, Timestamp,
    id::{TenantId, UserId},
};
use platform::pg::Row;

use crate::authenticate;

/// How much a key was used in its minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyUsage {
    /// Requests in a minute that its owner allows.
    pub limit: i32,
    /// Those of this minute, with the request at hand.
    pub used: i32,
    /// The end of this minute.
    pub ends_at: Timestamp,
}

/// A user in a tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Ids sort by the time of creation (UUID v7).
    pub id: UserId,
    /// E-mail address in lower case.
    pub email: String,
    /// The name that others see.
    pub display_name: String,
    /// Role in the tenant, and what it and the credential allow.
    pub principal: Principal,
    /// The organisation's id.
    pub tenant_id: TenantId,
    /// The organisation's short name.
    pub tenant_slug: String,
    /// The organisation's name.
    pub tenant_name: String,
    /// Origins of other sites that may call the API for the tenant.
    pub allowed_origins: Vec<String>,
    /// How much the key was used that the request came with; None for a session.
    pub key_usage: Option<KeyUsage>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

impl User {
    /// Reads the row of `open_request`.
    pub(crate) fn from_row(tenant_id: TenantId, row: &Row, scopes: Scopes) -> Result<Self> {
        Ok(Self {
            id: row.get("user_id")?,
            email: row.get("email")?,
            display_name: row.get("display_name")?,
            principal: authenticate::principal(
                &row.get::<String>("role")?,
                row.get("permissions")?,
                scopes,
            ),
            tenant_id,
            tenant_slug: row.get("tenant_slug")?,
            tenant_name: row.get("tenant_name")?,
            allowed_origins: row.get("allowed_origins")?,
            key_usage: None,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}
