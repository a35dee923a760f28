//! What `./stack up` installs itself, and the state of this clone.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use super::Finding;
use crate::lock::RunLock;
use crate::ports;
use crate::secrets::Secrets;
use crate::setup::wheel::Wheel;
use crate::setup::{BuildEnv, model, postgres, redis};
use crate::supervise::stores::{self, StoreChoice};

/// A cold build takes about this much.
const DISK_GIB: u64 = 8;

pub(super) async fn check(build_env: &BuildEnv) -> Vec<Finding> {
    let choice = StoreChoice::from_env();
    let cache = &build_env.paths.cache;
    let mut findings = Vec::new();
    findings.push(match &choice.database_url {
        Some(url) => given_postgres(url).await,
        None => embedded_postgres(cache),
    });
    findings.push(match &choice.redis_url {
        Some(url) => given_redis(url).await,
        None => embedded_redis(cache),
    });
    findings.extend([embedding_model(cache), multilingual_model(cache)]);
    findings.push(match Secrets::load(&build_env.paths) {
        Ok(_) => Finding::fine(
            "secrets",
            build_env.paths.short(&build_env.paths.state.join("secrets.json")).display().to_string(),
        ),
        Err(error) => Finding::broken(
            "secrets",
            format!("{error:#}"),
            "restore .stack/secrets.json from a backup, or start over: ./stack reset",
        ),
    });
    findings.push(port(build_env));
    findings.push(disk(&build_env.paths.root));
    findings
}

async fn given_postgres(url: &str) -> Finding {
    let what = "Postgres (DATABASE_URL)";
    match stores::check_postgres(url).await {
        Ok(database) => Finding::fine(what, format!("{}:{}", database.server.host(), database.server.port())),
        Err(error) => Finding::broken(
            what,
            format!("{error:#}"),
            "correct DATABASE_URL, or unset it to use the embedded Postgres",
        ),
    }
}

async fn given_redis(url: &str) -> Finding {
    let what = "Redis (REDIS_URL)";
    match stores::check_redis(url, "").await {
        Ok(address) => Finding::fine(what, format!("{}:{}", address.host, address.port)),
        Err(error) => {
            Finding::broken(what, format!("{error:#}"), "correct REDIS_URL, or unset it to use the embedded Redis")
        }
    }
}

fn embedded_postgres(cache: &Path) -> Finding {
    let (what, folder) = ("Postgres", postgres::WHEEL.folder(cache));
    if !folder.exists() {
        return Finding::later(what, format!("./stack up downloads {}", postgres::WHEEL.label));
    }
    let program = postgres::WHEEL.parts(&folder).join("bin/postgres");
    match Command::new(&program).arg("--version").output() {
        Ok(output) if output.status.success() => {
            Finding::fine(what, String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        _ => Finding::broken(what, format!("{} does not run", program.display()), again(&folder)),
    }
}

fn embedded_redis(cache: &Path) -> Finding {
    match redis::find(cache) {
        Some(found) => Finding::fine("Redis", found.server.display().to_string()),
        None => Finding::later(
            "Redis",
            "./stack up downloads Debian's package (elsewhere install Redis 7.0 or newer, or set REDIS_URL)",
        ),
    }
}

fn embedding_model(cache: &Path) -> Finding {
    let files = ["model.safetensors", "tokenizer.json"];
    installed("embedding model, English", &model::MINILM, &files, cache)
}

fn multilingual_model(cache: &Path) -> Finding {
    let what = "embedding model, multilingual";
    match model::wants_multilingual() {
        Ok(true) => installed(what, &model::MULTILINGUAL, &["e5-small-q4.bin"], cache),
        Ok(false) => Finding::fine(what, "left out (TESSERA_EMBEDDER=minilm): only English is embedded well"),
        Err(error) => Finding::broken(what, format!("{error:#}"), "unset TESSERA_EMBEDDER"),
    }
}

fn installed(what: &'static str, wheel: &Wheel, files: &[&str], cache: &Path) -> Finding {
    let folder = wheel.folder(cache);
    if !folder.exists() {
        return Finding::later(what, format!("./stack up downloads {}", wheel.label));
    }
    match files.iter().find(|name| !wheel.parts(&folder).join(name).is_file()) {
        None => Finding::fine(what, folder.display().to_string()),
        Some(missing) => Finding::broken(what, format!("{missing} is missing in {}", folder.display()), again(&folder)),
    }
}

fn again(folder: &Path) -> String {
    format!("rm -rf '{}' && ./stack up", folder.display())
}

fn port(build_env: &BuildEnv) -> Finding {
    let what = "port 3000";
    if let Ok(Some(id)) = RunLock::holder(&build_env.paths) {
        return Finding::fine(what, format!("the stack of this clone runs (process {id})"));
    }
    match ports::check_listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 3000))) {
        Ok(()) => Finding::fine(what, "free"),
        Err(error) => Finding::broken(what, format!("{error:#}"), "./stack up --listen 127.0.0.1:3001"),
    }
}

fn disk(root: &Path) -> Finding {
    let what = "disk space";
    let Ok(found) = rustix::fs::statvfs(root) else {
        return Finding::broken(what, "the free space of the clone's file system is unknown", "df -h .");
    };
    let gib = found.f_bavail.saturating_mul(found.f_frsize) >> 30;
    if gib >= DISK_GIB {
        Finding::fine(what, format!("{gib} GiB free"))
    } else {
        Finding::broken(
            what,
            format!("{gib} GiB free, a build takes up to {DISK_GIB}"),
            "free some, or set CARGO_TARGET_DIR to a larger disk",
        )
    }
}
