//! `GET /api/v1/events`: what happens to jobs and documents of the caller's spaces, as it happens.

use std::collections::HashSet;

use api::{Call, Response, sse};
use identity::Credential;
use kernel::{Code, Problem, Result, id::SpaceId};
use platform::{
    Cx, Origin, clock,
    pg::Source,
    redis::{Entry, Redis},
    serve::{self, Writer},
    task,
};
use serde_json::Value;

/// How long one read waits; also how often the session and the spaces are checked again.
const CHECK_MILLIS: u32 = 4_000;
/// Entries of one read.
const BATCH: u32 = 200;

struct Stream {
    credential: Credential,
    origin: Origin,
    name: String,
    after: String,
    spaces: HashSet<String>,
}

pub(crate) async fn stream_events(mut call: Call) -> Result<Response> {
    let after = match call.header("last-event-id") {
        Some(id) if sse::is_event_id(id) => id.to_owned(),
        Some(_) => {
            return Err(Problem::new(Code::InvalidHeader, "last-event-id: expected the id of an event of this stream"));
        }
        None => "$".to_owned(),
    };
    let (credential, origin) = (call.credential()?.clone(), call.origin());
    let cx = call.take_cx()?;
    let tenant = cx.tenant()?;
    let spaces = member_of(&cx).await?;
    cx.db.release().await;
    let redis = Redis::open().await?;
    // `$` means "from now on" for one read only; a fixed id misses nothing between two reads.
    let after = if after == "$" { format!("{}-0", clock::now().0 / 1_000) } else { after };
    let name = jobs::events::stream(tenant);
    let stream = Stream { credential, origin, name, after, spaces };
    let (writer, body) = serve::streaming();
    task::spawn(follow(stream, redis, writer));
    api::event_stream(body)
}

async fn member_of(cx: &Cx) -> Result<HashSet<String>> {
    Ok(spaces::of_user(cx).await?.into_iter().map(|space: SpaceId| space.to_string()).collect())
}

/// Ends when the client has gone, the session has ended, or Redis does not answer; the browser then connects again with its last id.
async fn follow(mut stream: Stream, redis: Redis, mut writer: Writer) {
    if !writer.write(sse::PING).await {
        return;
    }
    let (mut checked, mut written) = (clock::now(), clock::now());
    loop {
        let Ok(entries) = redis.read_after(&stream.name, &stream.after, BATCH, CHECK_MILLIS).await else { return };
        if clock::now() >= checked.plus_seconds(i64::from(CHECK_MILLIS) / 1_000) {
            checked = clock::now();
            if stream.check().await.is_err() {
                return;
            }
        }
        for entry in entries {
            if let Some(event) = stream.pass(&entry) {
                written = clock::now();
                if !writer.write(event).await {
                    return;
                }
            }
            stream.after = entry.id;
        }
        if clock::now() >= written.plus_seconds(sse::PING_SECONDS.cast_signed()) {
            written = clock::now();
            if !writer.write(sse::PING).await {
                return;
            }
        }
    }
}

impl Stream {
    /// The session still lives, and these are its spaces now.
    async fn check(&mut self) -> Result<()> {
        let (cx, _) = identity::open(Source::from_config().await?, &self.credential, self.origin.clone()).await?;
        self.spaces = member_of(&cx).await?;
        Ok(())
    }

    /// The event for the client, where it is of one of the caller's spaces. The space itself is not told.
    fn pass(&self, entry: &Entry) -> Option<String> {
        let mut event: Value = serde_json::from_str(&entry.data).ok()?;
        let space = event.as_object_mut()?.remove("space_id")?;
        self.spaces.contains(space.as_str()?).then(|| sse::event(&entry.id, &event.to_string()))
    }
}
