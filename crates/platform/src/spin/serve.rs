//! Bodies of `wasi:http@0.3.0`.

pub(crate) use spin_sdk::http::box_body;
use spin_sdk::wasip3::http_compat::IncomingRequestBody;

/// The body of a response.
pub type Body = spin_sdk::http::BoxBody;
/// The body of a request.
pub type RequestBody = IncomingRequestBody;
