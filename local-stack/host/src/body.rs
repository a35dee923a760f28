//! Response bodies on their way to the client: host-made, or a guest's with its place in the queue and its closing event.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wasmtime_wasi_http::{Error as HttpError, WasiBody};

use crate::instance::{Meter, RequestMark};
use crate::unread;

/// The last event of an event stream that a shutdown ends. The blank lines close whatever the guest had begun.
const SHUTDOWN_EVENT: &[u8] = b"\n\nevent: shutdown\ndata: {\"reason\":\"the server is shutting down\"}\n\n";

/// The connection gets no more at once, so that it comes for the next piece while a slow client reads.
const PIECE: usize = 128 << 10;

/// A response body.
pub(crate) enum HostBody {
    /// In one piece; `None` once taken.
    Whole(Option<Bytes>),
    /// Streamed by a guest.
    Guest(GuestBody),
}

/// A guest's body.
pub(crate) struct GuestBody {
    body: WasiBody,
    /// What the connection has not got yet of what the guest has given.
    rest: Bytes,
    meter: Option<Arc<Meter>>,
    events: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ended: bool,
    _permit: OwnedSemaphorePermit,
}

impl HostBody {
    /// `body` with the permit that is freed when it ends. `drain` is given for event streams.
    pub(crate) fn guest(
        body: WasiBody,
        meter: Option<Arc<Meter>>,
        permit: OwnedSemaphorePermit,
        drain: Option<CancellationToken>,
    ) -> Self {
        let events = drain.map(|token| Box::pin(token.cancelled_owned()));
        // the head stands before the first piece, and waits for the client as one
        unread::offered();
        Self::Guest(GuestBody { body, rest: Bytes::new(), meter, events, ended: false, _permit: permit })
    }
}

impl From<Bytes> for HostBody {
    fn from(bytes: Bytes) -> Self {
        Self::Whole((!bytes.is_empty()).then_some(bytes))
    }
}

impl Body for HostBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Guest(guest) => guest.poll_piece(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Guest(guest) => guest.rest.is_empty() && (guest.ended || guest.body.is_end_stream()),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Guest(guest) if guest.rest.is_empty() => guest.body.size_hint(),
            // asked before the first piece only
            Self::Guest(_) => SizeHint::default(),
        }
    }
}

impl GuestBody {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        unread::taken();
        if self.rest.is_empty() {
            match self.poll(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return other,
            }
        } else if let Some(meter) = &self.meter {
            meter.made_progress();
        }
        let piece = if self.rest.len() > PIECE { self.rest.split_to(PIECE) } else { std::mem::take(&mut self.rest) };
        unread::offered();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_ready() {
            if let Some(meter) = &self.meter {
                meter.made_progress();
            }
            return polled;
        }
        if let Some(drain) = &mut self.events
            && drain.as_mut().poll(cx).is_ready()
        {
            self.ended = true;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(SHUTDOWN_EVENT)))));
        }
        Poll::Pending
    }
}

impl Drop for GuestBody {
    fn drop(&mut self) {
        unread::taken();
    }
}

/// Of a body that the guest did not want, so much is read and thrown away: a client that is still sending would lose the answer
/// to a reset connection otherwise.
const UNWANTED_BYTES: usize = 64 << 20;
const UNWANTED_TIME: Duration = Duration::from_secs(10);

/// A client that sends nothing for so long has gone, however long the component lets the whole body take.
const SILENCE: Duration = Duration::from_secs(60);

/// A request body that tells the meter when the guest reads, and breaks off where it does not come in time. The guest then ends the
/// request in its own way; a client that sends a byte now and then would keep its place for ever otherwise.
pub(crate) struct MeteredRequestBody {
    body: Option<Incoming>,
    mark: Arc<RequestMark>,
    deadline: Instant,
    /// Runs while the guest waits for the client.
    clock: Option<Pin<Box<Sleep>>>,
    late: bool,
}

impl MeteredRequestBody {
    /// All of `body` must be there within `limit` from now.
    pub(crate) fn new(body: Incoming, mark: Arc<RequestMark>, limit: Duration) -> Self {
        Self { body: Some(body), mark, deadline: Instant::now() + limit, clock: None, late: false }
    }

    /// Whether the client has let the guest wait for too long.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let end = self.deadline.min(Instant::now() + SILENCE);
        let clock = self.clock.get_or_insert_with(|| Box::pin(sleep_until(end)));
        self.late = clock.as_mut().poll(cx).is_ready();
        self.late
    }
}

impl Drop for MeteredRequestBody {
    fn drop(&mut self) {
        let unread = self.body.take().filter(|body| !body.is_end_stream());
        if let (Some(body), Ok(runtime)) = (unread, tokio::runtime::Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(UNWANTED_TIME, discard(body)));
        }
    }
}

async fn discard(mut body: Incoming) {
    let mut left = UNWANTED_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        if length > left {
            return;
        }
        left -= length;
    }
}

impl Body for MeteredRequestBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let this = &mut *self;
        let Some(body) = this.body.as_mut().filter(|_| !this.late) else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        if polled.is_ready() {
            this.clock = None;
            this.mark.made_progress();
        } else if this.is_late(cx) {
            return Poll::Ready(Some(Err(HttpError::ConnectionReadTimeout)));
        }
        polled.map(|frame| frame.map(|frame| frame.map_err(HttpError::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn a_large_piece_of_a_guest_leaves_in_small_ones_and_whole() {
        let given: Vec<u8> = (0..=4 * PIECE).map(|n| n.to_le_bytes()[1]).collect();
        let guest = Full::new(Bytes::from(given.clone())).map_err(|never| match never {}).boxed_unsync();
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let mut body = HostBody::guest(guest, None, permit, None);
        let mut got = Vec::new();
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE, "{}", piece.len());
            got.extend_from_slice(&piece);
            assert_eq!(body.is_end_stream(), got.len() == given.len(), "after {} bytes", got.len());
        }
        assert!(got == given);
    }
}
