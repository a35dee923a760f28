//! The memory of one worker's crawls: bodies of all runs share it, and no tenant can take all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use crawl::BodyBudget;
use kernel::id::TenantId;
use tokio::sync::Semaphore;

/// Bytes of bodies at the same time, of all runs and of one tenant.
const ALL: u32 = 256 << 20;
const SHARE: u32 = 128 << 20;
/// Sitemaps that are unpacked and read at the same time: each takes a few times its size.
const SITEMAPS: usize = 2;

/// What the crawls of a worker share.
pub(crate) struct CrawlMemory {
    all: BodyBudget,
    tenants: Mutex<HashMap<TenantId, Weak<BodyBudget>>>,
    pub(super) sitemaps: Arc<Semaphore>,
}

impl Default for CrawlMemory {
    fn default() -> Self {
        Self {
            all: BodyBudget::new(ALL, SHARE),
            tenants: Mutex::default(),
            sitemaps: Arc::new(Semaphore::new(SITEMAPS)),
        }
    }
}

impl CrawlMemory {
    /// The budget of a tenant: the same for all its runs, as long as one of them has it.
    pub(super) fn of(&self, tenant: TenantId) -> Arc<BodyBudget> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.retain(|_, budget| budget.strong_count() > 0);
        if let Some(budget) = tenants.get(&tenant).and_then(Weak::upgrade) {
            return budget;
        }
        let budget = Arc::new(self.all.for_new_owner());
        tenants.insert(tenant, Arc::downgrade(&budget));
        budget
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_tenant_share_its_budget() {
        let crawl_memory = CrawlMemory::default();
        let tenant = |n| TenantId(uuid::Uuid::from_u128(n));
        let (first, other) = (crawl_memory.of(tenant(1)), crawl_memory.of(tenant(2)));
        assert!(Arc::ptr_eq(&first, &crawl_memory.of(tenant(1))) && !Arc::ptr_eq(&first, &other));
        assert_eq!(first.free(), SHARE as usize);
        drop(other);
        crawl_memory.of(tenant(1));
        assert_eq!(crawl_memory.tenants.lock().unwrap().len(), 1);
    }
}
