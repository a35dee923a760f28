#![doc = include_str!("../README.md")]

pub mod member;
mod members;
pub mod space;
mod store;
mod verbs;

pub use access::{Action, SpaceRole as Role};
pub use member::{Member, Person};
pub use members::{add_member, list_members, list_people, remove_member, update_member};
pub use space::{Kind, Space};
pub use verbs::{create_space, delete_space, get_space, list_spaces, of_user, require, update_space};
