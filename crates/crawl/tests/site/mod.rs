//! A site on loopback that says exactly what a test wants, byte by byte, and remembers what it was
//! asked.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crawl::{
    AllowedNetworks, FetchOptions, FetchRequest, Fetcher, Outcome, Page, PageUrl, Resolver,
};
use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the site answers.
pub(crate) enum Reply {
    /// Status line, headers and a body, with the right length.
    Full(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Bytes, after which the connection is closed.
    Raw(Vec<u8>),
    /// Bytes, after which nothing comes any more.
    Hang(Vec<u8>),
    /// Bytes, then the same bytes without end.
    Endless(Vec<u8>, Vec<u8>),
}

pub(crate) fn page(body: &str) -> Reply {
    Reply::Full(200, vec![("content-type", "text/html".to_owned())], body.as_bytes().to_vec())
}

pub(crate) fn status(code: u16) -> Reply {
    Reply::Full(code, Vec::new(), b"no".to_vec())
}

pub(crate) fn redirect(to: &str) -> Reply {
    Reply::Full(302, vec![("location", to.to_owned())], Vec::new())
}

/// A request that came: its path and its headers with lower-case names.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    pub(crate) path: String,
    headers: HashMap<String, String>,
}

impl ReceivedRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// The running site.
pub(crate) struct Site {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<ReceivedRequest>>>,
    connections: Arc<Mutex<usize>>,
}

impl Site {
    pub(crate) async fn start(
        answer: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Self {
            port: listener.local_addr().unwrap().port(),
            asked: Arc::default(),
            connections: Arc::default(),
        };
        let (asked, connections, answer) =
            (site.asked.clone(), site.connections.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                let (asked, answer) = (asked.clone(), answer.clone());
                tokio::spawn(async move { serve(stream, &asked, &*answer).await });
            }
        });
        site
    }

    /// The address of a path on a host that the tests' resolver knows.
    pub(crate) fn at(&self, host: &str, path: &str) -> PageUrl {
        PageUrl::parse(&format!("http://{host}:{}{path}", self.port)).unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<ReceivedRequest> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// A fetcher of an operator who lists loopback and this port.
    pub(crate) fn fetcher(&self) -> Fetcher {
        self.fetcher_with(|_| {})
    }

    pub(crate) fn fetcher_with(&self, change: impl FnOnce(&mut FetchOptions)) -> Fetcher {
        let mut options = FetchOptions::new("TesseraBot/1.0 (+https://example.org/bot)");
        options.networks = AllowedNetworks::parse("127.0.0.1").unwrap();
        options.ports = vec![self.port];
        options.resolver =
            Arc::new(Names::of(&[("site.test", "127.0.0.1"), ("other.test", "127.0.0.1")]));
        options.limits.total = Duration::from_secs(20);
        change(&mut options);
        Fetcher::new(options).unwrap()
    }

    /// What comes of a plain GET of `path`.
    pub(crate) async fn get(&self, path: &str) -> Outcome {
        self.fetcher().fetch(&FetchRequest::new(&self.at("site.test", path))).await
    }
}

async fn serve(
    mut stream: TcpStream,
    asked: &Mutex<Vec<ReceivedRequest>>,
    answer: &(dyn Fn(&ReceivedRequest) -> Reply + Send + Sync),
) {
    let mut buffer = Vec::new();
    loop {
        while !buffer.windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read_buf(&mut buffer).await {
                Ok(1..) => {}
                _ => return,
            }
        }
        let request = parse(&String::from_utf8_lossy(&buffer));
        buffer.clear();
        asked.lock().unwrap().push(request.clone());
        match answer(&request) {
            Reply::Full(status, headers, body) => {
                let mut out = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                headers
                    .iter()
                    .for_each(|(name, value)| out.push_str(&format!("{name}: {value}\r\n")));
                let out = [out.as_bytes(), b"\r\n", &body].concat();
                if stream.write_all(&out).await.is_err() {
                    return;
                }
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Reply::Hang(bytes) => {
                let _ = stream.write_all(&bytes).await;
                std::future::pending::<()>().await;
            }
            Reply::Endless(head, more) => {
                let _ = stream.write_all(&head).await;
                while stream.write_all(&more).await.is_ok() {}
                return;
            }
        }
    }
}

fn parse(text: &str) -> ReceivedRequest {
    let mut lines = text.lines();
    let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    ReceivedRequest { path, headers }
}

/// A resolver with fixed names; each may have several answers, which it gives one after the other.
pub(crate) struct Names(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Names {
    pub(crate) fn of(names: &[(&str, &str)]) -> Self {
        let names =
            names.iter().map(|(name, ips)| ((*name).to_owned(), vec![addresses(ips)])).collect();
        Self(Mutex::new(names))
    }

    /// A name whose answer changes with each question: DNS rebinding.
    pub(crate) fn rebinding(name: &str, answers: &[&str]) -> Self {
        let answers = answers.iter().map(|ips| addresses(ips)).collect();
        Self(Mutex::new(HashMap::from([(name.to_owned(), answers)])))
    }
}

fn addresses(ips: &str) -> Vec<IpAddr> {
    ips.split(',').map(|ip| ip.parse().unwrap()).collect()
}

impl Resolver for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let mut names = self.0.lock().unwrap();
        let found = names.get_mut(host).map(|answers| match answers.len() {
            1 => answers[0].clone(),
            _ => answers.remove(0),
        });
        Box::pin(async move { found.ok_or_else(|| io::Error::other("no such name")) })
    }
}

/// The page, or a panic that says what came instead.
pub(crate) fn taken(outcome: Outcome) -> Page {
    match outcome {
        Outcome::Page(page) => *page,
        other => panic!("expected a page, got {other:?}"),
    }
}
