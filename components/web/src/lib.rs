#![doc = include_str!("../README.md")]

mod asset;
mod csp;

#[cfg(target_family = "wasm")]
mod serve;

#[cfg(target_family = "wasm")]
platform::component!(super::serve::serve);
