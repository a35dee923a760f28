#![doc = include_str!("../README.md")]

pub mod access_token;
pub mod bootstrap;
pub mod invitation;
pub mod keys;
pub mod open;
pub mod own;
pub mod password;
pub mod people;
pub mod policy;
pub mod session;
pub mod sign_in;
mod store;
pub mod user;

pub use access_token::AccessToken;
pub use keys::Keys;
pub use open::open;
pub use user::User;
