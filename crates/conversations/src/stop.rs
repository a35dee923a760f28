//! Stopping an answer, on whichever instance it is written.

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

/// Without Redis the row says it, a little later.
const REDIS_LIMIT: Duration = Duration::from_secs(1);

/// Asks an answer to stop; its text so far is kept. An answer that is settled stays as it is.
///
/// # Errors
/// `not_found` if it is no answer in one of the caller's own conversations.
pub async fn stop_message(cx: &Cx, message: MessageId) -> Result<()> {
    let found = messages::answer(cx, message).await?.ok_or_else(|| id::not_found("message"))?;
    if found.status.is_settled() {
        return Ok(());
    }
    running::ask_stop(cx, message).await?;
    let key = journal::stop_key(cx, message)?;
    let tell = async {
        let redis = Redis::open().await?;
        redis.command("SET", &[key.as_bytes(), b"1", b"EX", b"600"]).await
    };
    // The row is the truth; Redis only makes it quick.
    let _ = within(REDIS_LIMIT, tell).await;
    Ok(())
}
