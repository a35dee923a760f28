//! Resuming the events of an answer, on any instance.

use std::time::Duration;

use futures::channel::mpsc;
use kernel::{
    Result,
    id::{self, MessageId},
};
use models::within;
use platform::Cx;
use platform::redis::{Entry, Redis};

use crate::{
    Event, EventId, Events, Message, NumberedEvent, Source, journal, message,
    replay::replay,
    store::{messages, running},
};

/// Entries per read.
const COUNT: u32 = 500;
/// How long Redis waits for the next event before the row is checked.
const BLOCK: Duration = Duration::from_secs(3);
/// Timeout of Redis beyond [`BLOCK`].
const GRACE: Duration = Duration::from_secs(2);
/// Time between checks of the row while Redis is away.
const PAUSE: Duration = Duration::from_secs(1);

/// The events of an answer after a position, and future ones.
///
/// # Errors
/// `not_found` if it is not an answer in one of the caller's own conversations.
pub async fn follow(cx: Cx, message: MessageId, after: EventId) -> Result<Events> {
    let found = messages::answer(&cx, message).await?.ok_or_else(|| id::not_found("message"))?;
    let (to_client, events) = mpsc::unbounded();
    let mut tail = Tail { cx, message, after, to_client };
    if !tail.end(&found).await? {
        tail.cx.db.release().await;
        platform::task::spawn(tail.run());
    }
    Ok(Events(events))
}

struct Tail {
    cx: Cx,
    message: MessageId,
    after: EventId,
    to_client: mpsc::UnboundedSender<NumberedEvent>,
}

impl Tail {
    /// Reads the journal, and the row if the journal is silent or away, until the last event or
    /// until the client has gone.
    async fn run(mut self) {
        let mut redis = None;
        while !self.to_client.is_closed() {
            if redis.is_none() {
                redis = within(GRACE, Redis::open()).await.and_then(Result::ok);
            }
            let entries = match &redis {
                Some(redis) => self.read(redis).await,
                None => None,
            };
            match entries {
                Some(entries) if !entries.is_empty() => {
                    if self.emit(&entries).await {
                        return;
                    }
                    continue;
                }
                Some(_) => {}
                None => {
                    redis = None;
                    platform::task::sleep(PAUSE).await;
                }
            }
            // A database error: it may be back at the next check.
            let looked = messages::answer(&self.cx, self.message).await;
            let ended = match looked {
                Ok(Some(found)) => self.end(&found).await.unwrap_or(false),
                // Deleted meanwhile.
                Ok(None) => self.emit_last(Event::Stopped),
                Err(_) => false,
            };
            self.cx.db.release().await;
            if ended {
                return;
            }
        }
    }

    /// The next entries; None if Redis does not answer.
    async fn read(&self, redis: &Redis) -> Option<Vec<Entry>> {
        let stream = journal::stream_key(&self.cx, self.message).ok()?;
        let block = u32::try_from(BLOCK.as_millis()).unwrap_or(u32::MAX);
        within(BLOCK + GRACE, redis.read_after(&stream, &self.after.to_string(), COUNT, block))
            .await?
            .ok()
    }

    /// Emits entries of the journal; true after the answer's last event.
    async fn emit(&mut self, entries: &[Entry]) -> bool {
        for entry in entries {
            let (Ok(id), Some(event)) = (entry.id.parse(), Event::read(&entry.data)) else {
                continue;
            };
            let event = match event {
                Event::Sources(sources) => match self.readable(sources).await {
                    Some(sources) => Event::Sources(sources),
                    // It is read again a little later.
                    None => {
                        platform::task::sleep(PAUSE).await;
                        return false;
                    }
                },
                event => event,
            };
            self.after = id;
            let last = event.is_last();
            let _ = self.to_client.unbounded_send(NumberedEvent { id, event });
            if last {
                return true;
            }
        }
        false
    }

    /// The journal holds the sources as of the question; the reader may have lost access since.
    /// None while the database does not answer.
    async fn readable(&self, sources: Vec<Source>) -> Option<Vec<Source>> {
        let readable = message::readable_sources(&self.cx, sources).await;
        self.cx.db.release().await;
        readable.ok()
    }

    /// Emits a last event that is not in the journal.
    fn emit_last(&mut self, event: Event) -> bool {
        let id = EventId { number: self.after.number + 1, ..self.after };
        let _ = self.to_client.unbounded_send(NumberedEvent { id, event });
        true
    }

    /// Emits the rest from the row if the answer is settled or its process died. False: it is still
    /// being written.
    async fn end(&mut self, found: &Message) -> Result<bool> {
        let mut found = found.clone();
        if found.abandoned {
            running::mark_dead(&self.cx, found.conversation_id, &message::died()).await?;
            found = messages::answer(&self.cx, self.message)
                .await?
                .ok_or_else(|| id::not_found("message"))?;
        }
        if !found.status.is_settled() {
            return Ok(false);
        }
        for numbered in replay(&found, self.after) {
            self.after = numbered.id;
            let _ = self.to_client.unbounded_send(numbered);
        }
        Ok(true)
    }
}
