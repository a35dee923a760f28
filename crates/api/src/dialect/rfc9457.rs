//! Problems in the form of RFC 9457.

use http::{HeaderValue, header};
use kernel::Problem;
use platform::serve::{self, Response};

use crate::problem;

pub(super) fn render(problem: &Problem, request_id: &str) -> Response {
    let mut response = Response::new(serve::full(problem::json(problem, request_id)));
    *response.status_mut() = super::status(problem);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = super::retry_after(problem) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
