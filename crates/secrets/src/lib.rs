#![doc = include_str!("../README.md")]

mod cache_mac;
mod cipher;
pub mod column;
mod envelope;
pub mod master;
pub mod rotate;
mod secret;
mod store;

pub use cache_mac::CacheMac;
pub use column::Column;
pub use envelope::{DataKey, open, seal};
pub use master::Master;
pub use secret::Secret;
