//! `./stack backup` and `./stack restore`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use schema::PostgresServer;

use super::confirm::confirm;
use crate::backup::{self, BackupOptions};
use crate::console::Console;
use crate::lock::{LockOutcome, RunLock};
use crate::paths::Paths;
use crate::secrets::Secrets;
use crate::setup::BuildEnv;
use crate::stack::WORKER_ENVIRONMENT;
use crate::supervise::Supervisor;
use crate::supervise::signals::until_stopped;
use crate::supervise::stores::{self, Database, StoreChoice};

/// A day, in seconds.
const DAY: u64 = 86_400;

/// Backs up the database of this clone's stack, whether it runs or not.
///
/// # Errors
/// When the database cannot be reached or the backup fails.
pub async fn backup(paths: Paths, folder: Option<PathBuf>, keep_days: u64) -> Result<ExitCode> {
    let folder = folder.or_else(|| env::var_os("TESSERA_BACKUP_FOLDER").map(PathBuf::from));
    let folder = env::current_dir()?.join(folder.unwrap_or_else(|| paths.state.join("backups")));
    let options =
        BackupOptions { folder, keep: Duration::from_secs(keep_days.saturating_mul(DAY)) };
    let build_env = BuildEnv::open(paths, Console::stdout(false))?;
    let supervisor = Supervisor::new(build_env.spawner.clone(), build_env.console.clone());
    let backed_up = until_stopped(async {
        let lock = RunLock::acquire(&build_env.paths)?;
        let database = match &lock {
            LockOutcome::HeldBy(_) => running_database(&build_env.paths).await?,
            LockOutcome::Acquired(_) => start_database(&build_env, &supervisor).await?,
        };
        backup::create(&build_env, &database, &options).await
    })
    .await;
    supervisor.stop_all().await;
    backed_up.map(|_| ExitCode::SUCCESS)
}

/// Puts a backup in the place of this clone's database, after asking; or, with `drill`, into a
/// server of its own.
///
/// # Errors
/// When the stack runs, there is no terminal to ask on, or the restore fails; the database is
/// unchanged then.
pub async fn restore(paths: Paths, file: &Path, drill: bool, yes: bool) -> Result<ExitCode> {
    let file = env::current_dir()?.join(file);
    let build_env = BuildEnv::open(paths, Console::stdout(false))?;
    if drill {
        return until_stopped(backup::drill(&build_env, &file)).await.map(|()| ExitCode::SUCCESS);
    }
    let _lock = match RunLock::acquire(&build_env.paths)? {
        LockOutcome::Acquired(lock) => lock,
        LockOutcome::HeldBy(id) => {
            bail!("Tessera runs (process {id}); stop it first: {}", build_env.paths.command("down"))
        }
    };
    if !yes && !confirmed(&build_env.paths, &file)? {
        println!("nothing was changed");
        return Ok(ExitCode::FAILURE);
    }
    let supervisor = Supervisor::new(build_env.spawner.clone(), build_env.console.clone());
    let restored = until_stopped(async {
        let database = start_database(&build_env, &supervisor).await?;
        let before = backup::restore(&build_env, &database, &file).await?;
        Ok((database, before))
    })
    .await;
    supervisor.stop_all().await;
    let (database, before) = restored?;
    forget_redis(&build_env)?;
    let name = &database.name;
    let up = build_env.paths.command("up");
    build_env.console.print(&format!("restored the database {name}; start it with {up}"));
    if let Some(before) = before {
        build_env.console.print(&format!(
            "the database before is kept as {before}; when you no longer need it, drop it: drop database {before}"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The embedded Redis holds cached sessions and limits of the time after the backup; all of it can
/// be made again.
fn forget_redis(build_env: &BuildEnv) -> Result<()> {
    if env::var_os("REDIS_URL").is_some_and(|url| !url.is_empty()) {
        build_env
            .console
            .print("empty the Redis that REDIS_URL names (FLUSHALL) before the next start");
        return Ok(());
    }
    let base = crate::supervise::postgres::data_base(&build_env.paths);
    let folder = base.join("redis");
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error)
            .with_context(|| format!("deleting {}: do it before the next start", folder.display())),
        _ => Ok(()),
    }
}

async fn start_database(build_env: &BuildEnv, supervisor: &Supervisor) -> Result<Database> {
    let secrets = Secrets::load(&build_env.paths)?;
    stores::start_postgres(build_env, supervisor, &secrets, &StoreChoice::from_env()).await
}

/// The database of the stack that runs in this clone, as its administrator.
async fn running_database(paths: &Paths) -> Result<Database> {
    if let Some(url) = StoreChoice::from_env().database_url {
        return stores::check_postgres(&url).await;
    }
    let file = paths.state.join(WORKER_ENVIRONMENT);
    let text = fs::read(&file)
        .with_context(|| format!("reading {}, which `up` writes", file.display()))?;
    let environment: BTreeMap<String, String> = serde_json::from_slice(&text)?;
    let url = environment.get("TESSERA_DATABASE_URL").context("worker.json names no database")?;
    let worker = PostgresServer::parse(url)?;
    let name = worker.named_database().context("worker.json names no database")?.to_owned();
    let (host, port) = (worker.host(), worker.port());
    if host != "127.0.0.1" {
        bail!(
            "the stack runs on the Postgres of DATABASE_URL ({host}); give `backup` the same DATABASE_URL"
        );
    }
    let superuser = Secrets::load(paths)?.superuser;
    let server = PostgresServer::parse(&format!(
        "postgres://postgres:{superuser}@{host}:{port}/postgres?sslmode=disable"
    ))?;
    server.ping().await.context(
        "the Postgres of the running stack (with DATABASE_URL, give it to this command, too)",
    )?;
    Ok(Database { server, name })
}

fn confirmed(paths: &Paths, file: &Path) -> Result<bool> {
    let file = file.display();
    let effect = format!(
        "This puts {file} in the place of the database. The database of now is kept under another name."
    );
    confirm(&effect, "Restore it?", &paths.command("restore FILE --yes"))
}
