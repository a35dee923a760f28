#![doc = include_str!("../README.md")]

pub mod access_token;
pub mod account;
pub mod api_key;
pub mod authenticate;
pub mod bootstrap;
mod common_passwords;
pub mod device;
pub mod directory;
pub mod groups;
pub mod invitation;
pub mod job;
pub mod keys;
pub mod mac;
pub mod operator;
pub mod password;
mod public_keys;
pub mod reset;
pub mod role;
pub mod session;
pub mod settings;
pub mod sign_in;
mod store;
pub mod tenants;
pub mod throttle;
pub mod user;
pub mod users;

pub use access_token::{AccessToken, VerifiedToken};
pub use api_key::ApiKey;
pub use authenticate::{Credential, authenticate, revalidate};
pub use keys::{SessionKeys, SignInKeys};
pub use mac::{MacKeys, MacPurpose};
pub use public_keys::PublicKeys;
pub use session::RefreshToken;
pub use user::User;
