//! A timeout around a future.

use std::{pin::pin, time::Duration};

use futures::future::{Either, select};

/// The output of the future; None after `limit`.
pub async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    match select(pin!(future), pin!(platform::task::sleep(limit))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(((), _)) => None,
    }
}
