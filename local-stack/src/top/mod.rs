//! `./stack top`: what host and worker measure, and the memory of the processes, in a terminal.
//!
//! ```text
//! /metrics of host, worker ── scrape ──> two scrapes ── summary ──> figures ── view ──> lines
//! /proc ── processes ────────────────────────────────────────────────────────────┘
//! ```

mod processes;
mod scrape;
mod summary;
mod view;

pub use processes::{ProcessUse, Processes};
pub use scrape::{Sample, Scrape};
pub use summary::{ComponentFigures, Figures, JobFigures, PoolUse};
pub use view::lines;
