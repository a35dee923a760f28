//! Whole-system tests: one binary, one stack.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod access;
mod assistant_keys;
mod attacks;
mod audit;
mod auth;
mod bad_input;
mod bounds;
mod chat;
mod cookies;
mod denials;
mod devices;
mod document_warnings;
mod exhaustion;
mod fairness;
mod faults;
mod grants;
mod groups;
mod hostile_bodies;
mod isolation;
mod knowledge;
mod matrix;
mod oidc;
mod oidc_attacks;
mod oidc_certified;
mod oidc_faults;
mod oidc_mix_up;
mod on_record;
mod open_streams;
mod openapi;
mod passwords;
mod people;
mod policy_table;
mod proxy;
mod quotations;
mod renewal;
mod rights;
mod scim;
mod search;
mod storage;
mod sysadmin;
mod takeover;
mod takeover_redis;
mod takeover_table;
mod things;
mod tidy;
mod world;
