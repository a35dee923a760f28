#![doc = include_str!("../README.md")]

pub mod events;
mod job;
mod lane;
mod lease;
mod outcome;
mod record;
mod schedule_store;
mod store;
mod wake;
pub mod wire;
pub mod workers;

pub use job::{Job, NewJob};
pub use lane::{FreeSlots, Lane};
pub use lease::{
    HeartbeatOutcome, Lease, QueueState, end, extend_lease, get, got_further, hold, lease,
    mark_dead, next_due, progress, release, state, succeed,
};
pub use outcome::Outcome;
pub use record::{Failure, JobRecord, Status};
pub use wake::{SCHEDULE_WAKE_LIST, WAKE_LIST, wake};

/// Scheduled jobs, and the installation's maintenance.
pub mod schedule {
    pub use crate::schedule_store::{
        UnplannedSchedule, end_maintenance, extend_maintenance, lease_maintenance, plan,
        queue_jobs, unplanned, until_next,
    };
    pub use crate::wake::wake_for_schedules as wake;
}
