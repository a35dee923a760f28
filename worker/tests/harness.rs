//! A tenant with a collection, documents in it, and workers that can be started, frozen and killed.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::{Duration, Instant},
};

use kernel::id::{CollectionId, DocumentId, JobId};
use knowledge::{Upload, UploadName};
use platform::Cx;
use redis::aio::MultiplexedConnection;
use sqlx::{PgConnection, Row};
use tempfile::TempDir;
use testkit::{Database, Person, test_redis_url};
use tokio::sync::Mutex;

/// Timeout of every wait, on the slowest machine.
const TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) struct Harness {
    pub(crate) database: Database,
    pub(crate) person: Person,
    pub(crate) collection: CollectionId,
    pub(crate) redis_url: String,
    pub(crate) db: Mutex<PgConnection>,
    redis: MultiplexedConnection,
    /// The logs of the workers; it is kept if the test fails.
    folder: TempDir,
}

impl Drop for Harness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            eprintln!("the logs of the workers are in {}", self.folder.path().display());
        }
    }
}

/// The stored state of a document.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct StoredDocument {
    pub(crate) status: String,
    pub(crate) progress: i32,
    pub(crate) title: String,
    pub(crate) media_type: String,
    pub(crate) language: Option<String>,
    pub(crate) failure_code: Option<String>,
    pub(crate) failure_hint: Option<String>,
    pub(crate) page_count: Option<i32>,
    pub(crate) chunk_count: i32,
    pub(crate) pages: i64,
    pub(crate) chunks: i64,
}

/// The stored state of a job.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct StoredJob {
    pub(crate) status: String,
    pub(crate) attempts: i32,
    pub(crate) error_code: Option<String>,
    /// Seconds until it is due.
    pub(crate) due_in: f64,
}

/// A worker; killed when dropped.
pub(crate) struct Worker {
    child: Child,
    pub(crate) log: PathBuf,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

impl Harness {
    pub(crate) async fn new() -> Self {
        let database = Database::fresh().await;
        let person = database.person("ada").await;
        let cx = database.cx(&person, "tessera_workspace").await;
        let collection =
            knowledge::create_collection(&cx, person.space, "Shelf", "").await.unwrap().id;
        // Tests of this process share a server: each takes one of its numbered databases.
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let redis_url = format!(
            "{}/{}",
            test_redis_url().trim_end_matches('/'),
            NUMBER.fetch_add(1, Relaxed) % 14 + 1
        );
        let client = redis::Client::open(redis_url.as_str()).unwrap();
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
        let redis = client.get_multiplexed_async_connection_with_config(&config).await.unwrap();
        let db = Mutex::new(database.superuser().await);
        let folder = tempfile::Builder::new().prefix("tessera-worker-").tempdir().unwrap();
        Self { database, person, collection, redis_url, db, redis, folder }
    }

    pub(crate) async fn cx(&self, role: &str) -> Cx {
        self.database.cx(&self.person, role).await
    }

    /// Uploads a document as the component does.
    pub(crate) async fn upload(&self, name: &str, bytes: &[u8]) -> (DocumentId, JobId) {
        self.upload_to(self.collection, name, bytes).await
    }

    pub(crate) async fn upload_to(
        &self,
        collection: CollectionId,
        name: &str,
        bytes: &[u8],
    ) -> (DocumentId, JobId) {
        let cx = self.cx("tessera_upload").await;
        let name = UploadName::parse(name).unwrap();
        let place = knowledge::TargetCollection::find(&cx, collection).await.unwrap();
        let mut upload = Upload::begin(&cx, &place, &name, 100 << 20).await.unwrap();
        upload.write(bytes).await.unwrap();
        let made = upload.finish(self.database.credential(&self.person).await).await.unwrap();
        self.wake().await;
        (made.document, made.job)
    }

    /// Wakes a worker as the component does.
    pub(crate) async fn wake(&self) {
        self.push("jobs:wake").await;
    }

    /// Wakes a worker as the tick does for schedules.
    pub(crate) async fn wake_for_schedules(&self) {
        self.push("schedules:wake").await;
    }

    async fn push(&self, list: &str) {
        let _: i64 = redis::cmd("LPUSH")
            .arg(list)
            .arg("1")
            .query_async(&mut self.redis.clone())
            .await
            .unwrap();
    }

    pub(crate) async fn document(&self, id: DocumentId) -> StoredDocument {
        let sql = "select d.status, d.progress, d.title, d.media_type, d.language, d.failure_code, d.failure_hint, d.page_count, d.chunk_count,
            (select count(*) from document_pages p where p.document_id = d.id) as pages,
            (select count(*) from chunks c where c.document_id = d.id) as chunks
            from documents d where d.id = $1";
        let row = sqlx::query(sql).bind(id.0).fetch_one(&mut *self.db.lock().await).await.unwrap();
        StoredDocument {
            status: row.get("status"),
            progress: row.get("progress"),
            title: row.get("title"),
            media_type: row.get("media_type"),
            language: row.get("language"),
            failure_code: row.get("failure_code"),
            failure_hint: row.get("failure_hint"),
            page_count: row.get("page_count"),
            chunk_count: row.get("chunk_count"),
            pages: row.get("pages"),
            chunks: row.get("chunks"),
        }
    }

    pub(crate) async fn job(&self, id: JobId) -> StoredJob {
        let sql = "select status, attempts, error_code, extract(epoch from run_at - now())::float8 as due_in from jobs where id = $1";
        let row = sqlx::query(sql).bind(id.0).fetch_one(&mut *self.db.lock().await).await.unwrap();
        StoredJob {
            status: row.get("status"),
            attempts: row.get("attempts"),
            error_code: row.get("error_code"),
            due_in: row.get("due_in"),
        }
    }

    /// Changes the database directly.
    pub(crate) async fn tamper(&self, sql: &'static str, job: JobId) {
        sqlx::query(sql).bind(job.0).execute(&mut *self.db.lock().await).await.unwrap();
    }

    /// As [`Self::tamper`], for every job.
    pub(crate) async fn change_all(&self, sql: &'static str) {
        sqlx::query(sql).execute(&mut *self.db.lock().await).await.unwrap();
    }

    /// How many jobs are leased now.
    pub(crate) async fn running_jobs(&self) -> i64 {
        let sql = "select count(*) from jobs where status = 'running' and lease_until > now()";
        sqlx::query_scalar(sql).fetch_one(&mut *self.db.lock().await).await.unwrap()
    }

    /// Whether a connection waits for a lock that this one holds.
    pub(crate) async fn someone_waits_for(&self, pid: i32) -> bool {
        let sql =
            "select exists (select from pg_stat_activity where $1 = any (pg_blocking_pids(pid)))";
        sqlx::query_scalar(sql).bind(pid).fetch_one(&mut *self.db.lock().await).await.unwrap()
    }

    /// Chunks whose text differs from their range in their page.
    pub(crate) async fn misplaced(&self, id: DocumentId) -> i64 {
        let sql = "select count(*) as n from chunks c left join document_pages p on p.document_id = c.document_id and p.page = c.page
            where c.document_id = $1 and substr(p.text, c.char_start + 1, c.char_end - c.char_start) is distinct from c.content";
        sqlx::query(sql).bind(id.0).fetch_one(&mut *self.db.lock().await).await.unwrap().get("n")
    }

    /// Waits until a query of the database returns Some; repeats it after each event of the tenant.
    pub(crate) async fn until<T>(&self, what: &str, question: impl AsyncFn() -> Option<T>) -> T {
        let began = Instant::now();
        let stream = format!("events:{}", self.database.redis_namespace(self.person.tenant).await);
        loop {
            if let Some(answer) = question().await {
                return answer;
            }
            assert!(began.elapsed() < TIMEOUT, "waited in vain until {what}");
            let mut read = redis::cmd("XREAD");
            read.arg("BLOCK").arg(200).arg("STREAMS").arg(&stream).arg("$");
            let _: redis::Value = read.query_async(&mut self.redis.clone()).await.unwrap();
        }
    }

    pub(crate) async fn until_status(&self, id: DocumentId, status: &str) -> StoredDocument {
        self.until(&format!("the document is {status}"), async || {
            let found = self.document(id).await;
            (found.status == status).then_some(found)
        })
        .await
    }

    /// All events of the tenant, oldest first.
    pub(crate) async fn events(&self) -> Vec<serde_json::Value> {
        let stream = format!("events:{}", self.database.redis_namespace(self.person.tenant).await);
        let found: redis::streams::StreamRangeReply = redis::cmd("XRANGE")
            .arg(stream)
            .arg("-")
            .arg("+")
            .query_async(&mut self.redis.clone())
            .await
            .unwrap();
        let data = |entry: &redis::streams::StreamId| entry.get::<String>("e").unwrap();
        found.ids.iter().map(|entry| serde_json::from_str(&data(entry)).unwrap()).collect()
    }

    pub(crate) fn worker(&self) -> Worker {
        self.worker_with(&[])
    }

    /// Starts a worker with other settings.
    pub(crate) fn worker_with(&self, settings: &[(&str, &str)]) -> Worker {
        let log = self.folder.path().join(format!("{}.log", uuid::Uuid::now_v7()));
        let out = File::create(&log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
        self.configure(&mut command).envs(settings.iter().copied());
        let child = command.stdout(out.try_clone().unwrap()).stderr(out).spawn().unwrap();
        Worker { child, log }
    }

    pub(crate) fn configure<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("TESSERA_DATABASE_URL", self.database.url("tessera_worker"))
            .env("TESSERA_REDIS_URL", &self.redis_url)
            .env("TESSERA_MODELS_LISTEN", "127.0.0.1:0")
            .env("TESSERA_EXTRACTOR", extractor())
            .env_remove("TESSERA_EMBEDDING_URL")
            .env_remove("TESSERA_CHROMIUM")
            .env("TESSERA_PARENT_PID", std::process::id().to_string())
            .stdin(Stdio::null())
    }
}

pub(crate) fn extractor() -> PathBuf {
    let dist = std::env::var_os("TESSERA_DIST").map_or_else(|| root().join("dist"), PathBuf::from);
    let found = dist.join("extractor.wasm");
    assert!(found.exists(), "{} is not built: run the tests through ./stack test", found.display());
    found
}

impl Worker {
    /// Kills it without warning, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits until it exits.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

/// English prose: `paragraphs` of some sixty words under numbered headings.
pub(crate) fn prose(paragraphs: usize) -> Vec<u8> {
    const WORDS: [&str; 16] = [
        "harbour",
        "meeting",
        "budget",
        "heating",
        "lantern",
        "minutes",
        "repair",
        "garden",
        "treasurer",
        "window",
        "question",
        "schedule",
        "neighbour",
        "staircase",
        "invoice",
        "summer",
    ];
    let mut text = String::from("# The long report\n\n");
    for n in 0..paragraphs {
        if n % 8 == 0 {
            text.push_str(&format!("## Section {}\n\n", n / 8 + 1));
        }
        for sentence in 0..6 {
            let word = |k: usize| WORDS[(n * 7 + sentence * 5 + k * 3) % WORDS.len()];
            text.push_str(&format!(
                "In year {} the {} of the {} was about the {} and not about the {}. ",
                1900 + n,
                word(0),
                word(1),
                word(2),
                word(3)
            ));
        }
        text.push_str("\n\n");
    }
    text.into_bytes()
}

/// A file of the demo.
pub(crate) fn demo(name: &str) -> Vec<u8> {
    std::fs::read(root().join("demo").join(name)).unwrap()
}
