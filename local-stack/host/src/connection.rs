//! Connections: limits in total and per client, and idle timeouts.

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

/// File descriptors reserved for other purposes than client connections: pools, files, outbound
/// requests.
const RESERVED_FILES: u64 = 512;

/// The open connections.
pub(crate) struct Connections {
    total: usize,
    per_client: usize,
    proxies: TrustedProxies,
    open: Mutex<OpenConnections>,
}

#[derive(Default)]
struct OpenConnections {
    total: usize,
    by_client: HashMap<Client, usize>,
}

/// Permission of a connection to be open. Released when dropped.
pub(crate) struct ConnectionPermit {
    connections: Arc<Connections>,
    client: Option<Client>,
}

impl Connections {
    /// Raises the limit of open files as far as the system allows, and stays below it.
    pub(crate) fn new(limits: &ConnectionLimits, proxies: TrustedProxies) -> Arc<Self> {
        let total = limits
            .total
            .min(files().saturating_sub(RESERVED_FILES).try_into().unwrap_or(usize::MAX))
            .max(64);
        if total < limits.total {
            tracing::warn!(
                target: "host::connection", total, wanted = limits.total,
                "fewer connections than configured: raise the limit of open files (ulimit -n)"
            );
        }
        Arc::new(Self { total, per_client: limits.per_client, proxies, open: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, OpenConnections> {
        // Only counters, each changed atomically.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A permit for a connection from `peer`, if there is one. All clients of a trusted proxy share
    /// its address: it is not limited.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionPermit> {
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
        Some(ConnectionPermit { connections: self.clone(), client })
    }
}

impl Drop for ConnectionPermit {
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

/// The limit of open files of this process.
fn files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None: no limit. More than this is of no use and slows some programs down.
    let wanted = maximum.unwrap_or(u64::MAX).min(1 << 18);
    if current.is_some_and(|current| current < wanted) {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
        return raised.map_or(current.unwrap_or(0), |()| wanted);
    }
    current.unwrap_or(u64::MAX)
}

/// Whether requests are in flight on a connection, and since when there are none.
pub(crate) struct Activity {
    since: Instant,
    in_flight: AtomicUsize,
    served: AtomicBool,
    /// When a request last began or ended, milliseconds after `since`.
    changed: AtomicU64,
}

/// A request of a connection, until its response has been written.
pub(crate) struct RequestInFlight(Arc<Activity>);

impl Activity {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            since: Instant::now(),
            in_flight: AtomicUsize::new(0),
            served: AtomicBool::new(false),
            changed: AtomicU64::new(0),
        })
    }

    /// A request begins.
    pub(crate) fn begin(self: &Arc<Self>) -> RequestInFlight {
        self.in_flight.fetch_add(1, Relaxed);
        self.served.store(true, Relaxed);
        RequestInFlight(self.clone())
    }

    /// When an idle connection has to be closed; `None` while a request is in flight.
    fn deadline(&self, limits: &IdleTimeouts) -> Option<Instant> {
        if self.in_flight.load(Relaxed) > 0 {
            return None;
        }
        let limit = if self.served.load(Relaxed) { limits.idle } else { limits.first };
        Some(self.since + Duration::from_millis(self.changed.load(Relaxed)) + limit)
    }
}

impl Drop for RequestInFlight {
    fn drop(&mut self) {
        let now = u64::try_from(self.0.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.changed.store(now, Relaxed);
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

/// Idle timeouts of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdleTimeouts {
    /// Until the first request's head is complete.
    pub(crate) first: Duration,
    /// After the last response.
    pub(crate) idle: Duration,
}

/// Runs `work`, which serves a connection, and drops it once the connection was idle for too long;
/// `None` then.
pub(crate) async fn close_when_idle<T>(
    activity: &Activity,
    limits: IdleTimeouts,
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
                // Polled: no event wakes this when the request ends.
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

    const TIMEOUTS: IdleTimeouts =
        IdleTimeouts { first: Duration::from_secs(10), idle: Duration::from_secs(60) };

    /// A connection that was opened 100 seconds ago.
    fn opened() -> Arc<Activity> {
        let since = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
        let new = Activity { since, ..Arc::into_inner(Activity::new()).unwrap() };
        Arc::new(new)
    }

    #[test]
    fn the_first_request_has_a_timeout_of_its_own() {
        let activity = opened();
        assert_eq!(activity.deadline(&TIMEOUTS), Some(activity.since + TIMEOUTS.first));
        let _served = activity.begin();
        assert_eq!(activity.deadline(&TIMEOUTS), None, "it is in flight");
    }

    #[test]
    fn a_connection_is_idle_from_the_end_of_its_last_request() {
        let activity = opened();
        let (first, second) = (activity.begin(), activity.begin());
        drop(first);
        assert_eq!(activity.deadline(&TIMEOUTS), None, "the second is in flight");
        drop(second);
        let left = activity.deadline(&TIMEOUTS).unwrap() - Instant::now();
        assert!((50..=60).contains(&left.as_secs()), "{left:?} of 60 s");
    }

    #[tokio::test]
    async fn an_idle_connection_is_dropped_and_one_that_ends_is_not() {
        let (idle, never) = (opened(), std::future::pending::<()>());
        let closed = close_when_idle(&idle, TIMEOUTS, never);
        assert_eq!(tokio::time::timeout(TIMEOUTS.first, closed).await, Ok(None));
        assert_eq!(close_when_idle(&Activity::new(), TIMEOUTS, async { 1 }).await, Some(1));
    }

    #[test]
    fn a_client_has_a_limit_of_connections_and_a_closed_one_makes_room() {
        let all = connections(100, 2, "");
        let first = all.admit(ip("2001:db8::1")).unwrap();
        let _second = all.admit(ip("2001:db8::2")).unwrap();
        assert!(all.admit(ip("2001:db8::3")).is_none(), "the same /64");
        let _other = all.admit(ip("2001:db8:0:1::3")).unwrap();
        drop(first);
        let _again = all.admit(ip("2001:db8::3")).unwrap();
    }

    #[test]
    fn a_trusted_proxy_has_only_the_total_limit() {
        let all = connections(100, 2, "10.0.0.0/8");
        let of_proxy: Vec<_> = (0..99).map(|_| all.admit(ip("10.0.0.1")).unwrap()).collect();
        let _last = all.admit(ip("203.0.113.9")).unwrap();
        assert!(all.admit(ip("203.0.113.8")).is_none(), "all are taken");
        drop(of_proxy);
        let _again = all.admit(ip("203.0.113.8")).unwrap();
        assert_eq!(all.lock().by_client.len(), 2);
    }
}
