#![doc = include_str!("../README.md")]

pub mod group;
mod groups;
pub mod member;
mod members;
pub mod space;
mod store;
mod verbs;

pub use access::{Action, SpaceRole as Role};
pub use group::{Group, SpaceGroup};
pub use groups::{add_group, list_groups, list_user_groups, remove_group, update_group};
pub use member::{Colleague, Member};
pub use members::{add_member, list_colleagues, list_members, remove_member, update_member};
pub use space::{Kind, Space};
pub use verbs::{
    create_hub, create_space, delete_space, get_space, list_spaces, of_user, require, update_space,
};
