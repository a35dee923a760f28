//! A request of a test, and its response.

use std::io;

use bytes::Bytes;
use http::{HeaderMap, Method, header};
use http_body_util::{BodyExt, Full};
use platform::serve::Response;
use serde_json::Value;

use super::App;
use crate::Person;

/// A request that is not sent yet.
#[must_use]
pub struct TestRequest<'a> {
    app: &'a App,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    person: Option<Person>,
    body: Bytes,
}

impl<'a> TestRequest<'a> {
    pub(super) fn new(app: &'a App, method: Method, path: String) -> Self {
        Self { app, method, path, headers: Vec::new(), person: None, body: Bytes::new() }
    }

    /// Signs the request in as a person.
    pub fn as_(mut self, person: &Person) -> Self {
        self.person = Some(person.clone());
        self
    }

    /// With a header field.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a JSON document.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With a body of a media type.
    pub fn body(mut self, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header(header::CONTENT_TYPE.as_str(), media_type)
    }

    /// Sends it, and reads the complete response.
    pub async fn send(self) -> Reply {
        Reply::read(self.begin().await).await
    }

    /// Sends it; the body of the response may never end.
    pub async fn begin(self) -> Response {
        let mut request = http::Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        if let Some(person) = &self.person {
            request = request
                .header(header::AUTHORIZATION, format!("Bearer {}", self.app.token(person).await));
        }
        let body = Full::new(self.body).map_err(|never| -> io::Error { match never {} }).boxed();
        let request = request.body(body).unwrap();
        self.app.settings.scope(self.app.router.handle(request)).await
    }
}

/// A response.
#[derive(Debug)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body: JSON, other text as a string, or null if it is empty.
    pub body: Value,
}

impl Reply {
    async fn read(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let media_type =
            head.headers.get(header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap());
        let body = if media_type.contains("json") {
            serde_json::from_slice(&bytes).unwrap()
        } else if bytes.is_empty() {
            Value::Null
        } else {
            String::from_utf8_lossy(&bytes).into()
        };
        Self { status: head.status.as_u16(), headers: head.headers, body }
    }

    /// The body, if the status is the expected one.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }

    /// The problem's stable code, if the status is the expected one.
    pub fn problem(self, status: u16) -> String {
        self.expect(status)["error"].as_str().unwrap().to_owned()
    }
}
