//! The worker's configuration, from environment variables `TESSERA_*`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use crawl::{AllowedNetworks, PaceOptions};
use kernel::Problem;
use platform::{config, telemetry::TracesConfig};
use queue::FreeSlots;
use tls::Authorities;

use crate::extractor::{Extractor, Limits};

/// Concurrent jobs in each lane. One tenant alone gets half of them.
const DEFAULT_SLOTS: usize = 4;
/// Websites that are crawled at the same time: they wait for web servers more than they compute.
const CRAWL_SLOTS: usize = 8;
/// Hosts of one run, unless the operator says otherwise.
const CRAWL_HOSTS: usize = 200;
/// Emails sent concurrently.
const MAIL_SLOTS: usize = 2;

/// The most chunks of one document: about 20 MiB of text, some minutes of embedding.
const DEFAULT_MAX_CHUNKS: u32 = 10_000;

/// The settings of the worker.
pub(crate) struct Settings {
    /// Address on which the built-in models listen.
    pub(crate) models_listen: String,
    /// Folder of the English embedding model.
    pub(crate) model_dir: PathBuf,
    /// Folder of the multilingual embedding model; None: it is not served.
    pub(crate) multilingual_model_dir: Option<PathBuf>,
    /// URL of an external embedding server; None: the built-in models, in this process.
    pub(crate) embedding_url: Option<String>,
    /// The embedding model of messages; None: the worker's default.
    pub(crate) embedding_model: Option<String>,
    /// The public URL, without a slash at the end.
    pub(crate) public_url: String,
    /// Concurrent jobs.
    pub(crate) slots: FreeSlots,
    /// The most chunks of one document.
    pub(crate) max_chunks: u32,
    /// Where metrics are scraped, and the token that scrapes show; none: nothing is measured.
    pub(crate) metrics: Option<(SocketAddr, Option<String>)>,
    /// Where spans are exported to; none: nowhere.
    pub(crate) traces: Option<TracesConfig>,
    /// How websites are crawled.
    pub(crate) crawler: CrawlerSettings,
    /// The browser that renders pages; None: there is none.
    pub(crate) chromium: Option<PathBuf>,
    /// How long a page may load in it.
    pub(crate) render_time: Duration,
    /// The parent process: the worker stops when it has died.
    pub(crate) parent: Option<u32>,
}

/// How websites are crawled.
pub(crate) struct CrawlerSettings {
    /// The product token, which `robots.txt` names.
    pub(crate) agent: String,
    /// Where the owner of a website finds out about the crawler.
    pub(crate) contact: String,
    /// Networks that may be reached although they are not public.
    pub(crate) networks: AllowedNetworks,
    /// Ports beside 80 and 443.
    pub(crate) ports: Vec<u16>,
    /// Hosts of one run, each with its scheme and port.
    pub(crate) hosts: usize,
    /// Politeness.
    pub(crate) pace: PaceOptions,
    /// Seconds before a URL that failed for the moment is fetched again; the third attempt comes
    /// after three times as many.
    pub(crate) retry_seconds: i64,
}

impl CrawlerSettings {
    async fn read(public_url: &str) -> Result<Self> {
        let networks = config::optional("crawl_networks").await?.unwrap_or_default();
        let networks = AllowedNetworks::parse(&networks)
            .map_err(|e| anyhow::anyhow!("TESSERA_CRAWL_NETWORKS: {e}"))?;
        let ports = config::optional("crawl_ports").await?.unwrap_or_default();
        let ports = ports.split(',').map(str::trim).filter(|port| !port.is_empty());
        let ports = ports.map(|port| {
            port.parse().with_context(|| {
                format!("TESSERA_CRAWL_PORTS: expected ports with commas between, got `{port}`")
            })
        });
        let usual = PaceOptions::default();
        Ok(Self {
            agent: config::optional("crawl_agent")
                .await?
                .unwrap_or_else(|| "TesseraBot".to_owned()),
            contact: config::optional("crawl_contact")
                .await?
                .unwrap_or_else(|| public_url.to_owned()),
            networks,
            ports: ports.collect::<Result<_>>()?,
            hosts: number("crawl_hosts", CRAWL_HOSTS).await?.max(1),
            pace: PaceOptions {
                delay: Duration::from_millis(number("crawl_delay_ms", 1_000).await?),
                connections: number("crawl_connections", usual.connections).await?.max(1),
                ..usual
            },
            retry_seconds: number("crawl_retry_seconds", 20).await?.clamp(1, 3600),
        })
    }
}

/// The number of a variable `TESSERA_…`.
pub(crate) async fn number<T: std::str::FromStr>(name: &'static str, default: T) -> Result<T> {
    match config::optional(name).await? {
        None => Ok(default),
        Some(text) => text.parse().ok().with_context(|| {
            format!("TESSERA_{}: expected a number, got `{text}`", name.to_uppercase())
        }),
    }
}

impl Settings {
    pub(crate) async fn read() -> Result<Self> {
        Authorities::redis_from_env().check()?;
        Authorities::postgres_from_env().check()?;
        let models_listen =
            config::optional("models_listen").await?.unwrap_or_else(|| "127.0.0.1:3210".to_owned());
        let own = format!("http://{models_listen}/v1");
        let embedding_url =
            config::optional("embedding_url").await?.filter(|url| url.trim_end_matches('/') != own);
        let public_url = config::optional("public_url")
            .await?
            .unwrap_or_else(|| "http://127.0.0.1:3000".to_owned());
        let parent = number("parent_pid", 0).await?;
        Ok(Self {
            models_listen,
            model_dir: config::required("model_dir").await?.into(),
            multilingual_model_dir: config::optional("multilingual_model_dir")
                .await?
                .map(PathBuf::from),
            embedding_url,
            embedding_model: config::optional("embedding_model").await?.filter(|id| !id.is_empty()),
            public_url: public_url.trim_end_matches('/').to_owned(),
            slots: FreeSlots {
                short: number("worker_short_jobs", DEFAULT_SLOTS).await?.max(1),
                long: number("worker_long_jobs", DEFAULT_SLOTS).await?.max(1),
                mail: MAIL_SLOTS,
                crawl: number("worker_crawls", CRAWL_SLOTS).await?,
            },
            max_chunks: number("max_chunks", DEFAULT_MAX_CHUNKS).await?,
            metrics: metrics().await?,
            traces: config::traces("tessera-worker")?,
            crawler: CrawlerSettings::read(public_url.trim_end_matches('/')).await?,
            chromium: config::optional("chromium").await?.map(PathBuf::from),
            render_time: Duration::from_secs(number("render_seconds", 10).await?),
            parent: (parent != 0).then_some(parent),
        })
    }
}

async fn metrics() -> Result<Option<(SocketAddr, Option<String>)>> {
    let Some(listen) = config::optional("worker_metrics_listen").await? else { return Ok(None) };
    let address = listen.parse().ok().with_context(|| {
        format!("TESSERA_WORKER_METRICS_LISTEN: expected address:port, got `{listen}`")
    })?;
    Ok(Some((address, config::optional("worker_metrics_token").await?)))
}

/// Compiles the extractor in a process of its own if it has to be, because a compiler takes a
/// hundred megabytes that this one would keep. Where that fails, loading it compiles.
pub(crate) async fn compile_extractor_apart() -> Result<()> {
    let (wasm, cache) = extractor_files().await?;
    let known = tokio::task::spawn_blocking(move || Extractor::is_compiled(&wasm, &cache));
    if !known.await.map_err(Problem::internal)?? {
        let program = std::env::current_exe()?;
        let _ =
            tokio::process::Command::new(program).arg("compile").kill_on_drop(true).status().await;
    }
    Ok(())
}

async fn extractor_files() -> Result<(PathBuf, PathBuf)> {
    let wasm: PathBuf = config::optional("extractor")
        .await?
        .unwrap_or_else(|| "dist/extractor.wasm".to_owned())
        .into();
    let cache = config::optional("cache_dir")
        .await?
        .map_or_else(|| wasm.with_file_name("compiled"), PathBuf::from);
    Ok((wasm, cache))
}

/// Compiles the extractor as releases have it.
pub(crate) async fn compile_portable_extractor() -> Result<()> {
    let (wasm, _) = extractor_files().await?;
    tokio::task::spawn_blocking(move || Extractor::compile_portable(&wasm))
        .await
        .map_err(Problem::internal)?
}

/// The compiled extractor: `TESSERA_EXTRACTOR` (default `dist/extractor.wasm`), native code in
/// `TESSERA_CACHE_DIR` (default: beside it).
pub(crate) async fn extractor() -> Result<Extractor> {
    let (wasm, cache) = extractor_files().await?;
    let standard = Limits::default();
    let limits = Limits {
        memory: number("extractor_memory_mib", standard.memory >> 20).await? << 20,
        seconds: number("extractor_seconds", standard.seconds).await?,
    };
    // The first compilation computes for seconds.
    let load = tokio::task::spawn_blocking(move || Extractor::load(&wasm, &cache, limits));
    load.await.map_err(Problem::internal)?
}
