//! Whole-system tests: one binary, one stack.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod access;
mod accounts;
mod contract;
mod conversations;
mod docs;
mod fixture;
mod imports;
mod knowledge;
mod manifests;
mod packages;
mod prose;
mod resilience;
mod resources;
mod sso;
mod structure;
mod syntax;
mod tidy;
mod traces;
mod vocabulary;
