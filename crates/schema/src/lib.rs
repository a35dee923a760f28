#![doc = include_str!("../README.md")]

mod provision;
pub mod redis;
mod roles;
mod server;

pub use roles::{AUDIT_ROLE, BOUNDS, COMPONENTS, LOOKUP_ROLE, OWNER_ROLE, Passwords, WORKER_ROLE, component_role};
pub use server::PostgresServer;
