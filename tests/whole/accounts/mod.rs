//! Accounts: passwords, sessions, devices, users, groups, directories.

pub(crate) mod auth;
pub(crate) mod cookies;
pub(crate) mod devices;
pub(crate) mod groups;
pub(crate) mod hub;
pub(crate) mod invitations;
pub(crate) mod passwords;
pub(crate) mod proxy;
pub(crate) mod renewal;
pub(crate) mod resets;
pub(crate) mod scim;
pub(crate) mod sysadmin;
pub(crate) mod users;
