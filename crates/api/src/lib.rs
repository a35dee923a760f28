#![doc = include_str!("../README.md")]

pub mod cookie;
#[cfg(any(target_family = "wasm", test))]
mod json_text;
pub mod multipart;
pub mod problem;
#[cfg(any(target_family = "wasm", test))]
mod proxies;
pub mod sse;
pub mod wire;

#[cfg(target_family = "wasm")]
mod authenticate;
#[cfg(target_family = "wasm")]
mod call;
#[cfg(target_family = "wasm")]
mod cors;
#[cfg(target_family = "wasm")]
mod denial;
#[cfg(target_family = "wasm")]
mod idempotent;
#[cfg(target_family = "wasm")]
pub mod login_response;
#[cfg(target_family = "wasm")]
mod route;
#[cfg(target_family = "wasm")]
mod watch;

#[cfg(target_family = "wasm")]
pub use access::Scope;
#[cfg(target_family = "wasm")]
pub use authenticate::SignedIn;
#[cfg(target_family = "wasm")]
pub use call::{Call, created, event_stream, json, no_content, ok, parse};
#[cfg(target_family = "wasm")]
pub use http::Method;
#[cfg(target_family = "wasm")]
pub use idempotent::{Answer, Answered, Claim, Claimed, RequestFingerprint, claim, create, idempotency_key};
#[cfg(any(target_family = "wasm", test))]
pub use json_text::is_media_type;
#[cfg(target_family = "wasm")]
pub use platform::serve::Response;
#[cfg(target_family = "wasm")]
pub use route::{Handler, Route, RouteAuth, Table, serve};
#[cfg(target_family = "wasm")]
pub use watch::{CHECK_SECONDS, Watch};
