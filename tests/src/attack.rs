//! Attacks of one client that try to starve the others, and a neighbour in another organisation who
//! works meanwhile.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::json;
use testkit::Person;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::provider::Busy;
use crate::stack::Stack;

/// Part of the attacker's questions.
const SLOW_QUESTION: &str = "What takes for ever?";

/// A user of another organisation.
pub struct Neighbour {
    client: Client,
    assistant: String,
}

/// The administrator of an organisation of its own.
struct Organisation {
    /// Uses the host under attack.
    client: Client,
    administrator: Person,
    space: String,
    collection: String,
    assistant: String,
}

/// Creates an organisation with a document and an assistant, for the host at `url`.
async fn organisation(stack: &Stack, url: &str, name: &str) -> Organisation {
    let (signed_in, administrator) = stack.person(name).await;
    let (space, collection) = signed_in.collection(name).await;
    let text: String = (0..200)
        .map(|n| format!("Paragraph {n}. The laundry of house {n} is open from {n} to noon.\n\n"))
        .collect();
    signed_in.ingest(&collection, "laundry.md", text).await;
    let assistant = json!({ "space_id": space, "name": name, "collection_ids": [collection] });
    let assistant = signed_in.create("/api/v1/assistants", &assistant).await;
    let client = at(url, &signed_in);
    Organisation { client, administrator, space, collection, assistant }
}

/// The same user at another host.
fn at(url: &str, signed_in: &Client) -> Client {
    let mut client = Client::new(url);
    client.token.clone_from(&signed_in.token);
    client
}

impl Neighbour {
    /// A neighbour with a document and an assistant.
    pub async fn new(stack: &Stack, url: &str) -> Self {
        let Organisation { client, assistant, .. } = organisation(stack, url, "neighbour").await;
        Self { client, assistant }
    }

    /// Reads the own profile.
    pub async fn me(&self) -> Duration {
        let began = Instant::now();
        self.client.get("/api/v1/me").await.expect(200);
        began.elapsed()
    }

    /// A search that is in no cache.
    pub async fn search(&self) -> Duration {
        let query = format!("when is the laundry of house {} open", uuid::Uuid::now_v7().simple());
        let began = Instant::now();
        self.client.post("/api/v1/search", &json!({ "query": query })).await.expect(200);
        began.elapsed()
    }

    /// Asks a question in a new conversation, until its answer is complete.
    pub async fn chat(&self) -> Duration {
        let began = Instant::now();
        let conversation = json!({ "assistant_id": self.assistant });
        let conversation = self.client.create("/api/v1/conversations", &conversation).await;
        let mut events = self.client.ask(&conversation, "When is the laundry open?").await;
        let mut kinds = Vec::new();
        while let Some(event) = events.next().await {
            kinds.push(event.data["type"].as_str().unwrap_or_default().to_owned());
        }
        assert_eq!(kinds.last().map(String::as_str), Some("done"), "{kinds:?}");
        began.elapsed()
    }
}

/// An attack that continues until this is dropped.
#[derive(Default)]
pub struct Attack {
    _sockets: Vec<TcpStream>,
    tasks: JoinSet<()>,
    /// How many responses of each status the attacker has received.
    statuses: Arc<Mutex<BTreeMap<u16, usize>>>,
    _busy: Option<Busy>,
}

impl Attack {
    /// How many responses of each status the attacker has received.
    #[must_use]
    pub fn statuses(&self) -> BTreeMap<u16, usize> {
        self.statuses.lock().unwrap().clone()
    }

    /// Connections from one address that send nothing.
    pub async fn silent_connections(url: &str, count: usize) -> Self {
        Self { _sockets: connections(url, [127, 66, 6, 5], count, b"").await, ..Self::default() }
    }

    /// Sign-ins from one address whose last byte never comes.
    pub async fn half_sign_ins(url: &str, count: usize) -> Self {
        let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
        Self {
            _sockets: connections(url, [127, 66, 6, 6], count, head.as_bytes()).await,
            ..Self::default()
        }
    }

    /// The same as streams of HTTP/2 connections.
    pub async fn half_streams(url: &str, connections: usize, streams: usize) -> Self {
        let mut attack = Self::default();
        for _ in 0..connections {
            let client = reqwest::Client::builder().http2_prior_knowledge();
            let client =
                client.local_address(std::net::IpAddr::from([127, 66, 6, 7])).build().unwrap();
            for _ in 0..streams {
                let half = futures::stream::iter([Ok::<_, std::io::Error>("{")])
                    .chain(futures::stream::pending());
                let request = client
                    .post(format!("{url}/api/v1/auth/login"))
                    .header("content-type", "application/json");
                attack.spawn(request.body(reqwest::Body::wrap_stream(half)));
            }
        }
        tokio::task::yield_now().await;
        attack
    }

    /// Searches of one user, `count` at a time, repeatedly.
    pub async fn searches(stack: &Stack, url: &str, count: usize) -> Self {
        let client = organisation(stack, url, "searcher").await.client;
        let mut attack = Self::default();
        attack.search_repeatedly(&client, count);
        attack
    }

    /// Searches of `users` users of one organisation, two of each at a time, repeatedly.
    pub async fn searches_of_an_organisation(stack: &Stack, url: &str, users: usize) -> Self {
        let searchers = organisation(stack, url, "searchers").await;
        let mut attack = Self::default();
        for n in 0..users {
            let name = format!("searcher{n}");
            let tenant = searchers.administrator.tenant;
            let colleague = stack.database.colleague(tenant, &name, "user").await;
            let path = format!("/api/v1/spaces/{}/members", searchers.space);
            let member = json!({ "user_id": colleague.user.0.to_string(), "role": "viewer" });
            searchers.client.post(&path, &member).await.expect(201);
            attack.search_repeatedly(&at(url, &stack.sign_in(&colleague).await), 2);
        }
        attack
    }

    /// Uploads of one user that announce 100 MiB each, of which one byte comes.
    pub async fn announced_uploads(stack: &Stack, url: &str, count: usize) -> Self {
        let uploader = organisation(stack, url, "uploader").await;
        let path = format!("/api/v1/collections/{}/documents", uploader.collection);
        let mut attack = Self::default();
        for n in 0..count {
            let byte = futures::stream::iter([Ok::<_, std::io::Error>("x")]);
            let body = reqwest::Body::wrap_stream(byte.chain(futures::stream::pending()));
            let request = uploader.client.request(http::Method::POST, &path);
            let request = request
                .query(&[("filename", format!("{n}.bin"))])
                .header("content-type", "application/octet-stream")
                .header("content-length", 100 * 1_048_576);
            attack.spawn(request.body(body));
        }
        attack
    }

    /// Questions of one user to a model that does not answer.
    pub async fn questions(stack: &Stack, url: &str, count: usize) -> Self {
        let Organisation { client, assistant, .. } = organisation(stack, url, "asker").await;
        let mut attack =
            Self { _busy: Some(stack.provider.be_busy_with(SLOW_QUESTION)), ..Self::default() };
        // All before the first question, which uses the share of the same user.
        let mut conversations = Vec::new();
        for _ in 0..count {
            conversations.push(
                client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await,
            );
        }
        for conversation in conversations {
            let path = format!("/api/v1/conversations/{conversation}/messages");
            let request =
                client.request(http::Method::POST, &path).header("accept", "text/event-stream");
            attack.spawn(request.json(&json!({ "content": SLOW_QUESTION })));
        }
        attack
    }

    fn search_repeatedly(&mut self, client: &Client, at_a_time: usize) {
        for _ in 0..at_a_time {
            let (client, statuses) = (client.clone(), self.statuses.clone());
            self.tasks.spawn(async move {
                loop {
                    let query = format!("laundry house noon {}", uuid::Uuid::now_v7().simple());
                    let search = client.request(http::Method::POST, "/api/v1/search");
                    let sent = search.json(&json!({ "query": query, "limit": 100 })).send().await;
                    count_status(&statuses, sent).await;
                    // A client that is refused at once would only measure how fast refusals are.
                    tokio::task::yield_now().await;
                }
            });
        }
    }

    fn spawn(&mut self, request: reqwest::RequestBuilder) {
        let statuses = self.statuses.clone();
        self.tasks.spawn(async move { count_status(&statuses, request.send().await).await });
    }
}

/// Counts a response, and reads it to its end.
async fn count_status(
    statuses: &Mutex<BTreeMap<u16, usize>>,
    sent: Result<reqwest::Response, reqwest::Error>,
) {
    let Ok(response) = sent else { return };
    *statuses.lock().unwrap().entry(response.status().as_u16()).or_default() += 1;
    let _ = response.bytes().await;
}

/// Connections from a loopback address that have sent `bytes`. A connection that the host closes
/// does not count.
async fn connections(url: &str, from: [u8; 4], count: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let to: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
    let mut open = Vec::new();
    for _ in 0..count {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        let Ok(mut stream) = socket.connect(to).await else { continue };
        let _ = stream.write_all(bytes).await;
        open.push(stream);
    }
    open
}
