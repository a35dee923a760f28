//! The options of `tessera-host`, from the command line or the environment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use host::{HostConfig, Manifest, MetricsConfig, RuntimeConfig, TracesConfig};
use telemetry::otlp;

/// Runs Tessera's components. Variables of spin.toml: SPIN_VARIABLE_…, or a file each in
/// --variables-dir
#[derive(Parser, Debug)]
#[command(name = "tessera-host", version, disable_help_subcommand = true)]
pub(crate) struct Options {
    /// The application
    #[arg(long, env = "TESSERA_MANIFEST", default_value = "spin.toml", global = true)]
    pub(crate) manifest: PathBuf,
    /// Limits of the host; without it local-stack.toml beside the manifest, if it is there
    #[arg(long, env = "TESSERA_HOST_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// Where compiled components are kept; without it they are compiled at each start
    #[arg(long, env = "TESSERA_CACHE_DIR", global = true)]
    pub(crate) cache: Option<PathBuf>,
    /// Address and port to listen on
    #[arg(long, env = "TESSERA_LISTEN", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Folder with a file for each variable that it sets, named as the variable; wins over
    /// SPIN_VARIABLE_…
    #[arg(long, env = "TESSERA_VARIABLES_DIR")]
    variables_dir: Option<PathBuf>,
    /// Redis behind key-value stores that the limits do not name
    #[arg(long, env = "TESSERA_KEY_VALUE_REDIS_URL", hide_env_values = true)]
    key_value_redis: Option<String>,
    /// Connections to Postgres over all components; wins over `outbound_pg.budget` of the limits
    #[arg(long, env = "TESSERA_PG_BUDGET")]
    pg_budget: Option<usize>,
    /// Certificates (PEM) of authorities that are trusted for Redis beside the public ones; wins
    /// over `outbound_redis.ca_file` of the limits
    #[arg(long, env = "TESSERA_REDIS_CA")]
    redis_ca: Option<PathBuf>,
    /// The same for Postgres; wins over `outbound_pg.ca_file` of the limits
    #[arg(long, env = "TESSERA_PG_CA")]
    pg_ca: Option<PathBuf>,
    /// How long running requests and answers may take after SIGTERM, in seconds; wins over
    /// `limits.drain_seconds`
    #[arg(long, env = "TESSERA_DRAIN_SECONDS")]
    drain_seconds: Option<u64>,
    /// How long the host still takes requests after SIGTERM, while its health says 503, in seconds:
    /// longer than a proxy needs to see it; wins over `limits.drain_notice_seconds`
    #[arg(long, env = "TESSERA_DRAIN_NOTICE_SECONDS")]
    drain_notice_seconds: Option<u64>,
    /// Address and port where Prometheus scrapes /metrics; without it nothing is measured
    #[arg(long, env = "TESSERA_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    /// What scrapes show as a bearer token; needed where the address is not loopback
    #[arg(long, env = "TESSERA_METRICS_TOKEN", hide_env_values = true)]
    metrics_token: Option<String>,
    /// Address of a collector of traces that takes OTLP over HTTP, such as http://tempo:4318; without
    /// it no spans are exported
    #[arg(long, env = otlp::ENDPOINT)]
    otlp_endpoint: Option<String>,
    /// Headers of each export: name=value, commas between, values percent-encoded
    #[arg(long, env = otlp::HEADERS, hide_env_values = true)]
    otlp_headers: Option<String>,
    /// The share of traces that are recorded, from 0 to 1; without it all
    #[arg(long, env = otlp::SAMPLING_RATIO)]
    traces_sampling_ratio: Option<String>,
    /// Whether each request is logged when its response has ended; wins over `access_log.enabled` of
    /// the limits
    #[arg(long, env = "TESSERA_ACCESS_LOG", action = clap::ArgAction::Set)]
    access_log: Option<bool>,
    /// How log lines are printed
    #[arg(long, env = "TESSERA_LOG_FORMAT", value_enum, default_value = "json", global = true)]
    pub(crate) log: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Compile the components into --cache and end, e.g. while an image is built
    Compile {
        /// Beside the components, for every processor of this architecture, as releases have it
        #[arg(long)]
        portable: bool,
    },
}

/// How log lines are printed.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum LogFormat {
    /// One JSON object a line
    Json,
    /// For people
    Text,
}

impl Options {
    /// The limits of the host.
    ///
    /// # Errors
    /// If a named file does not exist, or a key is unknown.
    pub(crate) fn runtime(&self) -> Result<RuntimeConfig> {
        let beside = self.manifest.with_file_name("local-stack.toml");
        match &self.config {
            Some(file) => RuntimeConfig::load(file),
            None if beside.exists() => RuntimeConfig::load(&beside),
            None => Ok(RuntimeConfig::default()),
        }
    }

    /// The start-up configuration of the host.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) fn host_config(&self) -> Result<HostConfig> {
        let mut config = HostConfig::new(&self.manifest);
        config.listen = self.listen;
        config.runtime = self.runtime()?;
        if let Some(budget) = self.pg_budget {
            config.runtime.outbound_pg.budget = budget;
        }
        if self.redis_ca.is_some() {
            config.runtime.outbound_redis.ca_file.clone_from(&self.redis_ca);
        }
        if self.pg_ca.is_some() {
            config.runtime.outbound_pg.ca_file.clone_from(&self.pg_ca);
        }
        if let Some(enabled) = self.access_log {
            config.runtime.access_log.enabled = enabled;
        }
        let limits = &mut config.runtime.limits;
        limits.drain_seconds = self.drain_seconds.unwrap_or(limits.drain_seconds);
        limits.drain_notice_seconds =
            self.drain_notice_seconds.unwrap_or(limits.drain_notice_seconds);
        config.cache_dir.clone_from(&self.cache);
        config.key_value_redis.clone_from(&self.key_value_redis);
        config.metrics = self
            .metrics_listen
            .map(|listen| MetricsConfig { listen, token: self.metrics_token.clone() });
        config.traces = TracesConfig::read("tessera-host", |name| match name {
            otlp::ENDPOINT => self.otlp_endpoint.clone(),
            otlp::HEADERS => self.otlp_headers.clone(),
            otlp::SAMPLING_RATIO => self.traces_sampling_ratio.clone(),
            other => std::env::var(other).ok(),
        })?;
        if let Some(folder) = &self.variables_dir {
            config.variables = variables_in(folder, &self.manifest)?;
        }
        Ok(config)
    }
}

/// The values of declared variables that have a file. Other files in the folder are ignored: a
/// mounted secret may hold more.
fn variables_in(folder: &Path, manifest: &Path) -> Result<BTreeMap<String, String>> {
    anyhow::ensure!(folder.is_dir(), "expected a folder of variables, got {}", folder.display());
    let mut values = BTreeMap::new();
    for name in Manifest::load(manifest)?.variables.into_keys() {
        let file = folder.join(&name);
        if file.is_file() {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("reading {}", file.display()))?;
            // Editors and `echo` end files with a line break that is not part of the value.
            let value = text.strip_suffix('\n').unwrap_or(&text);
            values.insert(name, value.strip_suffix('\r').unwrap_or(value).to_owned());
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_set_declared_variables_without_their_last_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("spin.toml");
        let declared =
            "a = { required = true }\nb = { default = \"\" }\nc = { default = \"kept\" }\n";
        std::fs::write(
            &manifest,
            format!(
                "spin_manifest_version = 2\n[application]\nname = \"x\"\n[variables]\n{declared}"
            ),
        )
        .unwrap();
        for (name, text) in [("a", "one\n"), ("b", "two\n\n"), ("undeclared", "three")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let values = variables_in(folder.path(), &manifest).unwrap();
        let expected =
            [("a", "one"), ("b", "two\n")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values, expected.into_iter().collect());
        assert!(variables_in(&folder.path().join("absent"), &manifest).is_err());
    }

    #[test]
    fn the_budget_of_the_command_line_wins_over_the_limits() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("local-stack.toml"), "[outbound_pg]\nbudget = 60")
            .unwrap();
        let manifest = folder.path().join("spin.toml").display().to_string();
        let budget = |more: &[&str]| {
            let arguments = [&["tessera-host", "--manifest", &manifest], more].concat();
            let config = Options::try_parse_from(arguments).unwrap().host_config().unwrap();
            config.runtime.outbound_pg.budget
        };
        assert_eq!((budget(&[]), budget(&["--pg-budget", "40"])), (60, 40));
    }
}
