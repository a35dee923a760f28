//! `./stack restore`, and the drill that shows that it would work.

use std::path::Path;
use std::process::Stdio;
use std::time::{Instant, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use schema::WORKER_ROLE;

use super::cipher;
use super::create::postgres_tool;
use super::files::{self, FORMAT, Manifest};
use super::key::{BackupKey, fingerprint};
use crate::secrets::Secrets;
use crate::setup::BuildEnv;
use crate::supervise::stores::{self, Database, StoreChoice};
use crate::supervise::{Inherit, Supervisor, tail_of};

/// Restores `backup` beside `database`, and takes its name once all is checked; the database before
/// stays under another name, which is returned, if there was one. Nothing may be connected to it.
///
/// # Errors
/// When the backup is damaged or of other keys, or something of it is missing afterwards;
/// `database` is unchanged then.
pub async fn restore(
    build_env: &BuildEnv,
    database: &Database,
    backup: &Path,
) -> Result<Option<String>> {
    let secrets = Secrets::load(&build_env.paths)?;
    let (manifest, key) = check(build_env, &secrets, backup).await?;
    let stamp = stamp_of(backup)?;
    let fresh = Database {
        server: database.server.clone(),
        name: format!("{}_restore_{stamp}", database.name),
    };
    load(build_env, &fresh, &secrets, &manifest, &key, backup).await?;
    let server = &database.server;
    let ended = server.revoke_sessions(&fresh.name).await?;
    build_env.console.print(&format!("ended {ended} sessions: everyone signs in again"));
    let before = format!("{}_before_{stamp}", database.name);
    let was_there = server.replace_database(&database.name, &fresh.name, &before).await?;
    Ok(was_there.then_some(before))
}

/// Restores `backup` into a server of its own, checks it, and prints how long that took and how old
/// the backup is.
///
/// # Errors
/// As for [`restore`]; when an audit chain is broken, or an original is not what was uploaded.
pub async fn drill(build_env: &BuildEnv, backup: &Path) -> Result<()> {
    let began = Instant::now();
    let (manifest, key) = check(build_env, &Secrets::load(&build_env.paths)?, backup).await?;
    let paths = build_env.paths.with_state(build_env.paths.state.join("drill"));
    paths.make_state()?;
    stores::delete_data(&paths)?;
    let scratch = BuildEnv::open(paths, build_env.console.clone())?;
    let supervisor = Supervisor::new(scratch.spawner.clone(), scratch.console.clone());
    let drilled = drill_into(&scratch, &supervisor, &manifest, &key, backup).await;
    supervisor.stop_all().await;
    stores::delete_data(&scratch.paths)?;
    drilled?;
    let now = UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    let age = i64::try_from(now).unwrap_or(i64::MAX).saturating_sub(manifest.unix_seconds);
    let hours = age as f64 / 3600.0;
    let seconds = began.elapsed().as_secs_f64();
    build_env.console.print(&format!(
        "the backup can be restored; RTO {seconds:.1} s (as long as this took), RPO {hours:.1} h (as old as the backup is)"
    ));
    Ok(())
}

async fn drill_into(
    scratch: &BuildEnv,
    supervisor: &Supervisor,
    manifest: &Manifest,
    key: &BackupKey,
    backup: &Path,
) -> Result<()> {
    let secrets = Secrets::load(&scratch.paths)?;
    let database =
        stores::start_postgres(scratch, supervisor, &secrets, &StoreChoice::private()).await?;
    load(scratch, &database, &secrets, manifest, key, backup).await?;
    let originals = database.server.check_originals(&database.name).await?;
    for original in &originals {
        let state = if original.intact { "intact" } else { "DAMAGED" };
        scratch.console.print(&format!("newest document of {}: {state}", original.tenant));
    }
    if originals.iter().any(|original| !original.intact) {
        bail!(
            "an original is not what was uploaded: take an older backup, and find out when it was damaged"
        );
    }
    verify_audit(scratch, &database, &secrets).await
}

async fn verify_audit(scratch: &BuildEnv, database: &Database, secrets: &Secrets) -> Result<()> {
    let worker = scratch.paths.program("worker");
    if !worker.exists() {
        bail!(
            "expected {} for checking the audit chains; a clone builds it: ./stack build",
            worker.display()
        );
    }
    let url = database.server.url(&database.name, WORKER_ROLE, secrets.passwords.of(WORKER_ROLE));
    let log = scratch.paths.logs().join("verify-audit.log");
    let output = std::fs::File::create(&log)?;
    let invocation = crate::supervise::Invocation::new(worker)
        .args(["verify-audit"])
        .inherit(Inherit::Worker)
        .env("TESSERA_DATABASE_URL", url);
    let mut command = invocation.command();
    command.stdout(output.try_clone()?).stderr(output);
    if !scratch.spawner.spawn(command).await?.wait().await?.success() {
        bail!("the audit log did not pass its check:\n{}", tail_of(&log, 20));
    }
    scratch.console.print("the audit chain of every organisation is whole");
    Ok(())
}

/// Compares the file with its manifest and the keys with those of this clone.
async fn check(
    build_env: &BuildEnv,
    secrets: &Secrets,
    backup: &Path,
) -> Result<(Manifest, BackupKey)> {
    let manifest = Manifest::read(backup)?;
    if manifest.format != FORMAT {
        bail!(
            "expected a backup of format {FORMAT}, got {}: a newer Tessera wrote it",
            manifest.format
        );
    }
    let state = build_env.paths.state.display();
    let (key, _) = BackupKey::load(&build_env.paths, false)?;
    if key.fingerprint() != manifest.backup_key {
        bail!(
            "the backup was written with another key than {state}/backup.key; put the right one there"
        );
    }
    if fingerprint(secrets.master_key.as_bytes()) != manifest.master_key {
        bail!(
            "the backup belongs to an installation with another master key than {state}/secrets.json; put that \
             installation's secrets.json there, or its stored credentials stay unreadable"
        );
    }
    if files::sha256(backup).await? != manifest.sha256 {
        bail!(
            "{} is not what was written: its SHA-256 differs from its manifest's",
            backup.display()
        );
    }
    Ok((manifest, key))
}

/// Fills a new database of `database`'s name from the backup, checks its rows, and brings it up to
/// date.
async fn load(
    build_env: &BuildEnv,
    database: &Database,
    secrets: &Secrets,
    manifest: &Manifest,
    key: &BackupKey,
    backup: &Path,
) -> Result<()> {
    let (server, name) = (&database.server, &database.name);
    server.drop_database(name).await?;
    // Roles belong to the server, so the dump has none.
    server.provision(name, &secrets.passwords).await?;
    pg_restore(build_env, database, key, backup).await?;
    let rows = server.row_counts(name).await?;
    let differing: Vec<&String> = manifest
        .rows
        .keys()
        .filter(|table| rows.get(*table) != manifest.rows.get(*table))
        .collect();
    if !differing.is_empty() {
        bail!("the restored database has other numbers of rows than the backup in: {differing:?}");
    }
    let total: i64 = rows.values().sum();
    build_env.console.print(&format!(
        "restored {} tables with {total} rows, as many as were backed up",
        rows.len()
    ));
    let report =
        server.migrate(name, &secrets.passwords, &build_env.paths.root.join("migrations")).await;
    let report = report.context("bringing the restored database up to date")?;
    build_env.console.print(&format!("migrations: {report}"));
    Ok(())
}

async fn pg_restore(
    build_env: &BuildEnv,
    database: &Database,
    key: &BackupKey,
    backup: &Path,
) -> Result<()> {
    let log = build_env.paths.logs().join("pg_restore.log");
    let (tool, _relay) = postgres_tool(build_env, database, "pg_restore").await?;
    let mut command =
        tool.args(["--exit-on-error".to_owned(), format!("--dbname={}", database.name)]).command();
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(std::fs::File::create(&log)?);
    let mut child = build_env.spawner.spawn(command).await?;
    let input = child.stdin.take().context("pg_restore has no input")?;
    let sealed = tokio::fs::File::open(backup).await?;
    // A pg_restore that fails stops reading: its own message says more than the broken pipe.
    let decrypted = cipher::decrypt(&key.0, tokio::io::BufReader::new(sealed), input).await;
    if !child.wait().await?.success() {
        bail!("pg_restore failed:\n{}", tail_of(&log, 20));
    }
    decrypted
}

fn stamp_of(backup: &Path) -> Result<String> {
    let name = backup.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let stamp = name
        .strip_prefix("tessera-")
        .filter(|stamp| stamp.chars().all(|c| c.is_ascii_alphanumeric()));
    let expected = || format!("expected a file tessera-STAMP.backup, got {}", backup.display());
    Ok(stamp.with_context(expected)?.to_owned())
}
