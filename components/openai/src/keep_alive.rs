//! A stream that lives while nothing is written: a comment every 15 seconds, and an end soon after the client has gone.

use std::{pin::pin, time::Duration};

use api::sse;
use futures::future::{Either, select};
use platform::{serve::Writer, task};

/// Seconds between two looks whether the client is there.
const LOOK_SECONDS: u64 = 1;

/// Runs work to its end; None if the client has gone, and the work was dropped.
pub(crate) async fn kept_alive<T>(writer: &mut Writer, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut silent) = (pin!(work), 0);
    loop {
        match select(work.as_mut(), pin!(task::sleep(Duration::from_secs(LOOK_SECONDS)))).await {
            Either::Left((done, _)) => return Some(done),
            Either::Right(((), _)) => silent += LOOK_SECONDS,
        }
        if writer.is_closed() {
            return None;
        }
        if silent >= sse::PING_SECONDS {
            silent = 0;
            if !writer.write(sse::PING).await {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use platform::serve;

    #[tokio::test(start_paused = true)]
    async fn a_comment_goes_out_every_fifteen_seconds_of_silence() {
        let (mut writer, body) = serve::streaming();
        let work = tokio::spawn(async move {
            let done = kept_alive(&mut writer, task::sleep(Duration::from_secs(16 * 60))).await;
            assert_eq!(done, Some(()));
        });
        let written = body.collect().await.unwrap().to_bytes();
        work.await.unwrap();
        assert_eq!(written, sse::PING.repeat(63).as_bytes());
    }

    #[tokio::test(start_paused = true)]
    async fn work_ends_within_a_second_after_the_client_has_gone() {
        let (mut writer, body) = serve::streaming();
        drop(body);
        let bound = Duration::from_secs(LOOK_SECONDS);
        let done = tokio::time::timeout(bound, kept_alive(&mut writer, std::future::pending::<()>())).await;
        assert_eq!(done, Ok(None));
    }
}
