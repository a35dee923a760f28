#![doc = include_str!("../README.md")]

mod store;
mod verbs;

pub use queue::{JobRecord, Status};
pub use verbs::{cancel_job, get_job, list_jobs, retry_job};
