#![doc = include_str!("../README.md")]

mod cache;
mod engine;
mod limits;

pub use cache::{compile, is_compiled, load};
pub use engine::{Epoch, start};
pub use limits::MemoryLimit;
