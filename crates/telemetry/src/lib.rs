#![doc = include_str!("../README.md")]

#[cfg(not(target_family = "wasm"))]
mod label;
#[cfg(not(target_family = "wasm"))]
mod metrics;
mod scope;
#[cfg(not(target_family = "wasm"))]
mod server;
mod span;
mod trace;

#[cfg(not(target_family = "wasm"))]
pub use label::{BoundedLabel, Label};
#[cfg(not(target_family = "wasm"))]
pub use metrics::{Counters, Gauges, Histograms, Registry, Timer};
pub use scope::{TraceScope, current, scope};
#[cfg(not(target_family = "wasm"))]
pub use server::{Listener, serve};
pub use span::{FinishedSpan, in_span, record_spans};
pub use trace::TraceContext;
