//! Waiting for a wake by way of Redis.

use std::time::Duration;

use platform::redis::{Redis, Reply};

/// Without Redis there is no wake; the pause before the next attempt to connect.
const REDIS_RETRY: Duration = Duration::from_secs(1);

/// A connection of its own, because a waiting command blocks it.
pub(crate) struct Waker {
    list: &'static str,
    redis: Option<Redis>,
}

impl Waker {
    /// Waits on this list.
    pub(crate) fn new(list: &'static str) -> Self {
        Self { list, redis: None }
    }

    /// Waits for a wake, at most `at_most`; returns whether there was one.
    pub(crate) async fn wait(&mut self, at_most: Duration) -> bool {
        let woken = async {
            let redis = match self.redis.take() {
                Some(redis) => redis,
                None => Redis::open().await?,
            };
            let seconds = format!("{:.3}", at_most.as_secs_f64());
            let reply = redis.command("BLPOP", &[self.list.as_bytes(), seconds.as_bytes()]).await?;
            self.redis = Some(redis);
            Ok::<_, kernel::Problem>(!matches!(reply.as_slice(), [] | [Reply::Nil]))
        };
        // A Redis that hangs must not keep the worker from polling.
        match tokio::time::timeout(at_most + REDIS_RETRY, woken).await {
            Ok(Ok(woken)) => return woken,
            Ok(Err(_)) => tokio::time::sleep(at_most.min(REDIS_RETRY)).await,
            Err(_) => self.redis = None,
        }
        false
    }
}
