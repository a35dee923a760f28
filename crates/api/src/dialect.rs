//! How a router renders errors: as our problems, or as another protocol defines them.

pub(crate) mod openai;
mod rfc9457;
mod scim;

use kernel::{Kind, Problem};
use platform::serve::Response;

/// The protocol in which a router renders its errors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Dialect {
    /// RFC 9457: `application/problem+json`.
    #[default]
    Problem,
    /// RFC 7644, section 3.12: `application/scim+json`.
    Scim,
    /// OpenAI's: an object `error`.
    OpenAi,
}

impl Dialect {
    /// The problem's media type and schema for OpenAPI.
    #[cfg(not(target_family = "wasm"))]
    pub fn error(self, schemas: &mut crate::openapi::Schemas) -> (&'static str, serde_json::Value) {
        match self {
            Self::Problem => {
                ("application/problem+json", schemas.answer::<crate::problem::Body<'static>>())
            }
            Self::Scim => (scim::MEDIA_TYPE, schemas.answer::<scim::ScimError>()),
            Self::OpenAi => ("application/json", schemas.answer::<openai::ErrorBody>()),
        }
    }

    /// Renders a problem as a response, without its cause.
    pub(crate) fn render(self, problem: &Problem, request_id: &str) -> Response {
        match self {
            Self::Problem => rfc9457::render(problem, request_id),
            Self::Scim => scim::render(problem),
            Self::OpenAi => openai::render(problem),
        }
    }
}

/// Seconds after which a client should retry.
fn retry_after(problem: &Problem) -> Option<u32> {
    matches!(problem.kind(), Kind::Limited | Kind::Unavailable)
        .then(|| problem.seconds_to_wait().unwrap_or(5))
}

fn status(problem: &Problem) -> http::StatusCode {
    http::StatusCode::from_u16(crate::problem::status(problem))
        .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
}
