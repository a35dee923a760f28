//! A complete Tessera on this machine: Postgres, Redis, worker and host, started together and
//! stopped in order.

mod first_admin;
mod metrics;
mod prices;
mod running_host;
mod settings;
mod spin;
mod worker;

use std::net::SocketAddr;

use anyhow::{Context, Result};

/// In the state folder: the settings of the worker, for admin commands; readable by its owner only.
pub const WORKER_ENVIRONMENT: &str = "worker.json";

/// In the state folder: where host and worker of the running stack are scraped, for `top`.
pub const METRICS_LISTENERS: &str = "metrics.json";

pub use first_admin::{FirstAdmin, SignIn};
pub(crate) use prices::chat_prices;
pub use running_host::compile_components;
pub use worker::outbox;

use crate::secrets::Secrets;
use crate::setup::generator::Generator;
use crate::setup::model::{self, ModelFolders};
use crate::setup::{BuildEnv, build};
use crate::supervise::generator::GeneratorServer;
use crate::supervise::stores::{self, Database, StoreChoice};
use crate::supervise::{Supervisor, Tier};
use schema::WORKER_ROLE;
use schema::redis::RedisServer;

use metrics::MetricsListeners;
use running_host::RunningHost;
use settings::Settings;

/// What runs the components.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// The built-in host
    LocalStack,
    /// An installed `spin` (4.1 or newer), from PATH or named by SPIN
    Spin,
}

/// How a stack is to be started.
pub struct StackOptions {
    /// Where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// What runs the components.
    pub host: HostKind,
    /// Which Postgres and Redis.
    pub stores: StoreChoice,
    /// How the first administrator is created.
    pub first_admin: FirstAdmin,
    /// Whether identity providers on loopback are reached: tests bring theirs.
    pub loopback_providers: bool,
    /// A port on loopback that the worker may crawl, without politeness: tests serve a site there.
    pub crawled_port: Option<u16>,
    /// A port on loopback that administrators may enter as a provider of models: tests serve one
    /// there.
    pub model_port: Option<u16>,
    /// Whether host and worker are measured even if no variable names an address for scrapes.
    pub is_measured: bool,
    /// A language model to serve on this machine beside the extractive answerer.
    pub generator: Option<&'static Generator>,
}

/// A running stack.
pub struct Stack {
    /// Where users reach it, e.g. `http://127.0.0.1:3000`.
    pub url: String,
    /// How to sign in.
    pub sign_in: SignIn,
    /// Where its emails go.
    pub emails: String,
    /// Its database.
    pub database: Database,
    /// Its Redis.
    pub redis: RedisServer,
    /// The worker's connection URL.
    pub worker_database_url: String,
    running_host: RunningHost,
    supervisor: Supervisor,
}

impl Stack {
    /// Installs and builds what is missing, then starts everything; it serves requests when this
    /// returns. Programs are added to `supervisor` as they start: a caller that cancels the start
    /// must stop them with [`Supervisor::stop_all`].
    ///
    /// # Errors
    /// The failed installation, build or start.
    pub async fn start(
        build_env: &BuildEnv,
        supervisor: &Supervisor,
        mut options: StackOptions,
    ) -> Result<Self> {
        if options.listen.port() == 0 {
            options.listen.set_port(build_env.ports.of("http")?);
        }
        let secrets = Secrets::load(&build_env.paths)?;
        // In parallel: the servers start during the builds, or, on a warm start, while the host
        // loads the components.
        let database = async {
            let database =
                stores::start_postgres(build_env, supervisor, &secrets, &options.stores).await?;
            prepare_database(build_env, &database, &secrets).await?;
            Ok(database)
        };
        let redis = stores::start_redis(build_env, supervisor, &secrets, &options.stores);
        let generator = start_generator(build_env, supervisor, &secrets, options.generator);
        let (database, redis, (), models, generator) = tokio::try_join!(
            database,
            redis,
            build::everything(build_env),
            model::install(build_env),
            generator
        )?;
        let mut settings = Settings::new(build_env, options.listen, &secrets, &database, &redis)?;
        if options.loopback_providers {
            settings.allow_loopback_providers();
        }
        if let Some(port) = options.model_port {
            settings.allow_loopback_model(port);
        }
        settings.crawled_port = options.crawled_port;
        settings.metrics = MetricsListeners::choose(build_env, options.is_measured)?;
        settings.metrics.write(&build_env.paths)?;
        if let Some(generator) = generator {
            settings.add_generator(&generator);
        }
        worker::write_environment(build_env, &settings)?;
        let (running_host, sign_in) =
            start_programs(build_env, supervisor, &options, &settings, &models).await?;
        let password = secrets.passwords.of(WORKER_ROLE);
        let worker_database_url = database.server.url(&database.name, WORKER_ROLE, password);
        Ok(Self {
            url: settings.public_url,
            sign_in,
            emails: worker::emails(build_env),
            database,
            redis,
            worker_database_url,
            running_host,
            supervisor: supervisor.clone(),
        })
    }

    /// Lets running requests finish, then stops worker and host; the stores keep running.
    pub async fn drain(self) {
        self.running_host.drain().await;
        self.supervisor.stop(Tier::Host).await;
        self.supervisor.stop(Tier::Worker).await;
    }
}

/// Installs and starts the language model, if there is to be one.
async fn start_generator(
    build_env: &BuildEnv,
    supervisor: &Supervisor,
    secrets: &Secrets,
    wanted: Option<&'static Generator>,
) -> Result<Option<GeneratorServer>> {
    let Some(generator) = wanted else { return Ok(None) };
    settings::check_generator()?;
    let installed = generator.install(build_env).await?;
    let prepare = async || {
        let port = build_env.ports.of("generator")?;
        GeneratorServer::new(generator, installed.clone(), &secrets.generator_key, port)
    };
    stores::start_where_free(supervisor, prepare, |it| (it.program(), it.port())).await.map(Some)
}

/// The host starts last, so that no request reaches an incomplete stack.
async fn start_programs(
    build_env: &BuildEnv,
    supervisor: &Supervisor,
    options: &StackOptions,
    settings: &Settings,
    models: &ModelFolders,
) -> Result<(RunningHost, SignIn)> {
    let worker = supervisor.start(Tier::Worker, worker::program(build_env, settings, models));
    let sign_in = first_admin::prepare(build_env, settings, &options.first_admin);
    let ((), sign_in) = tokio::try_join!(worker, sign_in)?;
    let running_host = match options.host {
        HostKind::LocalStack => running_host::start_built_in(build_env, options, settings).await?,
        HostKind::Spin => spin::start(build_env, supervisor, options.listen, settings).await?,
    };
    Ok((running_host, sign_in))
}

async fn prepare_database(
    build_env: &BuildEnv,
    database: &Database,
    secrets: &Secrets,
) -> Result<()> {
    database.server.provision(&database.name, &secrets.passwords).await?;
    let migrations = build_env.paths.root.join("migrations");
    let report = database.server.migrate(&database.name, &secrets.passwords, &migrations).await;
    let report = report.with_context(|| format!("the database {}", database.name))?;
    if !report.is_empty() {
        build_env.console.print(&format!("migrated the database ({report})"));
    }
    Ok(())
}
