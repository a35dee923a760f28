#![doc = include_str!("../README.md")]

pub mod entry;
pub mod export;
pub mod job;
mod log;
mod record;
pub mod retention;
mod store;
pub mod verify;

pub use entry::{Actor, Entry, Filter, Reading};
pub use export::{Export, Format, State};
pub use job::ExportAudit;
pub use log::{list_entries, start_reading};
pub use record::record;
pub use verify::{Verification, VerifyCursor, verify, verify_all};
