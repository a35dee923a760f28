//! What answers requests: the built-in host in this process, or `spin up` as a child.

use std::net::SocketAddr;

use anyhow::Result;
use host::{Host, HostConfig, Manifest, RuntimeConfig};
use tokio::task::JoinHandle;

use super::settings::Settings;
use crate::setup::Workshop;

/// What answers requests.
pub(super) enum Front {
    /// In this process.
    Native(Host),
    /// A supervised child, which drains by itself, and our own ticks for it.
    Spin(JoinHandle<()>),
}

impl Front {
    /// Ends it after running requests have finished (30 s at most).
    pub(super) async fn drain(self) {
        match self {
            Self::Native(host) => host.shutdown().await,
            Self::Spin(ticks) => ticks.abort(),
        }
    }
}

/// Starts the built-in host; it listens when this returns.
pub(super) async fn start_native(workshop: &Workshop, listen: SocketAddr, settings: &Settings) -> Result<Front> {
    let places = &workshop.places;
    let manifest = places.root.join("spin.toml");
    let declared = Manifest::load(&manifest)?.variables;
    let mut config = HostConfig::new(manifest);
    config.listen = listen;
    let compiled = places.state.join("aot");
    if !compiled.exists() {
        workshop.console.say("compiling the components for this machine");
    }
    config.cache_dir = Some(compiled);
    let limits = places.root.join("local-stack.toml");
    if limits.exists() {
        config.runtime = RuntimeConfig::load(&limits)?;
    }
    config.variables = settings.variables.clone();
    config.variables.retain(|name, _| declared.contains_key(name));
    config.key_value_redis = Some(settings.redis_url.clone());
    Ok(Front::Native(Host::start(config).await?))
}
