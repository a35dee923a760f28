#![doc = include_str!("../README.md")]

mod action;
mod credential;
mod permission;
mod policy;
mod role;
mod scope;

pub use action::Action;
pub use credential::CredentialId;
pub use permission::{Permission, Permissions};
pub use policy::{Principal, SpaceAccess, may};
pub use role::{SpaceRole, TenantRole};
pub use scope::{Scope, Scopes};
