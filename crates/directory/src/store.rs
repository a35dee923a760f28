//! Every SQL statement of directories and user groups.

pub(crate) mod groups;
pub(crate) mod scim_groups;
pub(crate) mod scim_users;
