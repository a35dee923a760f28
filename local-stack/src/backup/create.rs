//! `./stack backup`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use schema::Snapshot;

use super::cipher;
use super::files::{self, FORMAT, Manifest};
use super::key::{BackupKey, fingerprint};
use super::relay::Relay;
use crate::paths::replace_private;
use crate::secrets::Secrets;
use crate::setup::{self, BuildEnv};
use crate::supervise::stores::Database;
use crate::supervise::{Invocation, tail_of};

/// What is asked of a backup.
#[derive(Debug, Clone)]
pub struct BackupOptions {
    /// Where it goes.
    pub folder: PathBuf,
    /// Older ones in the folder are deleted afterwards, but never the newest.
    pub keep: Duration,
}

/// Writes a backup of `database`, reads it back and deletes old ones; returns its file.
///
/// # Errors
/// When the dump fails, or what was written is not what is read.
pub async fn create(
    build_env: &BuildEnv,
    database: &Database,
    options: &BackupOptions,
) -> Result<PathBuf> {
    let began = Instant::now();
    let console = &build_env.console;
    let secrets = Secrets::load(&build_env.paths)?;
    let (key, is_new) = BackupKey::load(&build_env.paths, true)?;
    fs::create_dir_all(&options.folder)
        .with_context(|| format!("making {}", options.folder.display()))?;
    let snapshot = database.server.snapshot(&database.name).await?;
    let file = options.folder.join(format!("tessera-{}.backup", snapshot.stamp));
    let unfinished = file.with_extension("unfinished");
    let written = write(build_env, database, snapshot, &key, &unfinished).await;
    let written = written.inspect_err(|_| drop(fs::remove_file(&unfinished)))?;
    let manifest = Manifest {
        seconds: began.elapsed().as_secs_f64(),
        master_key: fingerprint(secrets.master_key.as_bytes()),
        ..written
    };
    fs::rename(&unfinished, &file).with_context(|| format!("naming {}", file.display()))?;
    replace_private(&files::manifest_of(&file), &serde_json::to_vec_pretty(&manifest)?)?;
    let recorded =
        database.server.record_backup(&database.name, manifest.unix_seconds, manifest.bytes).await;
    // The backup is good all the same; only the alert will say that there is none.
    if let Err(error) = recorded {
        console.warn(&format!("the backup is complete, but its age is not measured: {error:#}"));
    }
    let total: i64 = manifest.rows.values().sum();
    let megabytes = manifest.bytes as f64 / 1e6;
    let (name, seconds) = (file.display(), manifest.seconds);
    console.print(&format!("{name}: {megabytes:.1} MB, {total} rows, {seconds:.1} s, read back"));
    if is_new {
        print_keys(build_env);
    }
    for old in files::delete_old(&options.folder, options.keep)? {
        console.print(&format!("deleted {}, which is older than is kept", old.display()));
    }
    Ok(file)
}

/// Writes the dump and reads it from the disk again: what cannot be restored must not count as a
/// backup.
async fn write(
    build_env: &BuildEnv,
    database: &Database,
    mut snapshot: Snapshot,
    key: &BackupKey,
    file: &Path,
) -> Result<Manifest> {
    dump(build_env, database, &snapshot, key, file).await?;
    let rows = snapshot.row_counts().await?;
    let (unix_seconds, migration) = (snapshot.unix_seconds, snapshot.migration);
    snapshot.close().await?;
    let sha256 = files::sha256(file).await?;
    let sealed = tokio::fs::File::open(file).await?;
    cipher::decrypt(&key.0, sealed, tokio::io::sink()).await.context("reading the backup back")?;
    Ok(Manifest {
        format: FORMAT,
        unix_seconds,
        seconds: 0.0,
        bytes: fs::metadata(file)?.len(),
        sha256,
        migration,
        rows,
        backup_key: key.fingerprint(),
        master_key: String::new(),
    })
}

fn print_keys(build_env: &BuildEnv) {
    let state = build_env.paths.state.display();
    build_env.console.print(&format!(
        "The backups are encrypted. Keep copies of {state}/backup.key and {state}/secrets.json somewhere else: without\n\
         the first a backup cannot be read, without the second stored credentials in it cannot."
    ));
}

async fn dump(
    build_env: &BuildEnv,
    database: &Database,
    snapshot: &Snapshot,
    key: &BackupKey,
    file: &Path,
) -> Result<()> {
    let log = build_env.paths.logs().join("pg_dump.log");
    let (tool, _relay) = postgres_tool(build_env, database, "pg_dump").await?;
    let invocation = tool.args([
        format!("--snapshot={}", snapshot.id),
        "--format=custom".to_owned(),
        // The originals are compressed formats mostly.
        "--compress=gzip:1".to_owned(),
        format!("--dbname={}", database.name),
    ]);
    let mut command = invocation.command();
    command.stdout(Stdio::piped()).stderr(fs::File::create(&log)?);
    let mut child = build_env.spawner.spawn(command).await?;
    let plain = child.stdout.take().context("pg_dump has no output")?;
    let out = tokio::fs::File::create(file)
        .await
        .with_context(|| format!("writing {}", file.display()))?;
    out.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).await?;
    cipher::encrypt(&key.0, plain, tokio::io::BufWriter::new(out.try_clone().await?)).await?;
    // A dump that broke off ends its stream like one that is complete: only the exit code tells.
    if !child.wait().await?.success() {
        bail!("pg_dump failed:\n{}", tail_of(&log, 20));
    }
    out.sync_all().await.with_context(|| format!("writing {}", file.display()))
}

/// A client program of the embedded Postgres, with what it needs to reach the server of `database`;
/// a relay that it needs must outlive it.
pub(super) async fn postgres_tool(
    build_env: &BuildEnv,
    database: &Database,
    name: &str,
) -> Result<(Invocation, Option<Relay>)> {
    let program = setup::postgres::install(build_env).await?.join("bin").join(name);
    let server = &database.server;
    let relay = match server.ssl_mode() {
        "require" => Some(Relay::to(server).await?),
        _ => None,
    };
    let (host, port, mode) = match &relay {
        Some(relay) => ("127.0.0.1", relay.port, "disable"),
        None => (server.host(), server.port(), server.ssl_mode()),
    };
    let invocation = Invocation::new(program)
        .args(["--host", host, "--port", &port.to_string(), "--username", server.admin_name()])
        .env("PGPASSWORD", server.admin_password())
        .env("PGSSLMODE", mode);
    Ok((invocation, relay))
}
