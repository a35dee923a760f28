//! The log of a process: one line an event, as JSON or as text.

mod layer;
mod line;

pub use layer::install;
pub use line::{Level, LogLine};
