#![doc = include_str!("../README.md")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "test support fails loudly"
)]

pub mod attack;
pub mod browser;
pub mod client;
pub mod cluster;
pub mod contract;
pub mod hostile_idp;
pub mod isolation_load;
pub mod pg_proxy;
pub mod provider;
pub mod stack;
pub mod wait;
