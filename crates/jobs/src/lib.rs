#![doc = include_str!("../README.md")]

mod organisation;
mod store;
mod verbs;

pub use organisation::{
    QueueSummary, discard_organisation_job, get_queue_summary, list_organisation_jobs,
    retry_organisation_job,
};
pub use queue::{JobRecord, Status};
pub use verbs::{cancel_job, get_job, list_jobs, retry_job};
