//! Channels as streams of the component model.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use wasmtime::component::{Destination, StreamProducer, StreamResult, VecBuffer};
use wasmtime::{Result, StoreContextMut};

/// Sends items to the guest, all that are available at a time.
pub(crate) struct ChannelProducer<T>(pub(crate) mpsc::Receiver<T>);

impl<D, T: Send + Sync + 'static> StreamProducer<D> for ChannelProducer<T> {
    type Item = T;
    type Buffer = VecBuffer<T>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, T, VecBuffer<T>>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        let room = match destination.remaining(store) {
            Some(0) => return Poll::Ready(Ok(StreamResult::Completed)),
            room => room.unwrap_or(1),
        };
        let receiver = &mut self.get_mut().0;
        let first = match receiver.poll_recv(cx) {
            Poll::Ready(Some(item)) => item,
            Poll::Ready(None) => return Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => return Poll::Pending,
        };
        let mut items = vec![first];
        while items.len() < room
            && let Ok(item) = receiver.try_recv()
        {
            items.push(item);
        }
        destination.set_buffer(items.into());
        // Reporting the end at once saves the guest an empty call.
        let is_last = receiver.is_closed() && receiver.is_empty();
        Poll::Ready(Ok(if is_last { StreamResult::Dropped } else { StreamResult::Completed }))
    }
}
