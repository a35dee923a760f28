#![doc = include_str!("../README.md")]

pub mod job;
pub mod link_email;
pub mod role;
pub mod settings;
mod store;
pub mod tenants;
pub mod users;
