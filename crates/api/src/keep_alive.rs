//! A stream that lives while nothing is written: a comment every 15 seconds, and an end soon after
//! the client has gone.

use std::{pin::pin, time::Duration};

use futures::future::{Either, select};
use platform::{serve::Writer, task};

use crate::sse;

/// Seconds between two looks whether the client is there.
const LOOK_SECONDS: u64 = 1;

/// Runs work to its end; None if the client has gone, and the work was dropped.
pub async fn kept_alive<T>(writer: &mut Writer, work: impl Future<Output = T>) -> Option<T> {
    looking_every(|| task::sleep(Duration::from_secs(LOOK_SECONDS)), writer, work).await
}

/// The same with a clock of the caller's: `second` lasts [`LOOK_SECONDS`].
async fn looking_every<T, S: Future<Output = ()>>(
    mut second: impl FnMut() -> S,
    writer: &mut Writer,
    work: impl Future<Output = T>,
) -> Option<T> {
    let (mut work, mut silent) = (pin!(work), 0);
    loop {
        match select(work.as_mut(), pin!(second())).await {
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
    use std::{cell::Cell, task::Poll};

    use super::*;
    use futures::future::{join, pending, poll_fn};
    use http_body_util::BodyExt as _;
    use platform::serve;

    #[tokio::test]
    async fn a_comment_goes_out_every_fifteen_seconds_of_silence() {
        let (mut writer, body) = serve::streaming();
        let seconds = Cell::new(0);
        let second = || {
            seconds.set(seconds.get() + 1);
            tokio::task::yield_now()
        };
        let sixteen_minutes =
            poll_fn(|_| if seconds.get() < 16 * 60 { Poll::Pending } else { Poll::Ready(()) });
        let work = async {
            let done = looking_every(second, &mut writer, sixteen_minutes).await;
            drop(writer);
            done
        };
        let (done, written) = join(work, body.collect()).await;
        assert_eq!(done, Some(()));
        assert_eq!(written.unwrap().to_bytes(), sse::PING.repeat(63).as_bytes());
    }

    #[tokio::test]
    async fn work_ends_at_the_first_look_after_the_client_has_gone() {
        let (mut writer, body) = serve::streaming();
        drop(body);
        let looks = Cell::new(0);
        let second = || {
            looks.set(looks.get() + 1);
            tokio::task::yield_now()
        };
        assert_eq!(looking_every(second, &mut writer, pending::<()>()).await, None);
        assert_eq!(looks.get(), 1);
    }
}
