//! The worker's configuration, from environment variables `TESSERA_*`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use kernel::Problem;
use platform::config;
use queue::FreeSlots;

use crate::extractor::{Extractor, Limits};

/// Concurrent jobs in each lane. One tenant alone gets half of them.
const DEFAULT_SLOTS: usize = 4;
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
    /// The public URL, without a slash at the end.
    pub(crate) public_url: String,
    /// Concurrent jobs.
    pub(crate) slots: FreeSlots,
    /// The most chunks of one document.
    pub(crate) max_chunks: u32,
    /// The parent process: the worker stops when it has died.
    pub(crate) parent: Option<u32>,
}

async fn number<T: std::str::FromStr>(name: &'static str, default: T) -> Result<T> {
    match config::optional(name).await? {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .with_context(|| format!("TESSERA_{}: expected a number, got `{text}`", name.to_uppercase())),
    }
}

impl Settings {
    pub(crate) async fn read() -> Result<Self> {
        let models_listen = config::optional("models_listen").await?.unwrap_or_else(|| "127.0.0.1:3210".to_owned());
        let own = format!("http://{models_listen}/v1");
        let embedding_url = config::optional("embedding_url").await?.filter(|url| url.trim_end_matches('/') != own);
        let public_url = config::optional("public_url").await?.unwrap_or_else(|| "http://127.0.0.1:3000".to_owned());
        let parent = number("parent_pid", 0).await?;
        Ok(Self {
            models_listen,
            model_dir: config::required("model_dir").await?.into(),
            multilingual_model_dir: config::optional("multilingual_model_dir").await?.map(PathBuf::from),
            embedding_url,
            public_url: public_url.trim_end_matches('/').to_owned(),
            slots: FreeSlots {
                short: number("worker_short_jobs", DEFAULT_SLOTS).await?.max(1),
                long: number("worker_long_jobs", DEFAULT_SLOTS).await?.max(1),
                mail: MAIL_SLOTS,
            },
            max_chunks: number("max_chunks", DEFAULT_MAX_CHUNKS).await?,
            parent: (parent != 0).then_some(parent),
        })
    }
}

/// Compiles the extractor in a separate process if needed, because a compiler takes a hundred
/// megabytes that this process would keep. If that fails, this process compiles it when it loads
/// it.
pub(crate) async fn compile_extractor_apart() -> Result<()> {
    let (wasm, cache) = extractor_files().await?;
    let known = tokio::task::spawn_blocking(move || Extractor::is_compiled(&wasm, &cache));
    if !known.await.map_err(Problem::internal)?? {
        let program = std::env::current_exe()?;
        let _ = tokio::process::Command::new(program).arg("compile").kill_on_drop(true).status().await;
    }
    Ok(())
}

async fn extractor_files() -> Result<(PathBuf, PathBuf)> {
    let wasm: PathBuf = config::optional("extractor").await?.unwrap_or_else(|| "dist/extractor.wasm".to_owned()).into();
    let cache = config::optional("cache_dir").await?.map_or_else(|| wasm.with_file_name("compiled"), PathBuf::from);
    Ok((wasm, cache))
}

/// The compiled extractor: `TESSERA_EXTRACTOR` (default `dist/extractor.wasm`), native code in `TESSERA_CACHE_DIR` (default: beside it).
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
