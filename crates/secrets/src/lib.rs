#![doc = include_str!("../README.md")]

mod cipher;
pub mod column;
mod envelope;
pub mod master;
pub mod rotate;
mod secret;
mod store;

pub use column::Column;
pub use envelope::{Vault, open, seal};
pub use master::Master;
pub use secret::Secret;
