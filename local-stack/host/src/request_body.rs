//! Request bodies for the guest: the part that was read early, then the rest as it arrives, within
//! its timeout.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};
use wasmtime_wasi_http::Error as HttpError;

use crate::instance::RequestState;
use crate::small_body::{BodyReservation, EarlyBody};

/// Bytes of an unwanted body that are read and discarded: a reset connection would cost a client
/// that is still sending its response.
const UNWANTED_BYTES: usize = 64 << 20;
const UNWANTED_TIME: Duration = Duration::from_secs(10);

/// A client that sends nothing for this long is gone, even if the complete body may take longer.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A request body that restarts the clocks of the request when it arrives, and fails when it is
/// late. Otherwise a client that sends a byte now and then would hold its permit without end.
pub(crate) struct MeteredRequestBody {
    early: VecDeque<Frame<Bytes>>,
    _reservation: Option<BodyReservation>,
    body: Option<Incoming>,
    state: Arc<RequestState>,
    deadline: Instant,
    /// Runs while the guest waits for the client.
    clock: Option<Pin<Box<Sleep>>>,
    late: bool,
}

impl MeteredRequestBody {
    /// `body` must be complete by `deadline`.
    pub(crate) fn new(body: EarlyBody, state: Arc<RequestState>, deadline: Instant) -> Self {
        let EarlyBody { frames, rest, reservation } = body;
        Self {
            early: frames,
            _reservation: reservation,
            body: rest,
            state,
            deadline,
            clock: None,
            late: false,
        }
    }

    /// Whether the guest has waited too long for the client.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let end = self.deadline.min(Instant::now() + READ_TIMEOUT);
        let clock = self.clock.get_or_insert_with(|| Box::pin(sleep_until(end)));
        self.late = clock.as_mut().poll(cx).is_ready();
        self.late
    }
}

impl Drop for MeteredRequestBody {
    fn drop(&mut self) {
        let unwanted = self.body.take().filter(|body| !body.is_end_stream());
        if let (Some(body), Ok(runtime)) = (unwanted, tokio::runtime::Handle::try_current()) {
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

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let this = &mut *self;
        if let Some(frame) = this.early.pop_front() {
            this.state.touch();
            this.state.add_body_bytes(frame.data_ref().map_or(0, Bytes::len));
            return Poll::Ready(Some(Ok(frame)));
        }
        let Some(body) = this.body.as_mut().filter(|_| !this.late) else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(cx);
        if polled.is_ready() {
            this.clock = None;
            this.state.touch();
            if let Poll::Ready(Some(Ok(frame))) = &polled {
                this.state.add_body_bytes(frame.data_ref().map_or(0, Bytes::len));
            }
        } else if this.is_late(cx) {
            return Poll::Ready(Some(Err(HttpError::ConnectionReadTimeout)));
        }
        polled.map(|frame| frame.map(|frame| frame.map_err(HttpError::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.early.is_empty() && self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let early: usize = self.early.iter().filter_map(Frame::data_ref).map(Bytes::len).sum();
        let rest = self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + early as u64);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + early as u64);
        }
        hint
    }
}
