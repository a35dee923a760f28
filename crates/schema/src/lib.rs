#![doc = include_str!("../README.md")]

mod backup;
mod grants;
mod migrate;
mod plan;
mod provision;
pub mod redis;
mod repeatable;
mod roles;
mod server;

pub use backup::{CheckedOriginal, Snapshot};
pub use migrate::MigrationReport;
pub use plan::{MigrationPlan, PlannedFile, TableEffect};
pub use roles::{
    AUDIT_ROLE, BOUNDS, COMPONENTS, LOOKUP_ROLE, OWNER_ROLE, Passwords, WORKER_ROLE, component_role,
};
pub use server::PostgresServer;
