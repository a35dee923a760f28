#![doc = include_str!("../README.md")]

pub mod access_token;
pub mod api_key;
pub mod authenticate;
pub mod keys;
pub mod mac;
pub mod model_grant;
pub mod operator;
mod public_keys;
pub mod scim_token;
pub mod secret;
pub mod session;
mod store;
pub mod throttle;
pub mod user;

pub use access_token::{AccessToken, VerifiedToken};
pub use api_key::ApiKey;
pub use authenticate::{Credential, authenticate, revalidate};
pub use keys::SessionKeys;
pub use mac::{MacKeys, MacPurpose};
pub use model_grant::{GrantContext, GrantPurpose, ModelGrant};
pub use operator::OperatorContext;
pub use public_keys::PublicKeys;
pub use scim_token::DirectoryContext;
pub use session::RefreshToken;
pub use user::{KeyUsage, User};
