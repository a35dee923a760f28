//! The host: built in, in this process, or `spin up` as a child.

use std::path::Path;

use anyhow::{Context, Result};
use host::{Host, HostConfig, Manifest, RuntimeConfig, TracesConfig};
use tokio::task::JoinHandle;

use super::StackOptions;
use super::settings::Settings;
use crate::paths::Paths;
use crate::setup::BuildEnv;
use crate::supervise::Inherit;

/// The host that serves requests.
pub(super) enum RunningHost {
    /// In this process.
    BuiltIn(Host),
    /// A supervised child, which drains by itself, and our own ticks for it.
    Spin(JoinHandle<()>),
}

impl RunningHost {
    /// Stops it after running requests have finished (30 s at most).
    pub(super) async fn drain(self) {
        match self {
            Self::BuiltIn(host) => host.shutdown().await,
            Self::Spin(ticks) => ticks.abort(),
        }
    }
}

/// `./stack compile-components CACHE`: compiles what the built-in host would compile at its start.
///
/// # Errors
/// If a component is missing or does not compile.
pub fn compile_components(paths: &Paths, cache: &Path) -> Result<()> {
    let limits = paths.root.join("local-stack.toml");
    let runtime =
        if limits.exists() { RuntimeConfig::load(&limits)? } else { RuntimeConfig::default() };
    host::precompile(&paths.root.join("spin.toml"), &runtime, cache)
}

/// In a separate process, because a compiler takes hundreds of megabytes that this one would keep.
/// If that fails, the host compiles.
async fn compile_in_child(build_env: &BuildEnv, cache: &Path) {
    let Ok(program) = std::env::current_exe() else { return };
    let mut command = tokio::process::Command::new(program);
    command.arg("compile-components").arg(cache).kill_on_drop(true);
    command.env_clear().envs(Inherit::Base.variables()).env("TESSERA_CLONE", &build_env.paths.root);
    match command.status().await {
        Ok(status) if status.success() => {}
        other => {
            build_env.console.warn(&format!(
                "the components were not compiled ahead ({other:?}); the host does it"
            ));
        }
    }
}

/// Starts the built-in host; it listens when this returns.
pub(super) async fn start_built_in(
    build_env: &BuildEnv,
    options: &StackOptions,
    settings: &Settings,
) -> Result<RunningHost> {
    let paths = &build_env.paths;
    let manifest = paths.root.join("spin.toml");
    let declared = Manifest::load(&manifest)?.variables;
    let mut config = HostConfig::new(manifest);
    config.listen = options.listen;
    let compiled = paths.state.join("aot");
    let limits = paths.root.join("local-stack.toml");
    if limits.exists() {
        config.runtime = RuntimeConfig::load(&limits)?;
    }
    if let Some(budget) = pg_budget()? {
        config.runtime.outbound_pg.budget = budget;
    }
    if let Some(enabled) = access_log()? {
        config.runtime.access_log.enabled = enabled;
    }
    if options.loopback_providers {
        for component in config.runtime.component.values_mut() {
            component.outbound_http.block_networks.clear();
        }
    }
    if host::uncompiled(&config.manifest, &config.runtime, &compiled)? > 0 {
        build_env.console.print("compiling the components for this machine");
        compile_in_child(build_env, &compiled).await;
    }
    config.cache_dir = Some(compiled);
    config.variables = settings.variables.clone();
    config.variables.retain(|name, _| declared.contains_key(name));
    if !settings.redis_ca.is_empty() {
        config.runtime.outbound_redis.ca_file = Some(settings.redis_ca.clone().into());
    }
    if !settings.pg_ca.is_empty() {
        config.runtime.outbound_pg.ca_file = Some(settings.pg_ca.clone().into());
    }
    config.key_value_redis = Some(settings.host_redis_url.clone());
    config.metrics = settings.metrics.host()?;
    config.traces = TracesConfig::read("tessera-host", |name| std::env::var(name).ok())?;
    Ok(RunningHost::BuiltIn(Host::start(config).await?))
}

/// Connections of the host to Postgres: `TESSERA_PG_BUDGET`, which wins over the limits.
fn pg_budget() -> Result<Option<usize>> {
    let Some(budget) = std::env::var("TESSERA_PG_BUDGET").ok().filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    let number = budget.parse().with_context(|| {
        format!("TESSERA_PG_BUDGET: expected a number of connections, got `{budget}`")
    })?;
    Ok(Some(number))
}

/// Whether requests are logged: `TESSERA_ACCESS_LOG`, which wins over the limits.
fn access_log() -> Result<Option<bool>> {
    let Some(enabled) = std::env::var("TESSERA_ACCESS_LOG").ok().filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    enabled
        .parse()
        .map(Some)
        .with_context(|| format!("TESSERA_ACCESS_LOG: expected true or false, got `{enabled}`"))
}
