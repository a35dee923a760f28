//! The native worker: how it is started as a server and for a single admin command.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;

use super::settings::Settings;
use crate::paths::replace_private;
use crate::setup::{BuildEnv, model::ModelFolders};
use crate::supervise::{Inherit, Invocation, Output, Program, Ready};

/// The worker as a server: jobs, and the built-in models over HTTP.
pub(super) fn program(build_env: &BuildEnv, settings: &Settings, models: &ModelFolders) -> Program {
    let ready = match settings.models_listen.parse() {
        Ok(address) => Ready::Http(address, "/health"),
        Err(_) => Ready::AtOnce,
    };
    let worker = admin_command(build_env, settings);
    let worker = models.variables().fold(worker, |worker, (name, folder)| worker.env(name, folder));
    let generator = settings.generator.iter();
    let worker = generator.fold(worker, |worker, (name, value)| worker.env(name, value));
    Program {
        name: "the worker",
        invocation: worker
            .env("TESSERA_EXTRACTOR", build_env.paths.dist().join("extractor.wasm"))
            .env("TESSERA_CACHE_DIR", build_env.paths.state.join("aot"))
            .env("TESSERA_WORKER_METRICS_LISTEN", settings.metrics.worker_address())
            // Without setpriv the worker itself checks that we are alive.
            .env("TESSERA_PARENT_PID", std::process::id().to_string())
            // It needs no graceful stop: jobs are leased.
            .orphan_signal(Signal::KILL),
        output: Output::Lines("worker"),
        ready,
        ready_within: Duration::from_secs(120),
        stop_signal: Signal::TERM,
        stop_within: Duration::from_secs(35),
    }
}

/// Writes the environment of admin commands, for `./stack worker`.
pub(super) fn write_environment(build_env: &BuildEnv, settings: &Settings) -> Result<()> {
    let environment: BTreeMap<&str, &str> = environment(settings).into();
    replace_private(
        &build_env.paths.state.join(super::WORKER_ENVIRONMENT),
        &serde_json::to_vec_pretty(&environment)?,
    )
}

fn environment(settings: &Settings) -> [(&'static str, &str); 10] {
    let variable = |name: &str| settings.variables.get(name).map_or("", String::as_str);
    [
        ("TESSERA_DATABASE_URL", &settings.worker_database_url),
        ("TESSERA_PG_CA", &settings.pg_ca),
        ("TESSERA_REDIS_URL", &settings.worker_redis_url),
        ("TESSERA_REDIS_CA", &settings.redis_ca),
        ("TESSERA_MASTER_KEY", variable("master_key")),
        ("TESSERA_MASTER_KEY_PREVIOUS", variable("master_key_previous")),
        ("TESSERA_PUBLIC_URL", &settings.public_url),
        ("TESSERA_MODELS_LISTEN", &settings.models_listen),
        ("TESSERA_EMBEDDING_URL", &settings.embedding_url),
        ("TESSERA_EMBEDDING_MODEL", variable("embedding_model")),
    ]
}

/// The worker with its settings.
pub(super) fn admin_command(build_env: &BuildEnv, settings: &Settings) -> Invocation {
    let worker = Invocation::new(build_env.paths.program("worker"));
    let worker = worker.folder(&build_env.paths.root).inherit(Inherit::Worker);
    let worker = environment(settings)
        .into_iter()
        .fold(worker, |worker, (name, value)| worker.env(name, value));
    let worker = worker.env("TESSERA_MAIL_OUTBOX", outbox(build_env));
    let Some(port) = settings.crawled_port else { return worker };
    worker
        .env("TESSERA_CRAWL_NETWORKS", "127.0.0.0/8")
        .env("TESSERA_CRAWL_PORTS", port.to_string())
        .env("TESSERA_CRAWL_DELAY_MS", "20")
        .env("TESSERA_CRAWL_RETRY_SECONDS", "1")
}

/// The folder of emails without a mail server (`TESSERA_SMTP_URL`, which the worker finds in its
/// environment by itself).
#[must_use]
pub fn outbox(build_env: &BuildEnv) -> PathBuf {
    build_env.paths.state.join("outbox")
}

/// A description of it for the user.
pub(super) fn emails(build_env: &BuildEnv) -> String {
    match std::env::var("TESSERA_SMTP_URL").is_ok_and(|url| !url.is_empty()) {
        true => "Mails go to the server that TESSERA_SMTP_URL names".to_owned(),
        false => format!("Mails are written into {}", outbox(build_env).display()),
    }
}
