//! The complete stack, started once per test process.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use collector::Collector;
use host::{Host, HostConfig, RuntimeConfig, TracesConfig};
use schema::{
    PostgresServer,
    redis::{RedisServer, WORKER},
};
use testkit::{Database, Person, passwords, test_redis};

use crate::{client::Client, provider::Provider};

/// The `token_key` of test stacks.
pub const TOKEN_KEY: &str = "a-key-of-the-tests-that-is-long-enough-0123456789";

/// The `token_public_key` of a `token_key`.
#[must_use]
pub fn token_public_key(token_key: &str) -> String {
    credentials::SessionKeys::derive(token_key).unwrap().public_key()
}

/// The `master_key` of test stacks.
pub const MASTER_KEY: &str = "a-master-key-of-the-tests-that-is-long-enough-0123";

/// The language model beside the worker of test stacks, and its key.
pub const GENERATOR: &str = "local/smollm2-135m";
/// See [`GENERATOR`].
pub const GENERATOR_KEY: &str = "a-key-of-the-tests-generator-0123456789";

/// The `trusted_proxies` of test stacks: loopback addresses from which a test calls only as a proxy
/// (`Client::new` ends in 2 or more).
pub const PROXIES: &str = "127.7.7.0/31, 10.7.0.0/16";

/// The running stack.
pub struct Stack {
    /// `http://127.0.0.1:<port>`
    pub url: String,
    /// Its database.
    pub database: Database,
    /// The language model's provider: a stub, because we have no model.
    pub provider: Provider,
    /// Where its worker exports the spans of recorded traces to. Its host records none.
    pub collector: Collector,
    /// Its Redis, as the administrator.
    pub redis: RedisServer,
    models_port: u16,
    /// On loopback: where the worker expects a language model. A test that needs one serves it here.
    pub generator_port: u16,
    worker: std::sync::Mutex<Option<Child>>,
    host: Host,
}

/// The folder of the project.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A program that was built beside this one: in its folder, or in the one above if this is a test
/// in `deps`.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let found =
        this.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| {
        panic!("{name} is not built beside {}: run this through ./stack", this.display())
    })
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Stack {
    /// The stack of this process; the first caller starts it. It runs on a runtime of its own,
    /// beside those of the tests.
    pub fn shared() -> &'static Stack {
        static STACK: OnceLock<Stack> = OnceLock::new();
        STACK.get_or_init(|| {
            let (sender, receiver) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                let runtime =
                    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    sender.send(Stack::start().await).unwrap();
                    std::future::pending::<()>().await;
                });
            });
            receiver.recv().expect("the stack did not start: its reason stands above")
        })
    }

    /// Starts a stack on the servers of the tests.
    pub async fn start() -> Stack {
        Self::start_on(Database::fresh().await, test_redis()).await
    }

    /// Starts a stack on servers that the test may stop.
    pub async fn start_on(database: Database, redis: RedisServer) -> Stack {
        // Another part of the process may have installed a provider already; either works.
        let _ = rustls::crypto::ring::default_provider().install_default();
        redis.provision().await.unwrap();
        let provider = Provider::start().await;
        // A benchmark also calls the embedding itself, and must know its address.
        let chosen: Option<u16> =
            std::env::var("TESSERA_TEST_MODELS_PORT").ok().map(|port| port.parse().unwrap());
        // A second stack of the same process takes another port.
        let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
        let models_port = chosen.filter(free).unwrap_or_else(free_port);
        let collector = Collector::start().await;
        let generator_port = free_port();
        let worker = start_worker(
            &database,
            &redis,
            [models_port, generator_port],
            &collector.endpoint(),
            &[],
        );
        let host =
            Host::start(host_config(&database, &redis, models_port, &provider.url)).await.unwrap();
        wait_for_models(models_port).await;
        let url = format!("http://{}", host.addr());
        Stack {
            url,
            database,
            provider,
            collector,
            redis,
            models_port,
            generator_port,
            worker: std::sync::Mutex::new(Some(worker)),
            host,
        }
    }

    /// Starts one more host on the same database, Redis and worker; `change` may alter its
    /// configuration.
    pub async fn another_host(&self, change: impl FnOnce(&mut HostConfig)) -> Host {
        let mut config =
            host_config(&self.database, &self.redis, self.models_port, &self.provider.url);
        change(&mut config);
        Host::start(config).await.unwrap()
    }

    /// The variables of spin.toml, as its hosts have them.
    #[must_use]
    pub fn variables(&self) -> std::collections::BTreeMap<String, String> {
        let Self { database, redis, models_port, provider, .. } = self;
        variables(&database.server, &database.name, redis, *models_port, &provider.url)
    }

    /// The server of the worker's built-in models, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn models_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.models_port)
    }

    /// How a host has each of its traces recorded by the collector.
    #[must_use]
    pub fn traces(&self) -> TracesConfig {
        let read = TracesConfig::read("tessera-host", |name| {
            (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| self.collector.endpoint())
        });
        read.unwrap().unwrap()
    }

    /// A client that is not signed in.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client::new(&self.url)
    }

    /// A new tenant with one administrator, signed in.
    pub async fn person(&self, name: &str) -> (Client, Person) {
        let person = self.database.person(name).await;
        (self.sign_in(&person).await, person)
    }

    /// Signs a user in.
    pub async fn sign_in(&self, person: &Person) -> Client {
        let mut client = self.anonymous();
        client.sign_in(&person.email, person.password).await;
        client
    }

    /// The e-mails that were sent to an address, oldest first.
    pub fn emails_to(&self, email: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(outbox(&self.database)) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let eml = files.into_iter().filter(|file| file.extension().is_some_and(|e| e == "eml"));
        eml.map(|file| std::fs::read_to_string(file).unwrap())
            .filter(|mail| mail.contains(email))
            .collect()
    }

    /// Kills the worker without warning, as a power cut would.
    pub fn kill_worker(&self) {
        if let Some(mut child) = self.worker.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts a new worker.
    pub async fn revive_worker(&self) {
        self.revive_worker_with(&[]).await;
    }

    /// Starts a new worker with further settings.
    pub async fn revive_worker_with(&self, settings: &[(&str, &str)]) {
        *self.worker.lock().unwrap() = Some(start_worker(
            &self.database,
            &self.redis,
            [self.models_port, self.generator_port],
            &self.collector.endpoint(),
            settings,
        ));
        wait_for_models(self.models_port).await;
    }

    /// Stops everything.
    pub async fn stop(self) {
        self.kill_worker();
        self.host.shutdown().await;
    }
}

fn host_config(
    database: &Database,
    redis: &RedisServer,
    models_port: u16,
    chat: &str,
) -> HostConfig {
    let mut config = HostConfig::new(root().join("spin.toml"));
    config.listen = "127.0.0.1:0".parse().unwrap();
    config.cache_dir = Some(root().join(".stack/cache/test-components"));
    config.runtime = RuntimeConfig::load(root().join("local-stack.toml")).unwrap();
    // The tests' identity providers are on loopback.
    for component in config.runtime.component.values_mut() {
        component.outbound_http.block_networks.clear();
    }
    config.variables = variables(&database.server, &database.name, redis, models_port, chat);
    config
}

/// The variables of spin.toml, with the models at this port.
pub(crate) fn variables(
    server: &PostgresServer,
    name: &str,
    redis: &RedisServer,
    models_port: u16,
    chat: &str,
) -> std::collections::BTreeMap<String, String> {
    let models = format!("http://127.0.0.1:{models_port}");
    let passwords = passwords();
    let mut out: std::collections::BTreeMap<String, String> = [
        ("pg_host", server.host().to_owned()),
        ("pg_port", server.port().to_string()),
        ("pg_database", name.to_owned()),
        ("pg_sslmode", server.ssl_mode().to_owned()),
        ("redis_host", redis.host.clone()),
        ("redis_port", redis.port.to_string()),
        ("embedding_url", format!("{models}/v1")),
        ("models_origin", models),
        ("chat_url", format!("{chat}/v1")),
        ("chat_origin", chat.to_owned()),
        ("chat_model", "extractive".to_owned()),
        ("oidc_hosts", "http://127.0.0.1:*".to_owned()),
        ("oidc_allow_loopback", "true".to_owned()),
        ("token_key", TOKEN_KEY.to_owned()),
        ("token_public_key", token_public_key(TOKEN_KEY)),
        ("device_key", "a-device-key-of-the-tests-that-is-long-enough-0123".to_owned()),
        ("audit_cursor_key", "a-cursor-key-of-the-tests-that-is-long-enough-0123".to_owned()),
        ("master_key", MASTER_KEY.to_owned()),
        ("trusted_proxies", PROXIES.to_owned()),
        ("internal_key", "the-tests-internal-key-0123456789".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    for component in schema::COMPONENTS {
        let role = schema::component_role(component);
        out.insert(format!("pg_password_{component}"), passwords.of(&role).to_owned());
    }
    for user in schema::redis::USERS {
        out.insert(format!("redis_password_{}", user.name), redis.password(user.name).unwrap());
    }
    // The host refuses what spin.toml does not declare.
    out.retain(|name, _| {
        !["redis_password_worker", "redis_password_host"].contains(&name.as_str())
    });
    out
}

/// The worker records what hosts record, and nothing else.
fn start_worker(
    database: &Database,
    redis: &RedisServer,
    [models_port, generator_port]: [u16; 2],
    collector: &str,
    settings: &[(&str, &str)],
) -> Child {
    let log = root().join(".stack/test-worker.log");
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
    worker_command(database, redis, models_port, log)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector)
        .env("OTEL_BSP_SCHEDULE_DELAY", "100")
        .env("OTEL_TRACES_SAMPLER_ARG", "0")
        .env("TESSERA_GENERATOR_URL", format!("http://127.0.0.1:{generator_port}/v1"))
        .env("TESSERA_GENERATOR_MODEL", GENERATOR)
        .env("TESSERA_GENERATOR_KEY", GENERATOR_KEY)
        .env("TESSERA_GENERATOR_SLOTS", "2")
        // So small a model repeats itself until it is stopped.
        .env("TESSERA_GENERATOR_TOKENS", "80")
        .envs(settings.iter().copied())
        .spawn()
        .unwrap()
}

/// What starts a worker that writes to this log.
pub(crate) fn worker_command(
    database: &Database,
    redis: &RedisServer,
    models_port: u16,
    log: std::fs::File,
) -> Command {
    let mut command = Command::new(program("worker"));
    command
        .arg("run")
        .env("TESSERA_DATABASE_URL", database.url("tessera_worker"))
        .env("TESSERA_MASTER_KEY", MASTER_KEY)
        .env("TESSERA_REDIS_URL", redis.url(WORKER).unwrap())
        .env("TESSERA_MODELS_LISTEN", format!("127.0.0.1:{models_port}"))
        .env("TESSERA_EMBEDDING_URL", format!("http://127.0.0.1:{models_port}/v1"))
        .env("TESSERA_MAIL_OUTBOX", outbox(database))
        .env("TESSERA_PUBLIC_URL", "https://tessera.example")
        .env("TESSERA_EXTRACTOR", root().join("dist/extractor.wasm"))
        .env("TESSERA_PARENT_PID", std::process::id().to_string())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    command
}

/// The folder of a stack's mails.
fn outbox(database: &Database) -> PathBuf {
    root().join(".stack/test-outbox").join(&database.name)
}

/// Waits for the worker's built-in models; until they answer, nothing can be embedded.
async fn wait_for_models(port: u16) {
    let client = reqwest::Client::new();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(120);
    // The worker needs the processor more than this check does.
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
    while client.get(format!("http://127.0.0.1:{port}/health")).send().await.is_err() {
        assert!(
            std::time::Instant::now() < deadline,
            "the worker's model server does not answer; see .stack/test-worker.log"
        );
        ticks.tick().await;
    }
}
