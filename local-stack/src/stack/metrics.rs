//! Where host and worker are scraped: what the environment names, else, if the stack is to be
//! measured for `top`, a port of its own on loopback.

use std::collections::BTreeMap;
use std::env;

use anyhow::{Context, Result};
use host::MetricsConfig;

use super::METRICS_LISTENERS;
use crate::commands::top::MetricsListener;
use crate::paths::{Paths, replace_private};
use crate::setup::BuildEnv;

/// The value of a variable that leaves a process unmeasured.
const OFF: &str = "off";

/// The listeners of one stack.
#[derive(Clone, Debug, Default)]
pub(super) struct MetricsListeners {
    host: Option<MetricsListener>,
    worker: Option<MetricsListener>,
}

impl MetricsListeners {
    pub(super) fn choose(build_env: &BuildEnv, is_measured: bool) -> Result<Self> {
        let listener = |of: &str, service: &str| -> Result<Option<MetricsListener>> {
            let variable = |name: String| env::var(name).ok().filter(|value| !value.is_empty());
            let token = variable(format!("TESSERA_{of}METRICS_TOKEN"));
            match variable(format!("TESSERA_{of}METRICS_LISTEN")) {
                Some(off) if off == OFF => Ok(None),
                Some(address) => Ok(Some(MetricsListener { address, token })),
                None if is_measured => {
                    let address = format!("127.0.0.1:{}", build_env.ports.of(service)?);
                    Ok(Some(MetricsListener { address, token }))
                }
                None => Ok(None),
            }
        };
        Ok(Self {
            host: listener("", "metrics of the host")?,
            worker: listener("WORKER_", "metrics of the worker")?,
        })
    }

    /// For the host.
    pub(super) fn host(&self) -> Result<Option<MetricsConfig>> {
        let Some(MetricsListener { address, token }) = &self.host else { return Ok(None) };
        let listen = address.parse().with_context(|| {
            format!("TESSERA_METRICS_LISTEN: expected address:port or off, got `{address}`")
        })?;
        Ok(Some(MetricsConfig { listen, token: token.clone() }))
    }

    /// For the worker's environment; empty: it is not measured.
    pub(super) fn worker_address(&self) -> &str {
        self.worker.as_ref().map_or("", |listener| &listener.address)
    }

    /// Writes them for `top`; the file holds tokens, so only its owner reads it.
    pub(super) fn write(&self, paths: &Paths) -> Result<()> {
        let listeners: BTreeMap<&str, &MetricsListener> =
            [("host", &self.host), ("worker", &self.worker)]
                .into_iter()
                .filter_map(|(name, listener)| Some((name, listener.as_ref()?)))
                .collect();
        replace_private(
            &paths.state.join(METRICS_LISTENERS),
            &serde_json::to_vec_pretty(&listeners)?,
        )
    }
}
