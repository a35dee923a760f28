#![doc = include_str!("../README.md")]

mod asset;
mod csp;
mod serve;

pub use serve::serve;

platform::component!(super::serve);
