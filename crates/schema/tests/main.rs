//! Tests of roles, migrations, functions and grants on a real Postgres.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

mod bodies;
mod database;
mod functions;
mod grants;
mod install;
mod plan;
mod scratch;
mod sources;
mod statements;
mod tenants;
mod upgrade;
