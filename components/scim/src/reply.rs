//! The common parts of SCIM responses: the media type, lists, and the selection of members.

use api::{Call, Response};
use directory::{Directory, Window};
use http::{StatusCode, header};
use kernel::{Code, Problem, Result, json};
use platform::{config, serve};
use scim::{Kind, Refusal};
use serde_json::{Map, Value, json};

/// JSON values of a body: a group may have 10 000 members, each an object of two members.
const MOST_VALUES: usize = 3 * json::MOST_VALUES;
/// The media type of every answer.
const MEDIA: &str = "application/scim+json";
/// The most entries of a list, and what there are where the client does not say.
const MAX_COUNT: i64 = 200;
const DEFAULT_COUNT: i64 = 100;

/// A directory's request.
pub(crate) struct ScimRequest {
    pub(crate) call: Call,
    /// Where the SCIM routes are, for `location` and `$ref`.
    pub(crate) base: String,
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
    /// The request and where it came to.
    pub(crate) async fn of(call: Call) -> Result<Self> {
        let origin = config::optional("public_url").await?.unwrap_or_default();
        Ok(Self { call, base: format!("{}/api/v1/scim/v2", origin.trim_end_matches('/')) })
    }

    /// Whose token it showed.
    pub(crate) fn directory(&self) -> Result<Directory<'_>> {
        Ok(Directory::of(self.call.directory()?))
    }

    /// The body, as JSON of either media type.
    pub(crate) async fn body(&mut self) -> Result<Value> {
        let kind = self.call.header("content-type").unwrap_or_default();
        if ![MEDIA, "application/json"]
            .iter()
            .any(|media_type| api::is_media_type(kind, media_type))
        {
            let detail = format!("expected content-type {MEDIA}, got `{kind:.100}`");
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        api::parse_within(&self.call.bytes().await?, MOST_VALUES)
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
        members
            .into_iter()
            .filter(|(name, _)| always(name) || self.wants(name))
            .collect::<Map<_, _>>()
            .into()
    }

    /// A list of resources.
    pub(crate) fn list(
        &self,
        resources: Vec<Value>,
        total: i64,
        window: Window,
    ) -> Result<Response> {
        let resources: Vec<Value> =
            resources.into_iter().map(|resource| self.chosen(resource)).collect();
        json(StatusCode::OK, &list(&resources, total, window.offset + 1))
    }

    /// A resource that was just made.
    pub(crate) fn created(&self, resource: Value) -> Result<Response> {
        let location = resource
            .pointer("/meta/location")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let mut response = json(StatusCode::CREATED, &self.chosen(resource))?;
        response
            .headers_mut()
            .insert(header::LOCATION, location.parse().map_err(Problem::internal)?);
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
pub(crate) fn meta(
    kind: &str,
    created: kernel::Timestamp,
    changed: kernel::Timestamp,
    location: &str,
) -> Value {
    json!({
        "resourceType": kind, "created": created.to_string(), "lastModified": changed.to_string(), "location": location,
    })
}
