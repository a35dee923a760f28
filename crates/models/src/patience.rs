//! Waiting for something, but not for ever.

use std::{pin::pin, time::Duration};

use futures::future::{Either, select};

/// What the future gives, or nothing where it takes longer.
pub async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    match select(pin!(future), pin!(platform::task::sleep(limit))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(((), _)) => None,
    }
}
