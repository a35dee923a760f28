//! Every SQL statement of passwords.

pub(crate) mod links;
pub(crate) mod passwords;
pub(crate) mod setup;
