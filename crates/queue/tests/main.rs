//! The queue on a real Postgres: which component queues, which worker holds a job.

#[cfg(test)]
mod jobs;
#[cfg(test)]
mod schedules;
