//! Stopping an answer, on any instance.

use std::time::Duration;

use kernel::{
    Result,
    id::{self, MessageId},
};
use models::within;
use platform::Cx;
use platform::redis::Redis;

use crate::{
    journal,
    store::{messages, running},
};

/// Timeout of Redis; without Redis the row delivers the stop, a little later.
const REDIS_LIMIT: Duration = Duration::from_secs(1);

/// Requests an answer to stop; its text so far is kept. A settled answer stays unchanged.
///
/// # Errors
/// `not_found` if it is not an answer in one of the caller's own conversations.
pub async fn stop_message(cx: &Cx, message: MessageId) -> Result<()> {
    let found = messages::answer(cx, message).await?.ok_or_else(|| id::not_found("message"))?;
    if found.status.is_settled() {
        return Ok(());
    }
    running::ask_stop(cx, message).await?;
    let key = journal::stop_key(cx, message)?;
    let set_key = async {
        let redis = Redis::open().await?;
        redis.command("SET", &[key.as_bytes(), b"1", b"EX", b"600"]).await
    };
    // The row is authoritative; Redis only makes it fast.
    let _ = within(REDIS_LIMIT, set_key).await;
    Ok(())
}
