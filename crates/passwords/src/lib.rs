#![doc = include_str!("../README.md")]

pub mod bootstrap;
mod change;
mod common_passwords;
mod device;
pub mod invitation;
mod keys;
pub mod password;
pub mod reset;
pub mod sign_in;
mod store;

pub use change::{PasswordChange, change_password};
pub use keys::SignInKeys;
