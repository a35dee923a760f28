//! The embedded Postgres of a clone: its data folder, initialisation and start.

use std::fs;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;
use sha2::{Digest as _, Sha256};

use super::{Invocation, Output, Program, Ready, RunAs, Spawner, stale_process};
use crate::console::Console;
use crate::paths::{Paths, write_private};
use crate::ports::Ports;
use crate::secrets::Secrets;
use crate::setup::postgres::WHEEL;
use crate::setup::{copy_tree, step};
use schema::PostgresServer;

/// Small memory; no JIT, which costs this kind of load a factor of ten; sockets on loopback only.
/// What is logged has no values: details name rows that a statement broke, parameters hold texts.
/// A statement that takes longer than a second is logged with its role (`%u`) and its text, in which
/// values are `$1`, `$2`.
const SETTINGS: [&str; 21] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "jit=off",
    "shared_buffers=64MB",
    "max_connections=200",
    "work_mem=8MB",
    "maintenance_work_mem=128MB",
    "effective_cache_size=512MB",
    "random_page_cost=1.1",
    "max_wal_size=1GB",
    "min_wal_size=80MB",
    "checkpoint_timeout=15min",
    "password_encryption=scram-sha-256",
    "logging_collector=off",
    "log_min_messages=warning",
    "log_error_verbosity=terse",
    "log_min_duration_statement=1s",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
    "log_line_prefix=%m [%p] %u ",
    "log_timezone=UTC",
];

/// A data folder that a server can use.
pub struct EmbeddedPostgres {
    program: PathBuf,
    data: PathBuf,
    run_as: RunAs,
    log: PathBuf,
    server: PostgresServer,
    extra: Vec<String>,
}

impl EmbeddedPostgres {
    /// For an installed Postgres: creates the data folder on the first run, and stops a stale
    /// process.
    ///
    /// # Errors
    /// If `initdb` fails or there is no usable folder.
    pub async fn prepare(
        paths: &Paths,
        secrets: &Secrets,
        ports: &Ports,
        spawner: &Spawner,
        console: &Console,
    ) -> Result<Self> {
        let run_as = RunAs::unprivileged()?;
        let base = base_folder(paths, run_as)?;
        let installed = reachable_program(&paths.cache, &base, run_as)?;
        let data = base.join("postgres");
        let mark = data.to_string_lossy().into_owned();
        stale_process::stop("Postgres", &data.join("postmaster.pid"), &mark, Signal::INT).await?;
        if !data.join("PG_VERSION").exists() {
            console.print("initialising the database");
            initialise(paths, &installed, &base, run_as, secrets, spawner, console).await?;
        }
        let port = ports.of("postgres")?;
        let url = format!(
            "postgres://postgres:{}@127.0.0.1:{port}/postgres?sslmode=disable",
            secrets.superuser
        );
        let server = PostgresServer::parse(&url)?;
        let log = paths.logs().join("postgres.log");
        Ok(Self {
            program: installed.join("bin/postgres"),
            data,
            run_as,
            log,
            server,
            extra: Vec::new(),
        })
    }

    /// Gives up durability for speed: for tests, whose data is thrown away.
    #[must_use]
    pub fn volatile(mut self) -> Self {
        self.extra = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
            .map(str::to_owned)
            .to_vec();
        self
    }

    /// The data folder.
    #[must_use]
    pub fn data_folder(&self) -> &Path {
        &self.data
    }

    /// The server as its superuser reaches it.
    #[must_use]
    pub fn server(&self) -> &PostgresServer {
        &self.server
    }

    /// The process to supervise.
    #[must_use]
    pub fn program(&self) -> Program {
        let mut arguments = vec![
            "-D".to_owned(),
            self.data.to_string_lossy().into_owned(),
            "-p".to_owned(),
            self.server.port().to_string(),
        ];
        for setting in
            SETTINGS.iter().map(|setting| (*setting).to_owned()).chain(self.extra.iter().cloned())
        {
            arguments.extend(["-c".to_owned(), setting]);
        }
        let invocation =
            Invocation::new(&self.program).args(arguments).folder(&self.data).run_as(self.run_as);
        Program {
            name: "Postgres",
            invocation: invocation.orphan_signal(Signal::INT),
            output: Output::File(self.log.clone()),
            ready: Ready::Postgres(Box::new(self.server.clone())),
            ready_within: Duration::from_secs(60),
            stop_signal: Signal::INT,
            stop_within: Duration::from_secs(30),
        }
    }
}

/// `.stack`, or a folder under `/var/lib` if the servers' account cannot get into the clone (one
/// under `/root`, say).
pub(super) fn base_folder(paths: &Paths, run_as: RunAs) -> Result<PathBuf> {
    let note = external_data_note(paths);
    if run_as.can_reach(&paths.state.join("postgres/data")) {
        return Ok(paths.state.clone());
    }
    let digest = Sha256::digest(paths.state.to_string_lossy().as_bytes());
    let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let base = PathBuf::from(format!("/var/lib/tessera-{name}"));
    fs::create_dir_all(&base)
        .with_context(|| format!("making {} for the database", base.display()))?;
    // The servers traverse it and cannot list it.
    fs::set_permissions(&base, fs::Permissions::from_mode(0o711))?;
    write_private(&note, base.to_string_lossy().as_bytes())?;
    Ok(base)
}

/// The file that names the folder of the database if that is not in the state folder.
fn external_data_note(paths: &Paths) -> PathBuf {
    paths.state.join("postgres.elsewhere")
}

/// The folder outside the clone that holds the database, if we created it (the note alone is not
/// trusted).
#[must_use]
pub fn external_data(paths: &Paths) -> Option<PathBuf> {
    let folder = PathBuf::from(fs::read_to_string(external_data_note(paths)).ok()?);
    let name = folder.file_name()?.to_string_lossy().into_owned();
    let ours = folder.parent() == Some(Path::new("/var/lib")) && name.starts_with("tessera-");
    (ours && folder.is_dir()).then_some(folder)
}

/// The data folder of this clone's servers.
#[must_use]
pub fn data_base(paths: &Paths) -> PathBuf {
    external_data(paths).unwrap_or_else(|| paths.state.clone())
}

/// Deletes that folder.
///
/// # Errors
/// The error of the file system.
pub fn remove_external_data(paths: &Paths) -> Result<()> {
    let Some(folder) = external_data(paths) else { return Ok(()) };
    fs::remove_dir_all(&folder).with_context(|| format!("deleting {}", folder.display()))
}

/// The installed Postgres, or a copy of it beside the data if its user cannot reach the cache.
fn reachable_program(cache: &Path, base: &Path, run_as: RunAs) -> Result<PathBuf> {
    let installed = WHEEL.folder(cache);
    if run_as.can_reach(&WHEEL.parts(&installed).join("bin/postgres")) {
        return Ok(WHEEL.parts(&installed));
    }
    let name = installed.file_name().context("the Postgres folder has a name")?;
    let copy = base.join(format!("program-{}", name.to_string_lossy()));
    if !copy.exists() {
        let fresh = base.join("program.new");
        let _ = fs::remove_dir_all(&fresh);
        copy_tree(&installed, &fresh)?;
        super::run_as::make_readable(&fresh)?;
        fs::rename(&fresh, &copy)
            .with_context(|| format!("putting Postgres into {}", copy.display()))?;
    }
    Ok(WHEEL.parts(&copy))
}

/// Initialises under another name and renames, so that an interrupted run leaves no incomplete
/// database.
async fn initialise(
    paths: &Paths,
    installed: &Path,
    base: &Path,
    run_as: RunAs,
    secrets: &Secrets,
    spawner: &Spawner,
    console: &Console,
) -> Result<()> {
    let (fresh, password) = (base.join("postgres.new"), base.join("postgres.password"));
    let _ = fs::remove_dir_all(&fresh);
    let _ = fs::remove_file(&password);
    fs::create_dir(&fresh).with_context(|| format!("making {}", fresh.display()))?;
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&password)?;
    std::io::Write::write_all(&mut file, secrets.superuser.as_bytes())?;
    run_as.own(&fresh)?;
    run_as.own(&password)?;
    let locale: &[&str] = if cfg!(target_os = "linux") {
        &["--locale=C.UTF-8"]
    } else {
        &["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    };
    let invocation = Invocation::new(installed.join("bin/initdb"))
        .args(["-U", "postgres", "-E", "UTF8", "--auth=scram-sha-256"])
        .args(locale.iter().copied())
        .args([format!("--pwfile={}", password.display()), format!("--pgdata={}", fresh.display())])
        .folder(&fresh)
        .run_as(run_as);
    let made = step::run(
        "initialising the database",
        &invocation,
        &paths.logs().join("initdb.log"),
        spawner,
        console,
    )
    .await;
    let _ = fs::remove_file(&password);
    made?;
    fs::rename(&fresh, base.join("postgres")).context("putting the new database in its place")
}
