//! `GET /api/v1/events`: changes of jobs and documents of the caller's spaces, as they happen.

use std::{collections::HashSet, pin::pin, time::Duration};

use api::{Call, EventStream, Reply, Watch, kind, sse};
use futures::future::{Either, select};
use kernel::{Code, Problem, Result, id::SpaceId};
use platform::{
    Cx, clock,
    concurrency::ConcurrencyPermit,
    redis::{Entry, Redis},
    serve::{self, Writer},
    task,
};
use serde_json::Value;

use crate::{event::EventBody, permit::STREAMS};

/// How long one read waits; also how often the client, its permit, the session and the spaces are
/// looked at again.
const CHECK_MILLIS: u32 = 4_000;
/// Entries of one read.
const BATCH: u32 = 200;

struct Stream {
    watch: Watch,
    name: String,
    after: String,
    spaces: HashSet<String>,
    permit: ConcurrencyPermit,
}

pub(crate) async fn stream_events(
    mut call: Call,
) -> Result<Reply<kind::Resumable<EventStream<EventBody>>>> {
    let after = match call.header("last-event-id") {
        Some(id) if sse::is_event_id(id) => id.to_owned(),
        Some(_) => {
            return Err(Problem::new(
                Code::InvalidHeader,
                "last-event-id: expected the id of an event of this stream",
            ));
        }
        None => "$".to_owned(),
    };
    let watch = Watch::of(&call)?;
    let cx = call.take_cx()?;
    let (namespace, user) = (cx.redis_namespace()?.to_owned(), cx.user()?);
    let spaces = member_of(&cx).await?;
    cx.db.release().await;
    let redis = Redis::open().await?;
    let permit = ConcurrencyPermit::take(&redis, &STREAMS, &namespace, user).await?;
    // `$` means "from now on" for one read only; with a fixed id no event is lost between two
    // reads.
    let after = if after == "$" { format!("{}-0", clock::now().0 / 1_000) } else { after };
    let name = queue::events::stream(&namespace);
    let stream = Stream { watch, name, after, spaces, permit };
    let (writer, body) = serve::streaming();
    task::spawn(follow(stream, redis, writer));
    api::event_stream::<EventBody>(body).map(Reply::into_kind)
}

async fn member_of(cx: &Cx) -> Result<HashSet<String>> {
    Ok(spaces::of_user(cx).await?.into_iter().map(|space: SpaceId| space.to_string()).collect())
}

async fn follow(mut stream: Stream, redis: Redis, mut writer: Writer) {
    stream.pass_on(&redis, &mut writer).await;
    stream.permit.leave(&redis).await;
}

impl Stream {
    /// Ends when the client has gone, the session has ended, or Redis does not answer; the browser
    /// then connects again with its last id.
    async fn pass_on(&mut self, redis: &Redis, writer: &mut Writer) {
        let mut checked = clock::now();
        if !self.write(redis, writer, sse::PING.to_owned()).await {
            return;
        }
        loop {
            let Ok(entries) = redis.read_after(&self.name, &self.after, BATCH, CHECK_MILLIS).await
            else {
                return;
            };
            if clock::now() >= checked.plus_seconds(i64::from(CHECK_MILLIS) / 1_000) {
                checked = clock::now();
                // Written each time: only a write reveals that the client has gone, which frees the
                // permit for another stream.
                if self.is_lost(redis).await
                    || !self.write(redis, writer, sse::PING.to_owned()).await
                {
                    return;
                }
            }
            for entry in entries {
                if let Some(event) = self.pass(&entry)
                    && !self.write(redis, writer, event).await
                {
                    return;
                }
                self.after = entry.id;
            }
        }
    }

    /// Writes a frame. The permit of a client that does not read is kept and checked like any
    /// other.
    async fn write(&mut self, redis: &Redis, writer: &mut Writer, piece: String) -> bool {
        let mut writing = pin!(writer.write(piece));
        loop {
            let time = Duration::from_millis(u64::from(CHECK_MILLIS));
            match select(writing, pin!(task::sleep(time))).await {
                Either::Left((written, _)) => return written,
                Either::Right(((), still)) => writing = still,
            }
            if self.is_lost(redis).await {
                return false;
            }
        }
    }

    /// Whether the permit is someone else's, or the session has ended. Where neither, these are
    /// its spaces now; while the database does not answer, they are what they were.
    async fn is_lost(&mut self, redis: &Redis) -> bool {
        if self.permit.renew(redis).await.is_err() {
            return true;
        }
        let Ok(opened) = self.watch.look().await else { return true };
        if let Some(cx) = opened
            && let Ok(spaces) = member_of(&cx).await
        {
            self.spaces = spaces;
        }
        false
    }

    /// The event for the client, where it is of one of the caller's spaces. The space itself is not
    /// told.
    fn pass(&self, entry: &Entry) -> Option<String> {
        let mut event: Value = serde_json::from_str(&entry.data).ok()?;
        let space = event.as_object_mut()?.remove("space_id")?;
        self.spaces.contains(space.as_str()?).then(|| sse::event(&entry.id, &event.to_string()))
    }
}
