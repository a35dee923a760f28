//! Tests of set-up, database and supervision on real Postgres and real Redis.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

mod bench;
mod closed;
mod database;
mod doctor;
mod servers;
mod steps;
mod supervision;
