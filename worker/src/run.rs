//! The main loop: the models' server, heartbeat, maintenance and jobs, until the worker stops.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use embedding::{ALL_MINILM_L6_V2, Embedder, MULTILINGUAL_E5_SMALL, Models, Options};
use kernel::id::TenantId;
use platform::{
    Actor, Cx,
    log::{self, Level},
    pg::{Db, Source},
    telemetry::{self, Listener, Traces, TracesConfig},
};
use queue::workers;
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use uuid::Uuid;

use crate::{
    crawler::CrawlMemory,
    dispatch,
    embed::Embedding,
    events::EventPublisher,
    extractor::Extractor,
    generator, maintenance,
    metrics::{self, Metrics},
    renderer::Renderer,
    settings::{self, CrawlerSettings, Settings},
    shutdown::Shutdown,
};

/// How often the worker writes its heartbeat.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);
/// How long the removal of the heartbeat may take at shutdown, and the last embeddings.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);
/// Connections to Postgres per job: one for each stage and one for its lease, and those of the
/// worker itself.
const CONNECTIONS_PER_JOB: u32 = 5;
const CONNECTIONS_PER_CRAWL: u32 = 2;
const CONNECTIONS_BESIDE: u32 = 4;

/// What all jobs share.
pub(crate) struct Worker {
    /// A new id at each start: the holder of leases.
    pub(crate) id: Uuid,
    pub(crate) source: Source,
    pub(crate) embedding: Embedding,
    /// The model that messages are embedded with; a worker that has not loaded it embeds none.
    pub(crate) message_model: String,
    pub(crate) extractor: Extractor,
    /// The most chunks of one document.
    pub(crate) max_chunks: u32,
    pub(crate) turns: crate::turns::Turns,
    pub(crate) events: EventPublisher,
    /// None: no mail is sent.
    pub(crate) mailer: Option<mail::Mailer>,
    /// The public URL, without a slash at the end.
    pub(crate) public_url: String,
    pub(crate) crawler: CrawlerSettings,
    /// The memory of crawls.
    pub(crate) crawl_memory: CrawlMemory,
    pub(crate) renderer: Renderer,
    pub(crate) shutdown: Shutdown,
    /// None: nothing is measured.
    pub(crate) metrics: Option<Metrics>,
    /// None: no spans are exported.
    pub(crate) traces: Option<Traces>,
}

/// The server of the models, until it has answered its last request.
type ModelsServer = JoinHandle<std::io::Result<()>>;

impl Worker {
    /// A context for one tenant.
    pub(crate) fn cx(&self, tenant: TenantId, request_id: String) -> Cx {
        Cx::new(self.source.clone(), Some(tenant), Actor::Worker, request_id)
    }

    /// The database without a tenant: no row of a tenant table is visible.
    pub(crate) fn db(&self) -> Db {
        Db::new(self.source.clone(), None)
    }
}

/// Runs until SIGTERM, SIGINT or the parent's death.
pub(crate) async fn run() -> Result<()> {
    let settings = Settings::read().await?;
    let mut shutdown = Shutdown::watch(settings.parent)?;
    let (asked, slots, models) = (shutdown.clone(), settings.slots, settings.models_listen.clone());
    let scraped = settings.metrics.clone();
    let (worker, mut models_server) = tokio::select! {
        started = start(settings, asked) => started?,
        () = shutdown.asked() => return Ok(()),
    };
    let worker = Arc::new(worker);
    let started = [("worker_id", json!(worker.id.to_string())), ("models", json!(models))];
    log::line(Level::Info, "worker", "ready", &started);
    if let Some((address, token)) = scraped {
        let listener = Listener::bind(address, token)
            .await
            .context("TESSERA_WORKER_METRICS_LISTEN, TESSERA_WORKER_METRICS_TOKEN")?;
        tokio::spawn(metrics::serve(listener, Arc::downgrade(&worker)));
    }
    let heartbeats = tokio::spawn(send_heartbeats(worker.clone()));
    let maintenance = tokio::spawn(maintenance::run_maintenance(worker.clone()));
    dispatch::until_shutdown(worker.clone(), slots).await;
    heartbeats.abort();
    maintenance.abort();
    let deregister = async { workers::remove_heartbeat(&worker.db(), worker.id).await };
    // If this fails, the heartbeat expires a little later.
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, deregister).await;
    // A host waits for the embedding of a question.
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, &mut models_server).await;
    if let Some(traces) = &worker.traces {
        traces.flush().await;
    }
    log::line(Level::Info, "worker", "stopped", &[]);
    Ok(())
}

/// Connects, loads the models and serves them, compiles the extractor.
async fn start(settings: Settings, shutdown: Shutdown) -> Result<(Worker, ModelsServer)> {
    let (english, multilingual) =
        (settings.model_dir.clone(), settings.multilingual_model_dir.clone());
    let models =
        tokio::task::spawn_blocking(move || load_models(&english, multilingual.as_deref()))
            .await??;
    let listener = TcpListener::bind(&settings.models_listen).await;
    let listener = listener.with_context(|| {
        format!("TESSERA_MODELS_LISTEN: cannot listen on {}", settings.models_listen)
    })?;
    let mut asked = shutdown.clone();
    let served = match generator::from_config().await? {
        Some(generator) => models.clone().with_generator(generator),
        None => models.clone(),
    };
    let serving = embedding::serve(listener, served, async move { asked.asked().await });
    let models_server = tokio::spawn(serving);
    settings::compile_extractor_apart().await?;
    let extractor = settings::extractor().await?;
    let url = platform::config::required("database_url").await?;
    let jobs = u32::try_from(settings.slots.total() - settings.slots.crawl)?;
    let crawls = u32::try_from(settings.slots.crawl)?.saturating_mul(CONNECTIONS_PER_CRAWL);
    let connections =
        jobs.saturating_mul(CONNECTIONS_PER_JOB).saturating_add(crawls + CONNECTIONS_BESIDE);
    let source = Source::connect(&url, connections).await?;
    let embedding = match &settings.embedding_url {
        None => Embedding::BuiltIn(models),
        Some(_) => Embedding::Server(models),
    };
    let message_model =
        settings.embedding_model.unwrap_or_else(|| default_model(&embedding).to_owned());
    let worker = Worker {
        id: platform::random::id()?,
        events: EventPublisher::new(source.clone()),
        source,
        embedding,
        message_model,
        extractor,
        max_chunks: settings.max_chunks,
        turns: crate::turns::Turns::default(),
        mailer: mail::Mailer::from_config().await?,
        public_url: settings.public_url.clone(),
        crawler: settings.crawler,
        crawl_memory: CrawlMemory::default(),
        renderer: Renderer::new(settings.chromium, settings.render_time),
        shutdown,
        metrics: settings.metrics.is_some().then(|| Metrics::new(settings.slots)),
        traces: settings.traces.map(export_spans).transpose()?,
    };
    Ok((worker, models_server))
}

/// Exports the spans of this process from now on.
fn export_spans(config: TracesConfig) -> Result<Traces> {
    let report = |line: &str| log::line(Level::Warn, "worker", line, &[]);
    let traces = Traces::start(config, report).context("setting up the export of traces")?;
    let exporter = traces.clone();
    telemetry::record_spans(move |span| exporter.record(span));
    Ok(traces)
}

/// Loads the built-in models; they share their threads.
fn load_models(english: &Path, multilingual: Option<&Path>) -> Result<Models> {
    let model = Embedder::load(english, Options::default());
    let model = model
        .map_err(|e| anyhow::anyhow!("{e}"))
        .context("TESSERA_MODEL_DIR: the English embedding model")?;
    let Some(folder) = multilingual else { return Ok(model.into()) };
    let other =
        model.load_beside(&MULTILINGUAL_E5_SMALL, folder).map_err(|e| anyhow::anyhow!("{e}"));
    let other =
        other.context("TESSERA_MULTILINGUAL_MODEL_DIR: the multilingual embedding model")?;
    Ok(Models::from(model).and(other))
}

/// The multilingual model if it is built in; another server has the model that every server has had
/// so far.
fn default_model(embedding: &Embedding) -> &'static str {
    match embedding {
        Embedding::BuiltIn(models) if models.get(MULTILINGUAL_E5_SMALL.id).is_some() => {
            MULTILINGUAL_E5_SMALL.id
        }
        _ => ALL_MINILM_L6_V2.id,
    }
}

async fn send_heartbeats(worker: Arc<Worker>) {
    let mut every = tokio::time::interval(HEARTBEAT_EVERY);
    loop {
        every.tick().await;
        if let Err(problem) = workers::heartbeat(&worker.db(), worker.id).await {
            log::line(
                Level::Warn,
                "worker",
                "the heartbeat was not written",
                &[("cause", json!(problem.to_string()))],
            );
        }
    }
}
