#![doc = include_str!("../README.md")]

pub mod role;
pub mod space;
mod store;
mod verbs;

pub use role::{Action, Role};
pub use space::{Kind, Space};
pub use verbs::{create_space, delete_space, get_space, list_spaces, of_user, require, update_space};
