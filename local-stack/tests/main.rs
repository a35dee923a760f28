//! Tests of set-up and supervision on real Postgres and real Redis.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod backup;
mod closed;
mod doctor;
mod release;
mod scratch_clone;
mod servers;
mod slow_statements;
mod steps;
mod supervision;
