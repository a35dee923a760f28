#![doc = include_str!("../README.md")]

pub mod code;
pub mod csv;
pub mod hex;
pub mod id;
pub mod json;
pub mod page;
pub mod problem;
pub mod reason;
pub mod text;
pub mod time;

pub use code::Code;
pub use page::{Cursor, Page, PageRequest};
pub use problem::{Field, Kind, Problem, ReachedQuota, Result};
pub use reason::{Reason, ReasonCode};
pub use time::Timestamp;
