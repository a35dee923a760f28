//! A stub of an OpenAI-compatible server that speaks raw HTTP/1.1, so that a test can break off
//! anywhere.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// What the stub does with one request.
pub(crate) enum Reply {
    /// Sends these bytes, then closes the connection.
    Bytes(String),
    /// Sends an event stream's head, then what the test sends, and closes when the test hangs up.
    Live(mpsc::UnboundedReceiver<String>),
    /// Sends nothing and keeps the connection.
    Silence,
}

type Decide = Box<dyn FnMut(&str, &Value) -> Reply + Send>;

/// A running stub.
pub(crate) struct Provider {
    /// Ends in `/v1`.
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
    count: Arc<AtomicUsize>,
}

impl Provider {
    /// Starts it; `decide` is asked for each request, with its path and body: JSON, or a text with
    /// what it has of UTF-8.
    pub(crate) async fn start(decide: impl FnMut(&str, &Value) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (requests, count) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let decide: Arc<Mutex<Decide>> = Arc::new(Mutex::new(Box::new(decide)));
        let (seen, counted) = (requests.clone(), count.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (decide, seen, counted) = (decide.clone(), seen.clone(), counted.clone());
                tokio::spawn(async move {
                    let _ = answer(stream, &decide, &seen, &counted).await;
                });
            }
        });
        Self { url, requests, count }
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// The bodies of the requests.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }

    /// What the requests said in a header, in lower case.
    pub(crate) fn header(&self, name: &str) -> Vec<Option<String>> {
        let prefix = format!("{name}: ");
        let find = |head: &str| {
            head.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::to_owned)
        };
        self.requests.lock().unwrap().iter().map(|(head, _)| find(head)).collect()
    }

    /// An answer with a JSON body.
    pub(crate) fn json(status: u16, body: &Value) -> Reply {
        let body = body.to_string();
        let length = body.len();
        Reply::Bytes(format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
    }

    /// An event stream that ends when the connection does.
    pub(crate) fn events(body: &str) -> Reply {
        Reply::Bytes(format!("{EVENTS}{body}"))
    }

    /// A chunked event stream that breaks off in the middle of a chunk.
    pub(crate) fn cut(body: &str) -> Reply {
        let length = body.len();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        Reply::Bytes(format!("{head}{length:x}\r\n{body}\r\nff\r\ndata: {{"))
    }
}

const EVENTS: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

async fn answer(
    mut stream: TcpStream,
    decide: &Mutex<Decide>,
    seen: &Mutex<Vec<(String, Value)>>,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    let (head, body) = read_request(&mut stream).await?;
    let body: Value = match serde_json::from_slice(&body) {
        Ok(value) => value,
        Err(_) if body.is_empty() => Value::Null,
        Err(_) => String::from_utf8_lossy(&body).into(),
    };
    count.fetch_add(1, Ordering::SeqCst);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let reply = decide.lock().unwrap()(path, &body);
    seen.lock().unwrap().push((head, body));
    match reply {
        Reply::Bytes(bytes) => stream.write_all(bytes.as_bytes()).await?,
        Reply::Live(mut pieces) => {
            stream.write_all(EVENTS.as_bytes()).await?;
            while let Some(piece) = pieces.recv().await {
                stream.write_all(piece.as_bytes()).await?;
            }
        }
        Reply::Silence => std::future::pending().await,
    }
    stream.shutdown().await
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        stream.read_buf(&mut bytes).await?;
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length: usize = head
        .lines()
        .find_map(|l| l.strip_prefix("content-length: "))
        .map_or(0, |n| n.trim().parse().unwrap());
    while bytes.len() < end + length {
        stream.read_buf(&mut bytes).await?;
    }
    Ok((head, bytes[end..end + length].to_vec()))
}
