//! Connections: how many there may be, in all and of one client, and how long one may stay without a request.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::time::{sleep, sleep_until};

use crate::client::{Client, TrustedProxies};
use crate::front_config::ConnectionLimits;

/// File descriptors that are kept for what is no client's connection: pools, files, outbound requests.
const RESERVED_FILES: u64 = 512;

/// The open connections.
pub(crate) struct Connections {
    total: usize,
    per_client: usize,
    proxies: TrustedProxies,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_client: HashMap<Client, usize>,
}

/// A connection's place among the open ones; dropped with it.
pub(crate) struct Slot {
    connections: Arc<Connections>,
    client: Option<Client>,
}

impl Connections {
    /// Raises the limit of open files as far as the system lets us, and stays below it.
    pub(crate) fn new(limits: &ConnectionLimits, proxies: TrustedProxies) -> Arc<Self> {
        let total = limits.total.min(files().saturating_sub(RESERVED_FILES).try_into().unwrap_or(usize::MAX)).max(64);
        if total < limits.total {
            tracing::warn!(
                target: "host::connection", total, wanted = limits.total,
                "fewer connections than configured: raise the limit of open files (ulimit -n)"
            );
        }
        Arc::new(Self { total, per_client: limits.per_client, proxies, open: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Counters only, each changed at once.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection from `peer`, if there is one. All clients of a trusted proxy share its address: it is not limited.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Slot> {
        let client = (!self.proxies.trust(peer)).then(|| Client::from(peer));
        let mut open = self.lock();
        if open.total >= self.total {
            return None;
        }
        if let Some(client) = client {
            let count = open.by_client.entry(client).or_default();
            if *count >= self.per_client {
                return None;
            }
            *count += 1;
        }
        open.total += 1;
        Some(Slot { connections: self.clone(), client })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.total = open.total.saturating_sub(1);
        if let Some(client) = self.client
            && let Some(count) = open.by_client.get_mut(&client)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.by_client.remove(&client);
            }
        }
    }
}

/// How many files this process may have open.
fn files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None: no limit. More than this is no help and slows some programs down.
    let wanted = maximum.unwrap_or(u64::MAX).min(1 << 18);
    if current.is_some_and(|current| current < wanted) {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
        return raised.map_or(current.unwrap_or(0), |()| wanted);
    }
    current.unwrap_or(u64::MAX)
}

/// What happens on one connection.
pub(crate) struct Activity {
    since: Instant,
    in_work: AtomicUsize,
    served: AtomicBool,
    /// When a request last began or ended, milliseconds after `since`.
    changed: AtomicU64,
}

/// A request of a connection, until its answer has been handed over.
pub(crate) struct InWork(Arc<Activity>);

impl Activity {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            since: Instant::now(),
            in_work: AtomicUsize::new(0),
            served: AtomicBool::new(false),
            changed: AtomicU64::new(0),
        })
    }

    /// A request has come.
    pub(crate) fn begin(self: &Arc<Self>) -> InWork {
        self.in_work.fetch_add(1, Relaxed);
        self.served.store(true, Relaxed);
        InWork(self.clone())
    }

    /// When a connection that stays without a request is to be closed; `None` while one is in work.
    fn deadline(&self, limits: &Silence) -> Option<Instant> {
        if self.in_work.load(Relaxed) > 0 {
            return None;
        }
        let limit = if self.served.load(Relaxed) { limits.idle } else { limits.first };
        Some(self.since + Duration::from_millis(self.changed.load(Relaxed)) + limit)
    }
}

impl Drop for InWork {
    fn drop(&mut self) {
        let now = u64::try_from(self.0.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.changed.store(now, Relaxed);
        self.0.in_work.fetch_sub(1, Relaxed);
    }
}

/// How long a connection may stay without a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Silence {
    /// Until the first request's head is whole.
    pub(crate) first: Duration,
    /// After the last answer.
    pub(crate) idle: Duration,
}

/// Does `work`, which serves a connection, and ends it once the connection has been without a request for too long, whatever it sent.
pub(crate) async fn closed_when_silent<T>(
    activity: &Activity,
    limits: Silence,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    loop {
        let deadline = activity.deadline(&limits);
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return None;
        }
        let pause = async {
            match deadline {
                Some(deadline) => sleep_until(deadline.into()).await,
                // Looked at again; nothing wakes this when the request ends.
                None => sleep(limits.first.min(limits.idle)).await,
            }
        };
        match select(work, pin!(pause)).await {
            Either::Left((done, _)) => return Some(done),
            Either::Right(((), unfinished)) => work = unfinished,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(total: usize, per_client: usize, proxies: &str) -> Arc<Connections> {
        let limits = ConnectionLimits { total, per_client, ..ConnectionLimits::default() };
        Connections::new(&limits, TrustedProxies::parse(proxies).unwrap())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_client_has_so_many_connections_and_a_closed_one_makes_room() {
        let all = connections(100, 2, "");
        let first = all.admit(ip("2001:db8::1")).unwrap();
        let _second = all.admit(ip("2001:db8::2")).unwrap();
        assert!(all.admit(ip("2001:db8::3")).is_none(), "the same /64");
        let _other = all.admit(ip("2001:db8:0:1::3")).unwrap();
        drop(first);
        let _again = all.admit(ip("2001:db8::3")).unwrap();
    }

    #[test]
    fn a_trusted_proxy_has_as_many_as_there_are() {
        let all = connections(100, 2, "10.0.0.0/8");
        let of_proxy: Vec<_> = (0..99).map(|_| all.admit(ip("10.0.0.1")).unwrap()).collect();
        let _last = all.admit(ip("203.0.113.9")).unwrap();
        assert!(all.admit(ip("203.0.113.8")).is_none(), "all are taken");
        drop(of_proxy);
        assert_eq!(all.lock().by_client.len(), 1);
    }
}
