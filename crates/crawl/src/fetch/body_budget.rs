//! The memory that bodies of all fetchers share.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that a body may have without a reservation: nearly every page has fewer.
pub(super) const UNRESERVED: usize = 512 << 10;

/// A memory budget for response bodies: a total, and a share of it for each owner. A body that needs
/// a reservation makes it once, before it grows, so bodies wait for each other and never in a circle.
#[derive(Clone)]
pub struct BodyBudget {
    all: Arc<Semaphore>,
    /// Of the owner; asked first.
    own: Arc<Semaphore>,
    share: u32,
}

impl BodyBudget {
    /// Room for so many bytes of all, and a first owner with a share of them.
    #[must_use]
    pub fn new(bytes: u32, share: u32) -> Self {
        let all = Arc::new(Semaphore::new(bytes as usize));
        let share = share.min(bytes);
        Self { all, own: Arc::new(Semaphore::new(share as usize)), share }
    }

    /// The same budget for another owner, with a share of its own.
    #[must_use]
    pub fn for_new_owner(&self) -> Self {
        Self { own: Arc::new(Semaphore::new(self.share as usize)), ..self.clone() }
    }

    /// Bytes that are free for this owner.
    #[must_use]
    pub fn free(&self) -> usize {
        self.own.available_permits().min(self.all.available_permits())
    }

    /// Waits until so many bytes are free. A body that is larger than the share reserves all of it.
    pub(super) async fn reserve(&self, bytes: usize) -> Reservation {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.share);
        // Never an error: nothing closes them.
        let own = self.own.clone().acquire_many_owned(bytes).await.ok();
        let all = self.all.clone().acquire_many_owned(bytes).await.ok();
        Reservation { own, all }
    }
}

/// Bytes of the budget, until this is dropped.
pub(super) struct Reservation {
    own: Option<OwnedSemaphorePermit>,
    all: Option<OwnedSemaphorePermit>,
}

impl Reservation {
    /// The bytes, with as much of the reservation as they need.
    pub(super) fn with(mut self, bytes: Vec<u8>) -> Bytes {
        for held in [&mut self.own, &mut self.all].into_iter().flatten() {
            drop(held.split(held.num_permits().saturating_sub(bytes.len())));
        }
        Bytes::from_owner(Body { bytes, _held: self })
    }
}

struct Body {
    bytes: Vec<u8>,
    _held: Reservation,
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
