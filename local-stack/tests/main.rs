//! Tests of set-up, database and supervision on real Postgres and real Redis.

mod bench;
mod database;
mod servers;
mod steps;
mod supervision;
