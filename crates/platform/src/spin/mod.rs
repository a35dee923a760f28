//! The adapter for Wasm components: spin-sdk 7.

pub(crate) mod config;
pub(crate) mod http;
pub(crate) mod pg;
pub(crate) mod redis;
pub(crate) mod serve;
pub(crate) mod task;
pub mod unary;
