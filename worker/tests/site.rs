//! A website on loopback that says what a test wants.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// What a path answers.
#[derive(Clone, Debug)]
pub(crate) struct SiteResponse {
    status: u16,
    head: String,
    media_type: &'static str,
    body: Vec<u8>,
}

impl SiteResponse {
    fn html(status: u16, head: impl Into<String>, body: String) -> Self {
        Self {
            status,
            head: head.into(),
            media_type: "text/html; charset=utf-8",
            body: body.into_bytes(),
        }
    }
}

struct State {
    pages: BTreeMap<String, SiteResponse>,
    /// What paths answer that are no page.
    fallback: SiteResponse,
    /// The path of each request, and its credentials.
    requests: Vec<(String, Option<String>)>,
    /// One for each request that is answered; the others wait.
    permits: Arc<Semaphore>,
}

/// A website at every address of loopback; it ends with the test.
pub(crate) struct Site {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

impl Site {
    /// With a page `/` that links to `/1` to `/pages`, each with a text of its own and a link to
    /// the next.
    pub(crate) async fn with(pages: usize) -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let permits = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        let fallback = SiteResponse::html(404, "", "No such page".to_owned());
        let state = State { pages: BTreeMap::new(), fallback, requests: Vec::new(), permits };
        let site = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::new(Mutex::new(state)),
        };
        let links: String =
            (1..=pages).map(|n| format!("<li><a href=\"/{n}\">Page {n}</a></li>")).collect();
        site.put("/", &format!("{}<ul>{links}</ul>", text("Start", "the beginning of everything")));
        for n in 1..=pages {
            site.put(&format!("/{n}"), &text(&format!("Page {n}"), &format!("subject number {n}")));
        }
        let state = site.state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, state.clone()));
            }
        });
        site
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A page from now on.
    pub(crate) fn put(&self, path: &str, body: &str) {
        self.answer(path, 200, "", body);
    }

    pub(crate) fn answer(&self, path: &str, status: u16, head: impl Into<String>, body: &str) {
        let answer = page(&format!("T{path}"), status, head, body);
        self.state.lock().unwrap().pages.insert(path.to_owned(), answer);
    }

    /// What every other path answers from now on.
    pub(crate) fn answer_missing(&self, status: u16, head: impl Into<String>, body: &str) {
        self.state.lock().unwrap().fallback = page("Elsewhere", status, head, body);
    }

    /// Something else than a page.
    pub(crate) fn file(&self, path: &str, media_type: &'static str, body: impl Into<Vec<u8>>) {
        self.file_with(path, "", media_type, body);
    }

    /// The same with header fields, each with its line end.
    pub(crate) fn file_with(
        &self,
        path: &str,
        head: &str,
        media_type: &'static str,
        body: impl Into<Vec<u8>>,
    ) {
        let answer =
            SiteResponse { status: 200, head: head.to_owned(), media_type, body: body.into() };
        self.state.lock().unwrap().pages.insert(path.to_owned(), answer);
    }

    /// What was asked for so far, and with which credentials.
    pub(crate) fn requests(&self) -> Vec<(String, Option<String>)> {
        self.state.lock().unwrap().requests.clone()
    }

    /// No page any more.
    pub(crate) fn remove(&self, path: &str) {
        self.state.lock().unwrap().pages.remove(path);
    }

    /// Answers so many more requests, and lets the others wait for [`Site::answer_all`].
    pub(crate) fn answer_only(&self, requests: usize) {
        self.state.lock().unwrap().permits = Arc::new(Semaphore::new(requests));
    }

    /// Answers the requests that wait, and all that follow.
    pub(crate) fn answer_all(&self) {
        let mut state = self.state.lock().unwrap();
        let before =
            std::mem::replace(&mut state.permits, Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)));
        before.close();
    }
}

fn page(title: &str, status: u16, head: impl Into<String>, body: &str) -> SiteResponse {
    let body = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>{title}</title></head><body><main>{body}</main></body></html>"
    );
    SiteResponse::html(status, head, body)
}

/// A heading and two paragraphs, enough to be content.
pub(crate) fn text(title: &str, about: &str) -> String {
    let sentence = format!(
        "This paragraph of {title} speaks at some length about {about}, as its readers expect it to do. "
    );
    format!("<h1>{title}</h1><p>{}</p><p>{}</p>", sentence.repeat(3), sentence.repeat(2))
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    loop {
        let Ok(read @ 1..) = stream.read(&mut buffer).await else { return };
        head.extend_from_slice(&buffer[..read]);
        let Some(end) = head.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let request = String::from_utf8_lossy(&head[..end]).into_owned();
        head.drain(..end + 4);
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let credentials = request.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("authorization").then(|| value.trim().to_owned())
        });
        state.lock().unwrap().requests.push((path.clone(), credentials));
        let permits = state.lock().unwrap().permits.clone();
        if let Ok(permit) = permits.acquire().await {
            permit.forget();
        }
        let answer = {
            let state = state.lock().unwrap();
            state.pages.get(&path).unwrap_or(&state.fallback).clone()
        };
        let etag = answer.head.lines().find_map(|line| line.strip_prefix("etag: "));
        let is_known = etag.is_some_and(|etag| request.contains(etag));
        let answer = if is_known { SiteResponse::html(304, "", String::new()) } else { answer };
        let (status, media_type, length) = (answer.status, answer.media_type, answer.body.len());
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\n{}content-length: {length}\r\n\r\n",
            answer.head
        );
        let reply = [head.as_bytes(), &answer.body].concat();
        if stream.write_all(&reply).await.is_err() {
            return;
        }
    }
}
