#![doc = include_str!("../README.md")]

mod cache;
mod engine;
mod limits;

pub use cache::{compile, compile_portable, is_compiled, load};
pub use engine::{Epoch, portable, start};
pub use limits::MemoryLimit;
