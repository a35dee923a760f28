#![doc = include_str!("../README.md")]

mod error_chain;
#[cfg(not(target_family = "wasm"))]
mod label;
#[cfg(not(target_family = "wasm"))]
mod metrics;
#[cfg(not(target_family = "wasm"))]
pub mod otlp;
mod scope;
#[cfg(not(target_family = "wasm"))]
mod server;
mod span;
#[cfg(not(target_family = "wasm"))]
mod statement;
mod trace;

pub use error_chain::error_chain;
#[cfg(not(target_family = "wasm"))]
pub use label::{BoundedLabel, Label};
#[cfg(not(target_family = "wasm"))]
pub use metrics::{Counters, Gauges, Histograms, Registry, Timer};
#[cfg(not(target_family = "wasm"))]
pub use otlp::{Traces, TracesConfig};
pub use scope::{TraceScope, current, scope};
#[cfg(not(target_family = "wasm"))]
pub use server::{Listener, serve};
pub use span::{AttributeValue, FinishedSpan, Span, SpanKind, in_span, observed, record_spans};
#[cfg(not(target_family = "wasm"))]
pub use statement::statement_summary;
pub use trace::TraceContext;
