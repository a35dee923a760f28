//! Two tenants, many clients, one host with reused instances, and all kinds of faults: does a row
//! of one tenant reach the other?

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use host::HostConfig;
use http::Method;
use serde_json::{Value, json};
use sqlx::Connection;

use crate::{client::Client, stack::Stack};

/// Clients of each tenant.
const CLIENTS: usize = 64;
/// Small enough that a few large bodies at once exceed an instance, which then traps with all its
/// requests.
const MEMORY_MIB: u64 = 6;

/// When the load ends.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// After so many responses.
    Answers(u64),
    /// After so much time.
    Time(Duration),
}

/// What happened.
#[derive(Default, Debug)]
pub struct LoadReport {
    /// Responses with rows of the caller's own tenant.
    pub good: AtomicU64,
    /// Refusals for the other tenant's ids.
    pub hidden: AtomicU64,
    /// Responses lost to a trap, a killed connection or a limit.
    pub broken: AtomicU64,
    /// Requests that made their instance trap.
    pub trapped: AtomicU64,
    /// Requests that their client cancelled.
    pub cut: AtomicU64,
    /// Database connections killed in the middle.
    pub killed: AtomicU64,
    /// Responses with any data of the other tenant.
    pub foreign: std::sync::Mutex<Vec<String>>,
}

/// The client and the data of a tenant; its marker is in every name.
struct TenantClient {
    client: Client,
    marker: &'static str,
    tenant: String,
    space: String,
    collection: String,
    document: String,
    assistant: String,
    conversation: String,
}

async fn tenant_client(stack: &Stack, url: &str, marker: &'static str) -> TenantClient {
    let person = stack.database.person(marker).await;
    let mut client = Client::new(url);
    client.sign_in(&person.email, person.password).await;
    let (space, collection) = client.collection(marker).await;
    let text = format!(
        "# The secret of {marker}\n\nThe vault of {marker} opens with a word that only {marker} knows.\n"
    );
    let document = client.ingest(&collection, &format!("{marker}.md"), text).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let assistant = json!({ "space_id": space, "name": marker, "instructions": marker, "collection_ids": [collection] });
    let assistant = client.create("/api/v1/assistants", &assistant).await;
    let conversation =
        client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let path = format!("/api/v1/conversations/{conversation}/messages");
    client
        .post(&path, &json!({ "content": format!("What does only {marker} know?") }))
        .await
        .expect(200);
    TenantClient {
        client,
        marker,
        tenant: person.tenant.to_string(),
        space,
        collection,
        document,
        assistant,
        conversation,
    }
}

impl TenantClient {
    /// The requests of one round, and whether each is about the own data.
    fn round(&self, other: &TenantClient, n: u64) -> Vec<(bool, reqwest::RequestBuilder)> {
        let get = |path: String| self.client.request(Method::GET, &path);
        let search = json!({ "query": "vault secret word", "mode": "text", "limit": 50 });
        let about = |tenant_client: &TenantClient| {
            [
                get(format!("/api/v1/spaces/{}", tenant_client.space)),
                get(format!("/api/v1/documents/{}", tenant_client.document)),
                get(format!("/api/v1/documents/{}/pages/1", tenant_client.document)),
                get(format!("/api/v1/collections/{}/documents", tenant_client.collection)),
                get(format!("/api/v1/assistants/{}", tenant_client.assistant)),
                get(format!("/api/v1/conversations/{}/messages", tenant_client.conversation)),
            ]
        };
        let mut out: Vec<_> = about(self).into_iter().map(|request| (true, request)).collect();
        let lists = [
            "me",
            "spaces",
            "assistants",
            "collections",
            "documents",
            "conversations",
            "jobs",
            "users",
        ];
        out.extend(lists.map(|list| (true, get(format!("/api/v1/{list}")))));
        out.push((true, self.client.request(Method::POST, "/api/v1/search").json(&search)));
        let described = json!({ "description": format!("{} {n}", self.marker) });
        out.push((
            true,
            self.client
                .request(Method::PATCH, &format!("/api/v1/spaces/{}", self.space))
                .json(&described),
        ));
        out.extend(about(other).into_iter().map(|request| (false, request)));
        out
    }

    fn is_in(&self, text: &str) -> bool {
        let ids = [
            &self.tenant,
            &self.space,
            &self.collection,
            &self.document,
            &self.assistant,
            &self.conversation,
        ];
        text.contains(self.marker) || ids.iter().any(|id| text.contains(id.as_str()))
    }
}

struct LoadRun<'a> {
    stack: &'a Stack,
    tenants: [TenantClient; 2],
    report: LoadReport,
    until: Until,
    began: Instant,
}

impl LoadRun<'_> {
    fn goes_on(&self) -> bool {
        match self.until {
            // Without faults the responses prove nothing; the caller reports a machine on which
            // none happens in time.
            Until::Answers(most) => {
                let few = self.report.good.load(Relaxed) + self.report.hidden.load(Relaxed) < most;
                let calm = self.report.trapped.load(Relaxed) < 10
                    && self.began.elapsed() < Duration::from_secs(90);
                few || calm
            }
            Until::Time(time) => self.began.elapsed() < time,
        }
    }

    /// One client: round after round, each from another position.
    async fn client(&self, side: usize, number: u64) {
        let (own, other) = (&self.tenants[side], &self.tenants[1 - side]);
        let mut n = number;
        while self.goes_on() {
            let mut round = own.round(other, n);
            let length = round.len();
            round.rotate_left(usize::try_from(n).unwrap() % length);
            for (is_own, request) in round {
                self.judge(own, other, is_own, request).await;
            }
            n += 1;
        }
    }

    async fn judge(
        &self,
        own: &TenantClient,
        other: &TenantClient,
        is_own: bool,
        request: reqwest::RequestBuilder,
    ) {
        let Ok(response) = request.send().await else {
            self.report.broken.fetch_add(1, Relaxed);
            return;
        };
        let (status, url) = (response.status().as_u16(), response.url().path().to_owned());
        let text = response.text().await.unwrap_or_default();
        // A problem names the requested path; no other text of the other tenant may be in it.
        if other.is_in(&text.replace(&url, "")) || (status == 200 && (!is_own || !own.is_in(&text)))
        {
            self.report
                .foreign
                .lock()
                .unwrap()
                .push(format!("{} got {status} for {url}: {text}", own.marker));
        }
        let counter = match status {
            200 => &self.report.good,
            404 if !is_own => &self.report.hidden,
            // Hundreds of refusals make the next ones 429, and so do too many concurrent requests.
            429 | 500..=599 => &self.report.broken,
            _ => panic!("{} got {status} for {url}: {text}", own.marker),
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Bodies that together exceed the memory of their instance.
    async fn trap(&self) {
        let mut n = 0;
        // If instances trapped all the time, there would be no other faults.
        let mut ticks = tokio::time::interval(Duration::from_millis(500));
        while self.goes_on() {
            ticks.tick().await;
            let send = |path: &'static str| {
                let request = self.tenants[n % 2].client.request(Method::POST, path);
                request.header("content-type", "application/json").body(slow_and_large()).send()
            };
            let paths = [
                "/api/v1/assistants",
                "/api/v1/collections",
                "/api/v1/search",
                "/api/v1/conversations",
            ];
            let sent =
                stream::iter(paths.into_iter().cycle().take(96)).map(send).buffer_unordered(96);
            let failed = sent
                .filter(|r| std::future::ready(r.as_ref().is_ok_and(|r| r.status() == 500)))
                .count()
                .await;
            self.report.trapped.fetch_add(failed as u64, Relaxed);
            n += 1;
        }
    }

    /// Requests that are cancelled after a varying delay; some in the middle of their body.
    async fn cut(&self) {
        let mut n = 0_u64;
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        while self.goes_on() {
            ticks.tick().await;
            let tenant_client = &self.tenants[usize::try_from(n % 2).unwrap()];
            let request = tenant_client
                .client
                .request(Method::POST, "/api/v1/assistants")
                .header("idempotency-key", format!("{}{n}", tenant_client.marker));
            let body =
                json!({ "space_id": tenant_client.space, "name": format!("{} {n}", tenant_client.marker) }).to_string();
            let request = request.header("content-type", "application/json");
            let request = if n.is_multiple_of(3) {
                let first = body.as_bytes()[..body.len() / 2].to_vec();
                let half = stream::iter([Ok::<_, std::io::Error>(first)]).chain(stream::pending());
                request.body(reqwest::Body::wrap_stream(half))
            } else {
                request.body(body)
            };
            if tokio::time::timeout(Duration::from_micros(n * 370 % 6_000), request.send())
                .await
                .is_err()
            {
                self.report.cut.fetch_add(1, Relaxed);
            }
            n += 1;
        }
    }

    /// Kills database connections of the components, one after the other.
    async fn kill(&self) {
        let mut db = self.stack.database.superuser().await;
        let sql = "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity
            where datname = current_database() and usename like 'tessera_%' and usename not like '%worker' order by random() limit 1) x";
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        while self.goes_on() {
            ticks.tick().await;
            let killed: i64 = sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap();
            self.report.killed.fetch_add(killed.cast_unsigned(), Relaxed);
        }
        db.close().await.unwrap();
    }
}

/// A megabyte whose last frame is late: an instance must hold the rest meanwhile.
fn slow_and_large() -> reqwest::Body {
    let first = async { Ok::<_, std::io::Error>(format!("{{\"name\":\"{}", "x".repeat(900_000))) };
    let last = async {
        let _ =
            tokio::time::timeout(Duration::from_millis(200), std::future::pending::<()>()).await;
        Ok("\"}".to_owned())
    };
    reqwest::Body::wrap_stream(stream::once(first).chain(stream::once(last)))
}

/// Little memory, so that instances can trap, and shares that let one client fill them; everything
/// else as shipped.
fn cramped(config: &mut HostConfig) {
    let shares = &mut config.runtime.shares;
    (shares.caller, shares.tenant, shares.waiting) = (400, 800, 1_000);
    for component in ["workspace", "search", "chat"] {
        let own = config.runtime.component.entry(component.to_owned()).or_default();
        own.limits.memory_mib = Some(MEMORY_MIB);
        let shares = &mut own.shares;
        (shares.caller_working, shares.tenant_working) = (Some(200), Some(400));
    }
}

impl std::fmt::Display for LoadReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n = |count: &AtomicU64| count.load(Relaxed);
        write!(
            f,
            "{} answers with own rows, {} refusals of foreign ids, {} with anything foreign; {} traps, {} connections killed, \
             {} requests given up, {} answers lost to them",
            n(&self.good),
            n(&self.hidden),
            self.foreign.lock().unwrap().len(),
            n(&self.trapped),
            n(&self.killed),
            n(&self.cut),
            n(&self.broken)
        )
    }
}

/// Runs the load on a stack of its own: the connections of its database are killed.
pub async fn run(until: Until) -> LoadReport {
    let stack = Stack::start().await;
    let report = meet(&stack, until).await;
    stack.stop().await;
    report
}

async fn meet(stack: &Stack, until: Until) -> LoadReport {
    let host = stack.another_host(cramped).await;
    let url = format!("http://{}", host.addr());
    let tenants = [
        tenant_client(stack, &url, "quartzite").await,
        tenant_client(stack, &url, "obsidian").await,
    ];
    let load =
        LoadRun { stack, tenants, report: LoadReport::default(), until, began: Instant::now() };
    let sides = (0..2 * CLIENTS).map(|n| load.client(n % 2, n as u64));
    let faults = futures::future::join4(load.trap(), load.cut(), load.cut(), load.kill());
    futures::future::join(futures::future::join_all(sides), faults).await;
    rows_stayed(&load).await;
    let report = load.report;
    host.shutdown().await;
    report
}

/// No row was written into the other tenant's tables either.
async fn rows_stayed(load: &LoadRun<'_>) {
    let mut db = load.stack.database.superuser().await;
    for (own, other) in [(0, 1), (1, 0)].map(|(a, b)| (&load.tenants[a], &load.tenants[b])) {
        let sql = "select to_jsonb(array(select to_jsonb(s) from spaces s where tenant_id = $1::uuid) || array(select to_jsonb(a) from assistants a where tenant_id = $1::uuid))::text";
        let text: String =
            sqlx::query_scalar(sql).bind(&own.tenant).fetch_one(&mut db).await.unwrap();
        let rows: Value = serde_json::from_str(&text).unwrap();
        assert!(rows.as_array().is_some_and(|rows| rows.len() > 2), "{rows:#}");
        if other.is_in(&text) {
            load.report.foreign.lock().unwrap().push(format!("stored with {}: {text}", own.marker));
        }
    }
}
