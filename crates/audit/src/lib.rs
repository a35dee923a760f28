#![doc = include_str!("../README.md")]

pub mod entry;
pub mod export;
mod log;
pub mod retention;
mod store;
pub mod verify;

pub use entry::{Actor, Entry, Filter, Reading};
pub use export::{Export, Format, State};
pub use log::{list_entries, start_reading};
pub use verify::{Verified, VerifyCursor, verify, verify_all};

/// The job that writes an export.
pub const EXPORT_AUDIT: &str = "export_audit";
