//! The job queue: Postgres is the truth, Redis only wakes.
