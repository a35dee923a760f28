//! Response bodies: the host's own, or a guest's with its permit and its closing event.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wasmtime_wasi_http::{Error as HttpError, WasiBody};

use crate::access_log::AccessEntry;
use crate::admission::Permit;
use crate::compress::CompressedBody;
use crate::connection::RequestInFlight;
use crate::exchange::ComponentBody;
use crate::instance::RequestState;
use crate::slow_client;

/// The last event of an event stream at shutdown. The blank lines end a line or event that the
/// guest may have begun.
const SHUTDOWN_EVENT: &[u8] =
    b"\n\nevent: shutdown\ndata: {\"reason\":\"the server is shutting down\"}\n\n";

/// The largest frame given to a connection, in bytes: it then asks for the next while a slow client
/// reads.
const FRAME_BYTES: usize = 128 << 10;

/// A response body.
pub(crate) enum HostBody {
    /// Complete; `None` once taken.
    Full(Option<Bytes>),
    /// Streamed by a guest.
    Guest(GuestBody),
    /// A compressed one.
    Compressed(Box<CompressedBody>),
}

/// A response body in its connection: until it is dropped, the connection is in use.
pub(crate) struct SentBody {
    body: HostBody,
    /// Logged when the body is dropped.
    entry: Option<AccessEntry>,
    _in_flight: RequestInFlight,
}

impl SentBody {
    pub(crate) fn new(
        body: HostBody,
        in_flight: RequestInFlight,
        entry: Option<AccessEntry>,
    ) -> Self {
        Self { body, entry, _in_flight: in_flight }
    }
}

impl Body for SentBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let (Some(entry), Poll::Ready(ready)) = (&mut self.entry, &polled) {
            match ready {
                Some(Ok(frame)) => entry.sent(frame.data_ref().map_or(0, Bytes::len)),
                Some(Err(_)) => {}
                None => entry.complete(),
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for SentBody {
    fn drop(&mut self) {
        // A connection does not ask again once it knows that nothing comes.
        if let Some(entry) = self.entry.as_mut().filter(|_| self.body.is_end_stream()) {
            entry.complete();
        }
    }
}

/// A guest's body.
pub(crate) struct GuestBody {
    /// `None` if all of it is in `rest`.
    body: Option<WasiBody>,
    /// The part of the guest's last frame that the connection has not taken yet.
    rest: Bytes,
    /// Held as long as the response: until then its CPU time counts for the request.
    state: Arc<RequestState>,
    events: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ended: bool,
    _permit: Permit,
}

impl HostBody {
    /// `body` with the permit that is released when it ends. `drain` is set for event streams.
    pub(crate) fn guest(
        body: ComponentBody,
        state: Arc<RequestState>,
        permit: Permit,
        drain: Option<CancellationToken>,
    ) -> Self {
        let events = drain.map(|token| Box::pin(token.cancelled_owned()));
        // Waiting for the client starts with the head, as with a frame.
        slow_client::write_pending();
        let (body, rest) = match body {
            ComponentBody::Streamed(body) => (Some(body), Bytes::new()),
            ComponentBody::Whole(bytes) => {
                state.add_body_bytes(bytes.len());
                (None, bytes)
            }
        };
        Self::Guest(GuestBody { ended: body.is_none(), body, rest, state, events, _permit: permit })
    }
}

impl From<Bytes> for HostBody {
    fn from(bytes: Bytes) -> Self {
        Self::Full((!bytes.is_empty()).then_some(bytes))
    }
}

impl Body for HostBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        match self.get_mut() {
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Guest(guest) => guest.poll_limited(cx),
            Self::Compressed(body) => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_none(),
            Self::Guest(guest) => {
                let body_ended = guest.body.as_ref().is_none_or(Body::is_end_stream);
                guest.rest.is_empty() && (guest.ended || body_ended)
            }
            Self::Compressed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            // Called only before the first frame.
            Self::Guest(guest) => guest
                .body
                .as_ref()
                .map_or_else(|| SizeHint::with_exact(guest.rest.len() as u64), Body::size_hint),
            Self::Compressed(_) => SizeHint::default(),
        }
    }
}

impl GuestBody {
    fn poll_limited(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        slow_client::written();
        if self.rest.is_empty() {
            match self.poll_guest(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        self.state.add_body_bytes(data.len());
                        self.rest = data;
                    }
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return other,
            }
        } else if let Some(meter) = self.state.meter() {
            meter.touch();
        }
        let data = if self.rest.len() > FRAME_BYTES {
            self.rest.split_to(FRAME_BYTES)
        } else {
            std::mem::take(&mut self.rest)
        };
        slow_client::write_pending();
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn poll_guest(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let Some(body) = self.body.as_mut().filter(|_| !self.ended) else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(cx);
        if polled.is_ready() {
            if let Some(meter) = self.state.meter() {
                meter.touch();
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
        slow_client::written();
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Full};

    use super::*;

    #[tokio::test]
    async fn a_large_frame_of_a_guest_is_split_and_complete() {
        let given: Vec<u8> = (0..=4 * FRAME_BYTES).map(|n| n.to_le_bytes()[1]).collect();
        let guest =
            Full::new(Bytes::from(given.clone())).map_err(|never| match never {}).boxed_unsync();
        let permit = crate::admission::Admission::unlimited().admit_host_call(0).await.unwrap();
        let mut body = HostBody::guest(
            ComponentBody::Streamed(guest),
            RequestState::new("a-test-request".parse().unwrap(), telemetry::TraceContext::root()),
            permit,
            None,
        );
        let mut got = Vec::new();
        while let Some(frame) = body.frame().await {
            let data = frame.unwrap().into_data().unwrap();
            assert!(data.len() <= FRAME_BYTES, "{}", data.len());
            got.extend_from_slice(&data);
            assert_eq!(body.is_end_stream(), got.len() == given.len(), "after {} bytes", got.len());
        }
        assert!(got == given);
    }
}
