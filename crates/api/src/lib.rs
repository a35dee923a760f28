#![doc = include_str!("../README.md")]

pub mod cookie;
pub mod login_response;
pub mod multipart;
#[cfg(not(target_family = "wasm"))]
pub mod openapi;
pub mod problem;
pub mod sse;
pub mod wire;

mod authenticate;
mod call;
mod caller;
mod cors;
mod denial;
mod dialect;
#[doc(hidden)]
pub mod guard;
mod idempotent;
mod json_text;
mod keep_alive;
mod proxies;
mod rate_limit;
mod reply;
mod route;
mod router;
mod watch;

pub use access::Scope;
pub use authenticate::UserRequest;
pub use call::{Call, CallWith, File, Form, Maybe, parse, parse_within};
pub use dialect::{Dialect, openai::ErrorBody as OpenAiError};
pub use http::Method;
pub use idempotent::{
    Claim, ClaimedKey, RecordedResponse, RequestFingerprint, ResponseParts, claim, create,
    idempotency_key,
};
pub use json_text::is_media_type;
pub use keep_alive::kept_alive;
#[doc(hidden)]
pub use platform;
pub use platform::serve::Response;
pub use reply::{
    AcceptedJson, CreatedJson, EventStream, Idempotent, Json, List, NoContent, Redirect, Reply,
    created, event_stream, json, kind, list, no_content, ok,
};
pub use route::{Handler, Route, RouteAuth};
#[doc(hidden)]
pub use route::{erase, streams};
pub use router::Router;
pub use watch::{CHECK_SECONDS, Watch};
