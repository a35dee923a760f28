//! Every SQL statement of accounts.

pub(crate) mod links;
pub(crate) mod roles;
pub(crate) mod settings;
pub(crate) mod tenants;
pub(crate) mod users;
