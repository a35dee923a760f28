//! Tests of roles, database and migrations on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod database;
