#![doc = include_str!("../README.md")]
//! Modules in reading order: configuration, building the application, the path of a request, the
//! interfaces for guests.

mod config;
mod front_config;
mod manifest;
mod route;
mod runtime_config;
mod template;
mod variables;
mod vault;

mod admission;
mod app;
mod caller;
mod client;
mod component;
mod cpu;
mod drain;
mod engine;
mod files;
mod precompile;
mod shared;

mod access_log;
mod body;
mod clocks;
mod compress;
mod connection;
mod exchange;
mod exports;
mod guest;
mod guest_log;
mod instance;
mod maintenance;
mod memory;
mod metrics;
mod problem;
mod request;
mod request_body;
mod request_id;
mod runner;
mod schedule;
mod server;
mod slow_client;
mod small_body;
mod spans;
mod spin_headers;
mod strict_head;
mod trace;
mod unary;

pub mod log;

mod bindings;
mod egress;
mod key_value;
#[expect(clippy::result_large_err, reason = "the generated error goes to the guest as it is")]
mod postgres;
mod redis;
mod stream;
mod variables_host;

pub use config::{HostConfig, MetricsConfig};
pub use front_config::{
    Clients, Compression, ConnectionLimits, ShareOverrides, Shares, SmallBodies,
};
pub use manifest::Manifest;
pub use precompile::{precompile, precompile_portable, uncompiled};
pub use runtime_config::RuntimeConfig;
pub use server::Host;
pub use telemetry::TracesConfig;
