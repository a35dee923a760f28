//! Response bodies on their way to the client: host-made, or a guest's with its permit and its closing event.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wasmtime_wasi_http::{Error as HttpError, WasiBody};

use crate::admission::Permit;
use crate::compress::CompressedBody;
use crate::connection::InWork;
use crate::instance::RequestMark;
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
    /// One of these, compressed.
    Compressed(Box<CompressedBody>),
}

/// A response body as its connection has it: until it is dropped, the connection is in use.
pub(crate) struct SentBody {
    body: HostBody,
    _in_work: InWork,
}

impl SentBody {
    pub(crate) fn new(body: HostBody, in_work: InWork) -> Self {
        Self { body, _in_work: in_work }
    }
}

impl Body for SentBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A guest's body.
pub(crate) struct GuestBody {
    body: WasiBody,
    /// What the connection has not got yet of what the guest has given.
    rest: Bytes,
    /// Held as long as the answer: its CPU time is the request's until then.
    mark: Arc<RequestMark>,
    events: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ended: bool,
    _permit: Permit,
}

impl HostBody {
    /// `body` with the permit that is freed when it ends. `drain` is given for event streams.
    pub(crate) fn guest(
        body: WasiBody,
        mark: Arc<RequestMark>,
        permit: Permit,
        drain: Option<CancellationToken>,
    ) -> Self {
        let events = drain.map(|token| Box::pin(token.cancelled_owned()));
        // the head stands before the first piece, and waits for the client as one
        unread::offered();
        Self::Guest(GuestBody { body, rest: Bytes::new(), mark, events, ended: false, _permit: permit })
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
            Self::Compressed(body) => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Guest(guest) => guest.rest.is_empty() && (guest.ended || guest.body.is_end_stream()),
            Self::Compressed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Guest(guest) if guest.rest.is_empty() => guest.body.size_hint(),
            // asked before the first piece only
            Self::Guest(_) | Self::Compressed(_) => SizeHint::default(),
        }
    }
}

impl GuestBody {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        unread::taken();
        if self.rest.is_empty() {
            match self.poll(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        self.mark.moved_bytes(data.len());
                        self.rest = data;
                    }
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return other,
            }
        } else if let Some(meter) = self.mark.meter() {
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
            if let Some(meter) = self.mark.meter() {
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

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Full};

    use super::*;

    #[tokio::test]
    async fn a_large_piece_of_a_guest_leaves_in_small_ones_and_whole() {
        let given: Vec<u8> = (0..=4 * PIECE).map(|n| n.to_le_bytes()[1]).collect();
        let guest = Full::new(Bytes::from(given.clone())).map_err(|never| match never {}).boxed_unsync();
        let permit = crate::admission::Admission::unlimited().admit_inside(0).await.unwrap();
        let mut body = HostBody::guest(guest, RequestMark::new("a-test-request".parse().unwrap()), permit, None);
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
