//! All components share one budget of connections to Postgres. Requests hold theirs for as long as
//! a test holds an advisory lock.

use std::time::{Duration, Instant};

use host::MetricsConfig;
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinHandle;

use crate::fixture::{Fixture, database_url};
use crate::metrics::scrape;

/// A host with a budget, and the server that it connects to.
struct Shared {
    fixture: Fixture,
    /// What its connections are called in `pg_stat_activity`.
    name: &'static str,
    server: PgConnection,
}

/// A request that was sent.
type RequestTask = JoinHandle<u16>;

impl Shared {
    async fn new(name: &'static str, outbound_pg: &str) -> Self {
        let listen = "127.0.0.1:0".parse().unwrap();
        let runtime = format!("[outbound_pg]\n{outbound_pg}\nwait_seconds = 20");
        let fixture = Fixture::try_with("", &runtime, |config| {
            config.metrics = Some(MetricsConfig { listen, token: None });
            let url = format!("{}&application_name={name}", database_url());
            config.variables.insert("pg_url".into(), url);
        });
        let server = PgConnection::connect(&database_url()).await.unwrap();
        let mut shared = Self { fixture: fixture.await.unwrap(), name, server };
        // The check of the server has a connection of its own; from here on there is none to close.
        assert_eq!(shared.send("/pg-hold").await.unwrap(), 200);
        shared.until("one connection", |seen| seen.open == 1).await;
        shared
    }

    fn send(&self, path: &str) -> RequestTask {
        let request = self.fixture.client.get(format!("{}{path}", self.fixture.url));
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    }

    async fn seen(&mut self) -> BudgetState {
        let text = scrape(&self.fixture).await;
        let number = |series: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("no {series} in\n{text}")).parse().unwrap()
        };
        let counted = "select count(*), count(*) filter (where wait_event_type = 'Lock') \
                       from pg_stat_activity where application_name = $1";
        let (open, held): (i64, i64) =
            sqlx::query_as(counted).bind(self.name).fetch_one(&mut self.server).await.unwrap();
        BudgetState {
            used: number("tessera_postgres_budget{state=\"used\"}"),
            waiting: number("tessera_postgres_budget{state=\"waiting\"}"),
            given_up: number("tessera_postgres_connections_given_up_total{component=\"contract\"}"),
            open,
            held,
        }
    }

    /// Looks until `reached`, and returns the most connections that there were meanwhile.
    async fn until(&mut self, what: &str, reached: impl Fn(&BudgetState) -> bool) -> i64 {
        let deadline = Instant::now() + Duration::from_secs(15);
        let mut most = 0;
        loop {
            let seen = self.seen().await;
            most = most.max(seen.open);
            if reached(&seen) {
                return most;
            }
            assert!(Instant::now() < deadline, "expected {what}, found {seen:?}");
        }
    }
}

#[derive(Debug)]
struct BudgetState {
    used: i64,
    waiting: i64,
    given_up: i64,
    /// As the server sees them.
    open: i64,
    held: i64,
}

/// Holds the advisory lock `key` until it is dropped.
async fn lock(key: i64) -> PgConnection {
    let mut connection = PgConnection::connect(&database_url()).await.unwrap();
    sqlx::query("select pg_advisory_lock($1)").bind(key).execute(&mut connection).await.unwrap();
    connection
}

async fn succeed(requests: impl IntoIterator<Item = RequestTask>) {
    for request in requests {
        assert_eq!(request.await.unwrap(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_never_sees_more_connections_than_the_budget() {
    // Two for each of three components, and one for the first that asks; the private component asks
    // for none.
    let mut shared = Shared::new("budget-limit", "budget = 7").await;
    let held = lock(81_001).await;
    let mut requests = Vec::new();
    for address in 1..=3 {
        for component in ["", "/neighbour"] {
            for _ in 0..5 {
                requests
                    .push(shared.send(&format!("{component}/pg-hold?key=81001&address={address}")));
            }
        }
    }
    let most = shared.until("25 that wait", |seen| (seen.held, seen.waiting) == (5, 25)).await;
    assert!(most <= 7, "{most} connections");
    drop(held);
    succeed(requests).await;
    shared.until("room", |seen| seen.used <= 7 && seen.waiting == 0).await;
    shared.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_of_one_component_make_room_for_another() {
    let mut shared = Shared::new("budget-idle", "budget = 3\nminimum = 0").await;
    let held = lock(81_002).await;
    let requests: Vec<_> = (0..3).map(|_| shared.send("/pg-hold?key=81002")).collect();
    shared.until("all in use", |seen| seen.held == 3).await;
    drop(held);
    succeed(requests).await;
    shared.until("all idle", |seen| (seen.open, seen.held) == (3, 0)).await;
    succeed([shared.send("/neighbour/pg-hold")]).await;
    let seen = shared.seen().await;
    assert_eq!((seen.given_up, seen.used), (1, 3));
    shared.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_takes_everything_leaves_others_their_minimum() {
    let mut shared = Shared::new("budget-minimum", "budget = 5\nminimum = 1").await;
    let held = lock(81_003).await;
    let requests: Vec<_> = (0..12).map(|_| shared.send("/pg-hold?key=81003")).collect();
    shared.until("three in use", |seen| (seen.held, seen.waiting) == (3, 9)).await;
    succeed((0..4).map(|_| shared.send("/neighbour/pg-hold"))).await;
    assert_eq!(shared.seen().await.held, 3, "they are still in use");
    drop(held);
    succeed(requests).await;
    shared.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_component_gets_its_turn_before_earlier_requests_of_a_greedy_one() {
    let mut shared = Shared::new("budget-turns", "budget = 2\nminimum = 0").await;
    let (held, first) = (lock(81_004).await, lock(81_005).await);
    let mut requests = vec![shared.send("/pg-hold?key=81005"), shared.send("/pg-hold?key=81004")];
    shared.until("both in use", |seen| seen.held == 2).await;
    requests.extend((0..5).map(|_| shared.send("/pg-hold?key=81004")));
    shared.until("five that wait", |seen| seen.waiting == 5).await;
    let late = shared.send("/neighbour/pg-hold");
    shared.until("six that wait", |seen| seen.waiting == 6).await;
    drop(first);
    succeed([late]).await;
    drop(held);
    succeed(requests).await;
    shared.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_end_while_they_wait_leave_no_trace() {
    let mut shared = Shared::new("budget-dropped", "budget = 2\nminimum = 0").await;
    let held = lock(81_006).await;
    let kept: Vec<_> = (0..2).map(|_| shared.send("/neighbour/pg-hold?key=81006")).collect();
    shared.until("both in use", |seen| seen.held == 2).await;
    // One after the other, so that all are in the instance that traps.
    let mut ended = Vec::new();
    for waiting in 1..=6 {
        ended.push(shared.send("/pg-hold?key=81006"));
        shared.until("one more that waits", |seen| seen.waiting == waiting).await;
    }
    assert_eq!(shared.fixture.get("/trap").await.0, 500);
    for request in ended {
        assert_eq!(request.await.unwrap(), 500);
    }
    shared.until("no request that waits", |seen| (seen.used, seen.waiting) == (2, 0)).await;
    drop(held);
    succeed(kept).await;
    succeed((0..4).map(|_| shared.send("/pg-hold"))).await;
    shared.until("room", |seen| seen.used <= 2 && seen.waiting == 0).await;
    shared.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_below_the_guaranteed_connections_ends_the_start() {
    let started = Fixture::try_with("", "[outbound_pg]\nbudget = 5", |_| {}).await;
    let said = format!("{:#}", started.err().expect("three components need six"));
    assert!(said.contains("budget = 5") && said.contains("minimum"), "{said}");
}
