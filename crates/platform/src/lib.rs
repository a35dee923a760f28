#![doc = include_str!("../README.md")]

pub mod clock;
pub mod concurrency;
pub mod config;
pub mod cx;
pub mod http;
pub mod log;
pub mod pg;
pub mod random;
pub mod redis;
pub mod serve;
pub mod task;

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod spin;

#[cfg(not(target_family = "wasm"))]
use native as adapter;
#[cfg(target_family = "wasm")]
use spin as adapter;

pub use access::TenantRole;
pub use cx::{Actor, Cx, Origin};
pub use telemetry;

#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub use spin::unary;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub use spin_sdk;
