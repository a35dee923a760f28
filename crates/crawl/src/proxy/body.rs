//! A response on its way through the proxy: each byte is counted.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::Shared;
use crate::fetch::connect::Connection;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response; none where the proxy itself responds.
pub(super) enum ProxyBody {
    None,
    /// With the connection that it comes over, which lives as long.
    Passed {
        body: Incoming,
        _over: Connection,
        shared: Arc<Shared>,
    },
}

impl Body for ProxyBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self::Passed { body, shared, .. } = self.get_mut() else { return Poll::Ready(None) };
        let Some(frame) = ready!(Pin::new(body).poll_frame(cx)) else {
            return Poll::Ready(None);
        };
        let bytes = frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, Bytes::len);
        if !shared.spend(bytes) {
            return Poll::Ready(Some(Err("the page has cost as many bytes as it may".into())));
        }
        Poll::Ready(Some(frame.map_err(BoxError::from)))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::None => true,
            Self::Passed { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::None => SizeHint::with_exact(0),
            Self::Passed { body, .. } => body.size_hint(),
        }
    }
}
