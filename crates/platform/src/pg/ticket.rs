//! Tickets: proofs of tenant and actor that the database issues for a valid credential, and trusts
//! (`docs/adr/0014-tenant-tickets.md`).

use std::sync::{Arc, Mutex, PoisonError};

use kernel::id::TenantId;

use super::{Row, Source};

/// Names the tenant and actor of a connection, with an HMAC that only the database can make. It is
/// valid for one database role, for two hours.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    text: String,
    /// The tenant's namespace in Redis keys; an entrance that was found before a credential was
    /// checked has none.
    redis_namespace: Option<String>,
}

impl Ticket {
    /// A ticket as the database issued it.
    #[must_use]
    pub fn new(text: String, redis_namespace: Option<String>) -> Self {
        Self { text, redis_namespace }
    }

    /// Reads the columns `ticket` and `redis_namespace`; None if the row has no ticket.
    pub(super) fn read(row: &Row) -> Option<Self> {
        let text = row.get::<Option<String>>("ticket").ok()??;
        Some(Self { text, redis_namespace: row.get("redis_namespace").ok()? })
    }

    /// The text, for work that another request continues; a secret.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn redis_namespace(&self) -> Option<&str> {
        self.redis_namespace.as_deref()
    }
}

/// A secret: never in a log.
impl std::fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ticket")
    }
}

/// How a connection enters its tenant.
#[derive(Clone, Copy)]
pub(crate) enum Entrance {
    /// With the ticket of a credential, or one that a look-up on the same source found.
    Found,
    /// As the worker, which may enter every tenant.
    Worker,
}

/// The anonymous tickets that look-ups found before there was a credential. They belong to a
/// [`super::Source`], which lives as long as a request in a component.
#[derive(Clone, Default)]
pub(crate) struct Entrances(Arc<Mutex<Vec<(TenantId, Ticket)>>>);

/// A look-up finds ten tenants at most.
const MOST: usize = 32;

impl Entrances {
    /// Stores the columns `tenant_id` and `entrance`, if the rows have them.
    pub(super) fn keep(&self, rows: &[Row]) {
        let found = rows.iter().filter_map(|row| {
            let text = row.get::<Option<String>>("entrance").ok()??;
            Some((row.get("tenant_id").ok()?, Ticket::new(text, None)))
        });
        found.for_each(|(tenant, ticket)| self.insert(tenant, ticket));
    }

    fn insert(&self, tenant: TenantId, ticket: Ticket) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != tenant);
        kept.push((tenant, ticket));
        if kept.len() > MOST {
            kept.remove(0);
        }
    }

    /// The ticket for a tenant.
    pub(super) fn of(&self, tenant: TenantId) -> Option<Ticket> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| *known == tenant).map(|(_, ticket)| ticket.clone())
    }
}

impl Source {
    /// The entrance to a tenant that a look-up on this source found.
    #[must_use]
    pub fn entrance(&self, tenant: TenantId) -> Option<Ticket> {
        self.entrances().of(tenant)
    }

    /// Continues with the entrance that an earlier request found.
    pub fn take_up(&self, tenant: TenantId, entrance: Ticket) {
        self.entrances().insert(tenant, entrance);
    }
}
