//! A client that checks every response against the contract.

use futures::{Stream, StreamExt};
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::contract;

/// An API client with a bearer token, or none.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    /// The access token; None: not signed in.
    pub token: Option<String>,
    /// The refresh token.
    pub refresh_token: Option<String>,
}

/// A response, already checked against the contract.
pub struct Response {
    /// Status.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body: JSON, other text as a string, or null if it is empty.
    pub body: Value,
}

impl Response {
    /// The body; fails unless the status is this one.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }

    /// The problem's stable code; fails unless the status is this one.
    pub fn problem(self, status: u16) -> String {
        self.expect(status)["error"].as_str().unwrap().to_owned()
    }
}

/// A server-sent event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// Its data.
    pub data: Value,
}

impl Client {
    /// A client that is not signed in.
    pub fn new(url: &str) -> Self {
        let [.., b, c, d] = *uuid::Uuid::now_v7().as_bytes();
        Self::from(url, [127, b, c, d.clamp(2, 254)].into())
    }

    /// A client with this loopback address, not signed in: attempts are counted per address.
    pub fn from(url: &str, address: std::net::Ipv4Addr) -> Self {
        // A redirect is a response, and checked as one.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = http.local_address(std::net::IpAddr::V4(address)).build().unwrap();
        Self { http, url: url.to_owned(), token: None, refresh_token: None }
    }

    /// Signs in and keeps the tokens.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Value {
        let body = self
            .post("/api/v1/auth/login", &json!({ "email": email, "password": password }))
            .await
            .expect(200);
        self.token = body["access_token"].as_str().map(str::to_owned);
        self.refresh_token = body["refresh_token"].as_str().map(str::to_owned);
        body
    }

    /// A request with the token, not sent yet.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and checks the response against the contract.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Response {
        let request = request.build().unwrap();
        let (method, path) = (request.method().to_string(), request.url().path().to_owned());
        let response = self.http.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        assert!(headers.contains_key("x-request-id"), "{method} {path}: no x-request-id");
        let content_type =
            headers.get("content-type").map_or("", |v| v.to_str().unwrap()).to_owned();
        // A stream of events may never end: only its head is checked here.
        let streams = content_type.starts_with("text/event-stream");
        let bytes = if streams { bytes::Bytes::new() } else { response.bytes().await.unwrap() };
        let body = if content_type.contains("json") {
            serde_json::from_slice(&bytes).unwrap()
        } else if bytes.is_empty() {
            Value::Null
        } else {
            String::from_utf8_lossy(&bytes).into()
        };
        contract::check(&method, &path, status, &content_type, &body);
        Response { status, headers, body }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of a JSON document.
    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// PATCH with a JSON document.
    pub async fn patch(&self, path: &str, body: &Value) -> Response {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Response {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Creates a resource and returns its id.
    pub async fn create(&self, path: &str, body: &Value) -> String {
        let answer = self.post(path, body).await;
        let location = answer.headers.get("location").map(|l| l.to_str().unwrap().to_owned());
        let body = answer.expect(201);
        let id = body["id"].as_str().unwrap().to_owned();
        assert!(location.is_some_and(|l| l.ends_with(&id)), "Location must name what was created");
        id
    }

    /// A shared space with a collection in it: (space, collection).
    pub async fn collection(&self, name: &str) -> (String, String) {
        let space = self.create("/api/v1/spaces", &json!({ "name": name })).await;
        let collection =
            self.create("/api/v1/collections", &json!({ "space_id": space, "name": name })).await;
        (space, collection)
    }

    /// Uploads a document as a raw body; returns the response.
    pub async fn upload(
        &self,
        collection: &str,
        filename: &str,
        bytes: impl Into<reqwest::Body>,
    ) -> Response {
        let path = format!("/api/v1/collections/{collection}/documents");
        self.upload_to(&path, filename, bytes).await
    }

    async fn upload_to(
        &self,
        path: &str,
        filename: &str,
        bytes: impl Into<reqwest::Body>,
    ) -> Response {
        let request = self.request(Method::POST, path).query(&[("filename", filename)]);
        self.send(request.header("content-type", "application/octet-stream").body(bytes)).await
    }

    /// Uploads a document and follows the events until it is ready or has failed; returns the
    /// document.
    pub async fn ingest(
        &self,
        collection: &str,
        filename: &str,
        bytes: impl Into<reqwest::Body>,
    ) -> Value {
        self.ingest_to(&format!("/api/v1/collections/{collection}/documents"), filename, bytes)
            .await
    }

    /// The same for a file that is attached in a conversation.
    pub async fn attach(
        &self,
        conversation: &str,
        filename: &str,
        bytes: impl Into<reqwest::Body>,
    ) -> Value {
        let path = format!("/api/v1/conversations/{conversation}/attachments");
        self.ingest_to(&path, filename, bytes).await
    }

    async fn ingest_to(
        &self,
        path: &str,
        filename: &str,
        bytes: impl Into<reqwest::Body>,
    ) -> Value {
        let events = self.events("/api/v1/events", None).await;
        let body = self.upload_to(path, filename, bytes).await.expect(202);
        let id = body["document"]["id"].as_str().unwrap().to_owned();
        wait_for_document(events, &id).await;
        self.get(&format!("/api/v1/documents/{id}")).await.expect(200)
    }

    /// Opens a stream of events.
    pub async fn events(
        &self,
        path: &str,
        last_event_id: Option<&str>,
    ) -> impl Stream<Item = Event> + Unpin + use<> {
        let mut request = self.request(Method::GET, path);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        events_of(response)
    }

    /// Asks with streaming; returns the events as they arrive.
    pub async fn ask(
        &self,
        conversation: &str,
        question: &str,
    ) -> impl Stream<Item = Event> + Unpin + use<> {
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let request = self
            .request(Method::POST, &path)
            .header("accept", "text/event-stream")
            .json(&json!({ "content": question }));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        events_of(response)
    }
}

/// Reads events until the document is ready or failed.
pub async fn wait_for_document(mut events: impl Stream<Item = Event> + Unpin, id: &str) {
    let ended = async {
        while let Some(event) = events.next().await {
            let data = &event.data;
            let about = data["type"] == "document" && data["document_id"] == id;
            if about && (data["status"] == "ready" || data["status"] == "failed") {
                return;
            }
        }
        panic!("the events ended before document {id} was ready");
    };
    tokio::time::timeout(std::time::Duration::from_secs(120), ended)
        .await
        .expect("document not ready after 120 s");
}

/// The events of a response, each checked to have an id and JSON data.
pub fn events_of(response: reqwest::Response) -> impl Stream<Item = Event> + Unpin + use<> {
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(content_type.starts_with("text/event-stream"), "{content_type}");
    let state = (Box::pin(response.bytes_stream()), Vec::new());
    Box::pin(futures::stream::unfold(state, |(mut pieces, mut waiting): (_, Vec<u8>)| async move {
        loop {
            while let Some(end) = waiting.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = waiting.drain(..end + 2).collect();
                if let Some(event) = parse(std::str::from_utf8(&block).unwrap()) {
                    return Some((event, (pieces, waiting)));
                }
            }
            match pieces.next().await {
                Some(Ok(piece)) => waiting.extend_from_slice(&piece),
                _ => return None,
            }
        }
    }))
}

/// Parses a block; None for comments.
fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name).map(|v| v.trim_start().to_owned()))
    };
    let data = field("data:")?;
    let id = field("id:").unwrap_or_else(|| panic!("an event without id: {block}"));
    Some(Event { id, data: serde_json::from_str(&data).unwrap() })
}
