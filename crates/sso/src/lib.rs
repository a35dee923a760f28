#![doc = include_str!("../README.md")]

pub mod backchannel;
pub mod callback;
pub mod claims;
pub mod connection_test;
pub mod debug;
mod discovery;
mod endpoint;
pub mod federation;
mod fetch;
mod id_token;
mod jwks;
pub mod login;
mod resolve_user;
pub mod return_to;
pub mod settings;
pub mod sign_in;
pub mod sign_out;
mod store;
pub mod wire;

pub use callback::Callback;
pub use federation::{Draft, EditPermit, Federation};
pub use settings::{Claims, Settings};
