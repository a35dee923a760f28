#![doc = include_str!("../README.md")]

mod directory;
pub mod groups;
mod scim_groups;
mod scim_users;
mod store;

pub use directory::{Directory, Window};
pub use scim_groups::{DirectoryGroup, DirectoryMember};
pub use scim_users::DirectoryUser;
