//! Emits the events of an answer: to the client, at once; and to the journal in Redis, in batches,
//! beside the answer.
//!
//! ```text
//! model ─ deltas ─> EventSink ─┬─> client (SSE)
//!                              └─> Journal task ─ every 30 ms ─> Redis stream `answer:…`
//!                                     │          <─ stop key ──┘
//!                                     └─ every 4 s ─ heartbeat ─> row (text so far)
//!                                                  <─ stopped, gone, no access any more
//! Cancellation <─ StopReason ──────┘
//! ```

use std::{pin::pin, sync::Arc, time::Duration};

use access::CredentialId;
use futures::{
    StreamExt,
    channel::mpsc,
    future::{Either, select},
};
use kernel::{
    Kind, Result, Timestamp,
    id::{AssistantId, MessageId},
};
use models::within;
use platform::redis::{Redis, Reply};
use platform::{Cx, clock};

use crate::{
    Event, EventId, NumberedEvent, ask,
    store::running::{self, HeartbeatOutcome},
};

/// Minimum time between two batches.
const BATCH: Duration = Duration::from_millis(30);
/// Maximum time between two checks for Stop.
const TICK: Duration = Duration::from_millis(400);
/// Timeout of Redis; after it, Redis is not called for [`RETRY`].
const REDIS_LIMIT: Duration = Duration::from_secs(2);
/// Microseconds between attempts to reach a Redis that was away, and between heartbeats without
/// Redis.
const RETRY: i64 = 1_000_000;
/// Microseconds between heartbeats. A user who loses access to the assistant loses the answer
/// within five seconds.
const HEARTBEAT: i64 = 4_000_000;
/// Attempts to write the last batch.
const LAST_ATTEMPTS: usize = 3;
/// Seconds that a journal is kept after its last event.
const KEPT_SECONDS: &str = "3600";

/// The stream of an answer.
pub(crate) fn stream_key(cx: &Cx, message: MessageId) -> Result<String> {
    Ok(format!("answer:{}:{message}", cx.redis_namespace()?))
}

/// The key that requests an answer to stop.
pub(crate) fn stop_key(cx: &Cx, message: MessageId) -> Result<String> {
    Ok(format!("stop:{}:{message}", cx.redis_namespace()?))
}

/// Why an answer ends early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StopReason {
    /// The user requested it.
    Stop,
    /// Its row is gone.
    Gone,
    /// The user may not ask the assistant any more, or their credential has ended.
    Lost,
}

/// Receives the reasons to stop from the journal while an answer is written.
pub(crate) struct Cancellation(mpsc::UnboundedReceiver<StopReason>);

impl Cancellation {
    /// Races a future against cancellation: its output, or the reason if that came first.
    pub(crate) async fn race<F: Future>(
        &mut self,
        future: F,
    ) -> std::result::Result<F::Output, StopReason> {
        let stopped = async {
            match self.0.next().await {
                Some(reason) => reason,
                // The journal has ended; no reason will come any more.
                None => std::future::pending().await,
            }
        };
        match select(pin!(future), pin!(stopped)).await {
            Either::Left((output, _)) => Ok(output),
            Either::Right((reason, _)) => Err(reason),
        }
    }

    /// As [`Self::race`], for a future that uses the connection: it may be dropped in the middle of
    /// a statement, so the next one gets another connection.
    pub(crate) async fn race_search<F: Future>(
        &mut self,
        cx: &Cx,
        search: F,
    ) -> std::result::Result<F::Output, StopReason> {
        let outcome = self.race(search).await;
        if outcome.is_err() {
            cx.db.release().await;
        }
        outcome
    }
}

/// Numbers events and sends them to the client and to the journal.
pub(crate) struct EventSink {
    id: EventId,
    content: String,
    to_client: mpsc::UnboundedSender<NumberedEvent>,
    to_journal: mpsc::UnboundedSender<NumberedEvent>,
}

impl EventSink {
    /// Emits an event. The answer continues if the client has gone.
    pub(crate) fn emit(&mut self, event: Event) {
        if let Event::Delta(text) = &event {
            self.content.push_str(text);
        }
        self.id = EventId {
            number: self.id.number + 1,
            written: u64::try_from(self.content.len()).unwrap_or(u64::MAX),
        };
        let numbered = NumberedEvent { id: self.id, event };
        let _ = self.to_client.unbounded_send(numbered.clone());
        let _ = self.to_journal.unbounded_send(numbered);
    }

    /// All text so far.
    pub(crate) fn content(&self) -> &str {
        &self.content
    }
}

/// Removes what Redis has of an earlier part of an answer: its events, and the request to stop.
/// Without Redis the row, and the journal of the next part, make up for it.
pub(crate) async fn forget(cx: &Cx, message: MessageId) -> Result<()> {
    let (stream, stop) = (stream_key(cx, message)?, stop_key(cx, message)?);
    let remove = async {
        let redis = Redis::open().await?;
        // Two keys in one command may be in two slots of a cluster.
        redis.command("DEL", &[stream.as_bytes()]).await?;
        redis.command("DEL", &[stop.as_bytes()]).await
    };
    let _ = within(REDIS_LIMIT, remove).await;
    Ok(())
}

/// Starts the journal of an answer; it ends when the `EventSink` is dropped. `first`: the number
/// before the first event, larger than those of an earlier part of the answer.
pub(crate) fn open(
    cx: Arc<Cx>,
    (message, assistant): (MessageId, AssistantId),
    credential: CredentialId,
    first: u64,
    to_client: mpsc::UnboundedSender<NumberedEvent>,
) -> (EventSink, Cancellation) {
    let (to_journal, events) = mpsc::unbounded();
    let (stop, stopped) = mpsc::unbounded();
    let now = clock::now();
    let journal = Journal {
        cx,
        message,
        assistant,
        credential,
        redis: None,
        tried_at: Timestamp(0),
        heartbeat_at: now,
        entries: Vec::new(),
        kept: 0,
        is_stale: first > 0,
        content: String::new(),
        stop,
    };
    platform::task::spawn(journal.keep(events));
    (
        EventSink {
            id: EventId { number: first, written: 0 },
            content: String::new(),
            to_client,
            to_journal,
        },
        Cancellation(stopped),
    )
}

struct Journal {
    cx: Arc<Cx>,
    message: MessageId,
    assistant: AssistantId,
    /// The credential of the question.
    credential: CredentialId,
    redis: Option<Redis>,
    /// When Redis was last connected to.
    tried_at: Timestamp,
    /// When the last heartbeat was sent.
    heartbeat_at: Timestamp,
    /// All events, id and data: a Redis that lost them gets them again.
    entries: Vec<(String, String)>,
    /// How many of them Redis has.
    kept: usize,
    /// Whether Redis may have an earlier part of the answer, which its last event ends.
    is_stale: bool,
    content: String,
    stop: mpsc::UnboundedSender<StopReason>,
}

impl Journal {
    async fn keep(mut self, mut events: mpsc::UnboundedReceiver<NumberedEvent>) {
        while self.take(&mut events).await {
            self.write().await;
            self.heartbeat().await;
            platform::task::sleep(BATCH).await;
        }
        for _ in 0..LAST_ATTEMPTS {
            self.write().await;
            if self.kept == self.entries.len() {
                return;
            }
            platform::task::sleep(Duration::from_micros(RETRY.unsigned_abs())).await;
        }
    }

    /// Waits up to a tick for an event and takes all pending ones; false after the last.
    async fn take(&mut self, events: &mut mpsc::UnboundedReceiver<NumberedEvent>) -> bool {
        let mut next = match within(TICK, events.next()).await {
            None => return true,
            Some(next) => next,
        };
        while let Some(NumberedEvent { id, event }) = next {
            self.entries.push((id.to_string(), event.write()));
            if let Event::Delta(text) = &event {
                self.content.push_str(text);
            }
            next = match events.try_recv() {
                Ok(event) => Some(event),
                Err(mpsc::TryRecvError::Empty) => return true,
                Err(mpsc::TryRecvError::Closed) => None,
            };
        }
        false
    }

    /// Writes the entries that Redis does not have yet, and checks whether Stop was requested.
    async fn write(&mut self) {
        let now = clock::now();
        if self.redis.is_none() {
            if now.0 - self.tried_at.0 < RETRY {
                return;
            }
            self.tried_at = now;
            self.redis = within(REDIS_LIMIT, Redis::open()).await.and_then(Result::ok);
        }
        if self.is_stale {
            self.is_stale = !self.remove().await;
        }
        match self.add().await {
            Some(-1) => {
                // Redis lost the stream: write all again.
                self.kept = 0;
                self.remove().await;
                if self.add().await.is_some_and(|n| n >= 0) {
                    self.kept = self.entries.len();
                }
            }
            Some(stop) => {
                self.kept = self.entries.len();
                if stop > 0 {
                    self.stop(StopReason::Stop);
                }
            }
            None => self.redis = None,
        }
    }

    /// Removes the stream; false if Redis does not answer.
    async fn remove(&self) -> bool {
        let (Some(redis), Ok(stream)) = (&self.redis, stream_key(&self.cx, self.message)) else {
            return false;
        };
        let removed = within(REDIS_LIMIT, redis.command("DEL", &[stream.as_bytes()])).await;
        removed.is_some_and(|reply| reply.is_ok())
    }

    /// The script's reply; None if Redis does not answer.
    async fn add(&self) -> Option<i64> {
        let redis = self.redis.as_ref()?;
        let (stream, stop) =
            (stream_key(&self.cx, self.message).ok()?, stop_key(&self.cx, self.message).ok()?);
        let kept = self.kept.to_string();
        let mut args: Vec<&[u8]> = vec![KEPT_SECONDS.as_bytes(), kept.as_bytes()];
        for (id, data) in self.entries.get(self.kept..)? {
            args.extend([id.as_bytes(), data.as_bytes()]);
        }
        let keys = [stream.as_str(), stop.as_str()];
        match within(REDIS_LIMIT, redis.call("tessera_append_answer", &keys, &args))
            .await?
            .ok()?
            .first()?
        {
            Reply::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// Sends a heartbeat to the row with the text so far, and checks whether the answer is still
    /// wanted and allowed.
    async fn heartbeat(&mut self) {
        let now = clock::now();
        let every = if self.redis.is_some() { HEARTBEAT } else { RETRY };
        if now.0 - self.heartbeat_at.0 < every {
            return;
        }
        self.heartbeat_at = now;
        let outcome =
            running::heartbeat(&self.cx, self.message, &self.content, self.credential).await;
        let access = ask::askable(&self.cx, self.assistant).await;
        self.cx.db.release().await;
        if access.is_err_and(|problem| matches!(problem.kind(), Kind::NotFound | Kind::Forbidden)) {
            self.stop(StopReason::Lost);
        }
        match outcome {
            Ok(HeartbeatOutcome::StopAsked) => self.stop(StopReason::Stop),
            Ok(HeartbeatOutcome::Ended) => self.stop(StopReason::Lost),
            Ok(HeartbeatOutcome::Gone) => self.stop(StopReason::Gone),
            // A database outage: the answer continues, and the write of its end is retried.
            Ok(HeartbeatOutcome::Wanted) | Err(_) => {}
        }
    }

    fn stop(&self, reason: StopReason) {
        let _ = self.stop.unbounded_send(reason);
    }
}
