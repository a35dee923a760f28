#![doc = include_str!("../README.md")]

pub mod events;
pub mod job;
pub mod outcome;
pub mod queue;
mod store;
mod verbs;
mod wake;
pub mod wire;
pub mod workers;

pub use job::{Failure, Job, Status};
pub use outcome::Outcome;
pub use queue::Lease;
pub use verbs::{cancel_job, get_job, list_jobs, retry_job};
pub use wake::{WAKE_LIST, wake};

/// The kind of the job that mails a link; its payload is `{"mail": "reset", "user_id": "..."}` (or `"invitation"`). It belongs to no space, so
/// nobody sees it. `identity`, which stands below this crate, queues it in its own statements.
pub const SEND_MAIL: &str = "send_mail";

/// The kind of the job that makes a document searchable; its payload is `{"document_id": "..."}`.
pub const INGEST_DOCUMENT: &str = "ingest_document";
