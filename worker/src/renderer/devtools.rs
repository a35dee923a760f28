//! A client of Chromium's DevTools protocol over two pipes: JSON messages that end with a NUL byte.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{ChildStdin, ChildStdout},
    sync::{mpsc, oneshot},
};

/// The longest message that is taken from the browser. Longer ones are passed over: a page that
/// makes one fails alone, and the browser stays for the others.
const LONGEST_MESSAGE: usize = 64 << 20;
/// Messages that wait to be written.
const UNWRITTEN: usize = 256;
/// Events of one page that wait to be looked at; of a page that makes more, the others are lost:
/// a request of which nothing is heard is never sent.
const UNREAD_EVENTS: usize = 1024;

/// Why a command had no answer.
#[derive(Debug)]
pub(super) enum CallError {
    /// The browser has ended, or speaks no protocol.
    Ended,
    /// It refused the command.
    Refused(String),
}

/// Something that happened in a page.
pub(super) struct Event {
    pub(super) method: String,
    pub(super) params: Value,
}

/// The client. Dropping it closes the pipes, which ends the browser.
pub(super) struct DevTools {
    writer: mpsc::Sender<Vec<u8>>,
    inbox: Arc<Inbox>,
    next_id: AtomicU64,
}

/// What the browser may send.
#[derive(Default)]
struct Inbox(Mutex<Listeners>);

#[derive(Default)]
struct Listeners {
    answers: HashMap<u64, oneshot::Sender<Result<Value, CallError>>>,
    sessions: HashMap<String, mpsc::Sender<Event>>,
    has_ended: bool,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn receive(&self, message: &[u8]) {
        let Ok(Value::Object(mut message)) = serde_json::from_slice(message) else { return };
        let mut listeners = self.lock();
        if let Some(id) = message.get("id").and_then(Value::as_u64) {
            let Some(answer) = listeners.answers.remove(&id) else { return };
            let refused = message.get("error").map(|error| CallError::Refused(error.to_string()));
            let result = message.remove("result").unwrap_or_default();
            let _ = answer.send(refused.map_or(Ok(result), Err));
            return;
        }
        let session = message.get("sessionId").and_then(Value::as_str);
        let Some(events) = session.and_then(|session| listeners.sessions.get(session)) else {
            return;
        };
        let method = message.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
        let params = message.remove("params").unwrap_or_default();
        let _ = events.try_send(Event { method, params });
    }

    fn end(&self) {
        *self.lock() = Listeners { has_ended: true, ..Listeners::default() };
    }
}

impl DevTools {
    pub(super) fn new(to: ChildStdin, from: ChildStdout) -> Self {
        let (writer, messages) = mpsc::channel(UNWRITTEN);
        let inbox = Arc::new(Inbox::default());
        tokio::spawn(write(to, messages));
        tokio::spawn(read(from, inbox.clone()));
        Self { writer, inbox, next_id: AtomicU64::new(1) }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.inbox.lock().has_ended
    }

    /// Sends a command and waits for its answer.
    pub(super) async fn call(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, CallError> {
        let (sender, answer) = oneshot::channel();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        {
            let mut listeners = self.inbox.lock();
            if listeners.has_ended {
                return Err(CallError::Ended);
            }
            // Those whose callers gave up go with the next.
            listeners.answers.retain(|_, answer| !answer.is_closed());
            listeners.answers.insert(id, sender);
        }
        self.write(id, session, method, params).await?;
        answer.await.map_err(|_| CallError::Ended)?
    }

    /// Sends a command whose answer says nothing.
    pub(super) async fn send(
        &self,
        session: &str,
        method: &str,
        params: Value,
    ) -> Result<(), CallError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.write(id, Some(session), method, params).await
    }

    async fn write(
        &self,
        id: u64,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<(), CallError> {
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let (Some(session), Some(members)) = (session, message.as_object_mut()) {
            members.insert("sessionId".to_owned(), session.into());
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.writer.send(bytes).await.map_err(|_| CallError::Ended)
    }

    /// The events of a session from now on, until [`DevTools::forget`].
    pub(super) fn events(&self, session: &str) -> mpsc::Receiver<Event> {
        let (sender, events) = mpsc::channel(UNREAD_EVENTS);
        self.inbox.lock().sessions.insert(session.to_owned(), sender);
        events
    }

    pub(super) fn forget(&self, session: &str) {
        self.inbox.lock().sessions.remove(session);
    }
}

/// In a task of its own: a message that is begun is written to its end.
async fn write(mut to: ChildStdin, mut messages: mpsc::Receiver<Vec<u8>>) {
    while let Some(message) = messages.recv().await {
        if to.write_all(&message).await.is_err() {
            return;
        }
    }
}

async fn read(mut from: impl AsyncRead + Unpin, inbox: Arc<Inbox>) {
    let mut buffer = Vec::new();
    let mut is_too_long = false;
    loop {
        let mut searched = buffer.len();
        if !matches!(from.read_buf(&mut buffer).await, Ok(1..)) {
            return inbox.end();
        }
        while let Some(at) = buffer.get(searched..).and_then(|new| new.iter().position(|b| *b == 0))
        {
            let rest = buffer.split_off(searched + at + 1);
            buffer.pop();
            if !std::mem::take(&mut is_too_long) {
                inbox.receive(&buffer);
            }
            (buffer, searched) = (rest, 0);
        }
        is_too_long |= buffer.len() > LONGEST_MESSAGE;
        if is_too_long {
            buffer = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_that_is_too_long_ends_nothing() {
        let inbox = Arc::new(Inbox::default());
        let (sender, mut events) = mpsc::channel(1);
        inbox.lock().sessions.insert("other".to_owned(), sender);
        let (mut browser, ours) = tokio::io::duplex(1 << 20);
        let reading = tokio::spawn(read(ours, inbox.clone()));
        browser.write_all(&vec![b'"'; LONGEST_MESSAGE + (2 << 20)]).await.unwrap();
        browser
            .write_all(b"\0{\"sessionId\":\"other\",\"method\":\"Page.loaded\",\"params\":{}}\0")
            .await
            .unwrap();
        assert_eq!(events.recv().await.unwrap().method, "Page.loaded");
        drop(browser);
        reading.await.unwrap();
        assert!(inbox.lock().has_ended);
    }
}
