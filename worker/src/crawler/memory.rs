//! The memory of one worker's crawls: bodies of all runs share it, and no tenant can take all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use crawl::BodyRoom;
use kernel::id::TenantId;
use tokio::sync::Semaphore;

/// Bytes of bodies at the same time, of all runs and of one tenant.
const ALL: u32 = 256 << 20;
const SHARE: u32 = 128 << 20;
/// Sitemaps that are unpacked and read at the same time: each takes a few times its size.
const SITEMAPS: usize = 2;

/// What the crawls of a worker share.
pub(crate) struct Rooms {
    all: BodyRoom,
    tenants: Mutex<HashMap<TenantId, Weak<BodyRoom>>>,
    pub(super) sitemaps: Arc<Semaphore>,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            all: BodyRoom::new(ALL, SHARE),
            tenants: Mutex::default(),
            sitemaps: Arc::new(Semaphore::new(SITEMAPS)),
        }
    }
}

impl Rooms {
    /// The room of a tenant: the same for all its runs, as long as one of them has it.
    pub(super) fn of(&self, tenant: TenantId) -> Arc<BodyRoom> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.retain(|_, room| room.strong_count() > 0);
        if let Some(room) = tenants.get(&tenant).and_then(Weak::upgrade) {
            return room;
        }
        let room = Arc::new(self.all.for_another());
        tenants.insert(tenant, Arc::downgrade(&room));
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_tenant_share_its_room() {
        let rooms = Rooms::default();
        let tenant = |n| TenantId(uuid::Uuid::from_u128(n));
        let (first, other) = (rooms.of(tenant(1)), rooms.of(tenant(2)));
        assert!(Arc::ptr_eq(&first, &rooms.of(tenant(1))) && !Arc::ptr_eq(&first, &other));
        assert_eq!(first.free(), SHARE as usize);
        drop(other);
        rooms.of(tenant(1));
        assert_eq!(rooms.tenants.lock().unwrap().len(), 1);
    }
}
