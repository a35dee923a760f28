//! What every SCIM request has in common: the token, the media type, lists, and errors in the RFC's shape.

use api::{Call, Response};
use http::{HeaderValue, StatusCode, header};
use identity::directory::{Directory, Window};
use kernel::{Code, Problem, Result};
use platform::{config, pg::Source, serve};
use scim::{Kind, Refusal};
use serde_json::{Map, Value, json};

/// The media type of every answer.
const MEDIA: &str = "application/scim+json";
/// The most entries of a list, and what there are where the client does not say.
const MAX_COUNT: i64 = 200;
const DEFAULT_COUNT: i64 = 100;

/// Why a request is refused.
pub(crate) enum Refused {
    /// By the RFC's own rules.
    Scim(Refusal),
    /// By ours.
    Problem(Problem),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Scim(refusal)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

pub(crate) type Answer = std::result::Result<Response, Refused>;

/// A request of a directory whose token is good.
pub(crate) struct ScimRequest {
    pub(crate) call: Call,
    pub(crate) directory: Directory,
    /// Where the SCIM routes are, for `location` and `$ref`.
    pub(crate) base: String,
}

/// Opens the request, does the work, and answers in the RFC's shape, whatever comes of it.
pub(crate) async fn answer(call: Call, work: impl AsyncFnOnce(ScimRequest) -> Answer) -> Result<Response> {
    let opened = async {
        let token = call.header("authorization").and_then(|text| text.split_once(' '));
        let token =
            token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map_or("", |(_, token)| token.trim());
        let directory = Directory::open(Source::from_config().await?, token, call.origin()).await?;
        let origin = config::optional("public_url").await?.unwrap_or_default();
        Ok::<_, Problem>((directory, format!("{}/api/v1/scim/v2", origin.trim_end_matches('/'))))
    };
    let outcome = match opened.await {
        Ok((directory, base)) => work(ScimRequest { call, directory, base }).await,
        Err(problem) => Err(problem.into()),
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(Refused::Scim(refusal)) => error(400, Some(refusal.kind.as_str()), &refusal.detail),
        // Ours to mend: these keep their way into the log; `in_shape` gives them the RFC's shape.
        Err(Refused::Problem(problem))
            if matches!(problem.kind(), kernel::Kind::Internal | kernel::Kind::Unavailable) =>
        {
            Err(problem)
        }
        Err(Refused::Problem(problem)) => refuse(&problem),
    }
}

fn refuse(problem: &Problem) -> Result<Response> {
    let kind = match problem.code {
        Code::InvalidBody if problem.fields.is_empty() => Some(Kind::Syntax.as_str()),
        Code::InvalidBody => Some(Kind::Value.as_str()),
        Code::Conflict if !problem.fields.is_empty() => Some("uniqueness"),
        _ => None,
    };
    let mut response = error(api::problem::status(problem), kind, &problem.detail)?;
    if problem.code == Code::NotSignedIn {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Ok(response)
}

fn error(status: u16, kind: Option<&str>, detail: &str) -> Result<Response> {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.to_string(), "detail": detail,
    });
    if let (Some(kind), Some(object)) = (kind, body.as_object_mut()) {
        object.insert("scimType".to_owned(), kind.into());
    }
    json(StatusCode::from_u16(status).map_err(Problem::internal)?, &body)
}

/// A problem that arose before or beside a handler (no such route, a fault of ours) in the RFC's shape.
pub(crate) fn in_shape(response: Response) -> Response {
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v == "application/problem+json");
    if !is_problem {
        return response;
    }
    let status = response.status();
    let detail = status.canonical_reason().unwrap_or("something went wrong");
    let Ok(mut shaped) = error(status.as_u16(), None, detail) else { return response };
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            shaped.headers_mut().insert(name, value.clone());
        }
    }
    shaped
}

/// A document with a status.
pub(crate) fn json(status: StatusCode, body: &Value) -> Result<Response> {
    let text = body.to_string();
    let builder = http::Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, MEDIA)
        .header(header::CONTENT_LENGTH, text.len());
    builder.body(serve::full(text)).map_err(Problem::internal)
}

impl ScimRequest {
    /// The body, as JSON of either media type.
    pub(crate) async fn body(&mut self) -> Result<Value> {
        let kind = self.call.header("content-type").unwrap_or_default();
        if ![MEDIA, "application/json"].iter().any(|media_type| api::is_media_type(kind, media_type)) {
            let detail = format!("expected content-type {MEDIA}, got `{kind:.100}`");
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        api::parse(&self.directory.released_while(self.call.bytes()).await?)
    }

    /// `startIndex` and `count`; what makes no sense is brought into bounds, as the RFC asks.
    pub(crate) fn window(&self) -> std::result::Result<Window, Refusal> {
        let number = |name: &str, default: i64| match self.call.query(name) {
            None => Ok(default),
            Some(text) => text.trim().parse::<i64>().map_err(|_| Refusal {
                kind: Kind::Value,
                detail: format!("{name}: expected a whole number, got `{text}`"),
            }),
        };
        let (start, count) = (number("startIndex", 1)?, number("count", DEFAULT_COUNT)?);
        Ok(Window { offset: start.max(1) - 1, limit: count.clamp(0, MAX_COUNT) })
    }

    /// Whether the client wants a member of the outermost object.
    pub(crate) fn wants(&self, name: &str) -> bool {
        let lists = |parameter: &str| {
            let text = self.call.query(parameter);
            text.map(|text| text.split(',').any(|one| one.trim().eq_ignore_ascii_case(name)))
        };
        lists("attributes").unwrap_or(true) && !lists("excludedAttributes").unwrap_or(false)
    }

    /// One resource, with the members that the client wants; what identifies it is always there.
    pub(crate) fn chosen(&self, resource: Value) -> Value {
        let Value::Object(members) = resource else { return resource };
        let always = |name: &str| matches!(name, "schemas" | "id" | "meta");
        members.into_iter().filter(|(name, _)| always(name) || self.wants(name)).collect::<Map<_, _>>().into()
    }

    /// A list of resources.
    pub(crate) fn list(&self, resources: Vec<Value>, total: i64, window: Window) -> Result<Response> {
        let resources: Vec<Value> = resources.into_iter().map(|resource| self.chosen(resource)).collect();
        json(StatusCode::OK, &list(&resources, total, window.offset + 1))
    }

    /// A resource that was just made.
    pub(crate) fn created(&self, resource: Value) -> Result<Response> {
        let location = resource.pointer("/meta/location").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut response = json(StatusCode::CREATED, &self.chosen(resource))?;
        response.headers_mut().insert(header::LOCATION, location.parse().map_err(Problem::internal)?);
        Ok(response)
    }

    /// A resource.
    pub(crate) fn one(&self, resource: Value) -> Result<Response> {
        json(StatusCode::OK, &self.chosen(resource))
    }
}

/// The message around a list.
pub(crate) fn list(resources: &[Value], total: i64, start: i64) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total, "startIndex": start, "itemsPerPage": resources.len(), "Resources": resources,
    })
}

/// A resource's `meta`.
pub(crate) fn meta(kind: &str, created: kernel::Timestamp, changed: kernel::Timestamp, location: &str) -> Value {
    json!({
        "resourceType": kind, "created": created.to_string(), "lastModified": changed.to_string(), "location": location,
    })
}
