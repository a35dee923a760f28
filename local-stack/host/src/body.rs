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
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wasmtime_wasi_http::{Error as HttpError, WasiBody};

use crate::instance::{Meter, RequestMark};

/// The last event of an event stream that a shutdown ends. The blank lines close whatever the guest had begun.
const SHUTDOWN_EVENT: &[u8] = b"\n\nevent: shutdown\ndata: {\"reason\":\"the server is shutting down\"}\n\n";

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
    meter: Option<Arc<Meter>>,
    events: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ended: bool,
    _permit: Option<OwnedSemaphorePermit>,
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
        Self::Guest(GuestBody { body, meter, events, ended: false, _permit: Some(permit) })
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
            Self::Guest(guest) => guest.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Guest(guest) => guest.ended || guest.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Guest(guest) => guest.body.size_hint(),
        }
    }
}

impl GuestBody {
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

/// Of a body that the guest did not want, so much is read and thrown away: a client that is still sending would lose the answer
/// to a reset connection otherwise.
const UNWANTED_BYTES: usize = 64 << 20;
const UNWANTED_TIME: Duration = Duration::from_secs(10);

/// A request body that tells the meter when the guest reads.
pub(crate) struct MeteredRequestBody {
    body: Option<Incoming>,
    mark: Arc<RequestMark>,
}

impl MeteredRequestBody {
    pub(crate) fn new(body: Incoming, mark: Arc<RequestMark>) -> Self {
        Self { body: Some(body), mark }
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
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        if polled.is_ready() {
            self.mark.made_progress();
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
