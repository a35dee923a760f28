//! Problems in the form of SCIM: RFC 7644, section 3.12.

use http::{HeaderValue, header};
use kernel::{Code, Kind, Problem};
use platform::serve::{self, Response};
use serde_json::{Value, json};

/// The media type of every response.
pub(super) const MEDIA_TYPE: &str = "application/scim+json";

contract::words! {
    ScimType =
        ["invalidFilter", "invalidPath", "invalidValue", "invalidSyntax", "noTarget", "tooMany", "uniqueness"];
}

contract::shape! {
    /// RFC 7644, section 3.12; instead of a problem of RFC 9457, because directories read it.
    pub struct ScimError {
        schemas: Vec<String>,
        status: String,
        #[serde(rename = "scimType", skip_serializing_if = "Option::is_none")]
        #[schema(as = ScimType)]
        scim_type: Option<String>,
        detail: String,
    }
}

pub(super) fn render(problem: &Problem) -> Response {
    let text = body(problem).to_string();
    let length = text.len();
    let mut response = Response::new(serve::full(text));
    *response.status_mut() = super::status(problem);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if problem.code == Code::NotSignedIn {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = super::retry_after(problem) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn body(problem: &Problem) -> Value {
    let status = super::status(problem);
    // Internal faults and general errors have no details for a directory.
    let is_general = matches!(problem.kind(), Kind::Internal | Kind::Unavailable)
        || matches!(problem.code, Code::NoSuchRoute | Code::MethodNotAllowed);
    let detail = if is_general {
        status.canonical_reason().unwrap_or_default()
    } else {
        problem.detail.as_ref()
    };
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.as_str(), "detail": detail,
    });
    if let (Some(kind), Some(members)) = (scim_type(problem), body.as_object_mut()) {
        members.insert("scimType".to_owned(), kind.into());
    }
    body
}

/// The RFC's name for it, if it has one.
fn scim_type(problem: &Problem) -> Option<&'static str> {
    problem.protocol_code().or(match problem.code {
        Code::InvalidBody if problem.fields.is_empty() => Some("invalidSyntax"),
        Code::InvalidBody => Some("invalidValue"),
        Code::Conflict if !problem.fields.is_empty() => Some("uniqueness"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_breaks_a_rule_is_an_invalid_value() {
        let body = body(&Problem::invalid_field("/userName", "expected an address"));
        assert_eq!((&body["status"], &body["scimType"]), (&json!("400"), &json!("invalidValue")));
        assert_eq!(body["detail"], "/userName: expected an address");
    }

    #[test]
    fn the_code_of_the_protocol_comes_first() {
        let problem = Problem::new(Code::InvalidBody, "expected `eq`").in_protocol("invalidFilter");
        assert_eq!(body(&problem)["scimType"], "invalidFilter");
    }

    #[test]
    fn a_fault_of_ours_reveals_no_details() {
        let response = render(&Problem::unavailable("the database", "a host name"));
        assert_eq!(response.headers()["retry-after"], "5");
        assert_eq!(
            body(&Problem::unavailable("the database", "a host name"))["detail"],
            "Service Unavailable"
        );
    }

    #[test]
    fn without_a_token_the_scheme_is_named() {
        let response = render(&Problem::new(Code::NotSignedIn, "expected a bearer token"));
        assert_eq!(
            (response.status().as_u16(), &response.headers()["www-authenticate"]),
            (401, &HeaderValue::from_static("Bearer"))
        );
    }
}
