//! The embedded Redis of a clone.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use super::postgres::base_folder;
use super::{Invocation, Output, Program, Ready, RunAs, stale_process};
use crate::paths::{Paths, write_private};
use crate::ports::Ports;
use crate::secrets::Secrets;
use crate::setup::copy_tree;
use crate::setup::redis::InstalledRedis;
use schema::redis::RedisServer;

/// A data folder and a port for a server.
pub struct EmbeddedRedis {
    installed: InstalledRedis,
    folder: PathBuf,
    run_as: RunAs,
    log: PathBuf,
    server: RedisServer,
}

impl EmbeddedRedis {
    /// Creates the folder and the ACL file, and stops a stale process. Like Postgres it does not
    /// run as root.
    ///
    /// # Errors
    /// If the folder cannot be created or a stale process does not stop.
    pub async fn prepare(
        paths: &Paths,
        secrets: &Secrets,
        installed: InstalledRedis,
        ports: &Ports,
    ) -> Result<Self> {
        let run_as = RunAs::unprivileged()?;
        let base = base_folder(paths, run_as)?;
        let (folder, before) = (base.join("redis"), paths.state.join("redis"));
        for program in ["redis-server", "valkey-server"] {
            stale_process::stop("Redis", &folder.join("redis.pid"), program, Signal::TERM).await?;
        }
        if before != folder && before.exists() {
            // Of a version that ran it under our own account, and let every user read it. Its data
            // can be lost.
            stale_process::stop("Redis", &before.join("redis.pid"), "redis-server", Signal::TERM)
                .await?;
            fs::remove_dir_all(&before)
                .with_context(|| format!("deleting {}", before.display()))?;
        }
        run_as.private_folder(&folder)?;
        let server = RedisServer::embedded(ports.of("redis")?, &secrets.redis);
        let acl = folder.join("users.acl");
        write_private(&acl, server.acl_file()?.as_bytes())?;
        run_as.own(&acl)?;
        let installed = reachable(installed, &base, run_as)?;
        Ok(Self { installed, folder, run_as, log: paths.logs().join("redis.log"), server })
    }

    /// The server as its administrator reaches it, on 127.0.0.1.
    #[must_use]
    pub fn server(&self) -> &RedisServer {
        &self.server
    }

    /// The process to supervise: append-only file written every second, no eviction, loopback only,
    /// password required.
    #[must_use]
    pub fn program(&self) -> Program {
        let port = self.server.port.to_string();
        let mut invocation = Invocation::new(&self.installed.server)
            .args([
                "--port",
                &port,
                "--bind",
                "127.0.0.1",
                "--daemonize",
                "no",
                "--pidfile",
                "redis.pid",
            ])
            .args([
                "--appendonly",
                "yes",
                "--appendfsync",
                "everysec",
                "--save",
                "",
                "--aclfile",
                "users.acl",
            ])
            .args(["--maxmemory-policy", "noeviction", "--loglevel", "warning"])
            .folder(&self.folder)
            .run_as(self.run_as);
        if let Some(libraries) = &self.installed.libraries {
            invocation = invocation.env("LD_LIBRARY_PATH", libraries);
        }
        Program {
            name: "Redis",
            invocation,
            output: Output::File(self.log.clone()),
            ready: Ready::Redis((Ipv4Addr::LOCALHOST, self.server.port).into()),
            ready_within: Duration::from_secs(60),
            stop_signal: Signal::TERM,
            stop_within: Duration::from_secs(15),
        }
    }
}

/// The installed server, or a copy of it beside the data if its account cannot read the cache.
fn reachable(installed: InstalledRedis, base: &Path, run_as: RunAs) -> Result<InstalledRedis> {
    if run_as.can_reach(&installed.server) {
        return Ok(installed);
    }
    let Some(root) = installed.unpacked_root() else { return copy_program(&installed, base) };
    let copy = base.join("program-redis");
    if !copy.exists() {
        let fresh = base.join("program-redis.new");
        let _ = fs::remove_dir_all(&fresh);
        copy_tree(&root, &fresh)?;
        super::run_as::make_readable(&fresh)?;
        fs::rename(&fresh, &copy)
            .with_context(|| format!("putting Redis into {}", copy.display()))?;
    }
    crate::setup::redis::unpacked(&copy)
        .with_context(|| format!("{} holds no redis-server", copy.display()))
}

/// A program without libraries of its own: copied at each start, because another release may bring
/// another one.
fn copy_program(installed: &InstalledRedis, base: &Path) -> Result<InstalledRedis> {
    let server = base.join("program-valkey-server");
    let fresh = base.join("program-valkey-server.new");
    let copied = fs::copy(&installed.server, &fresh).map(drop);
    copied.with_context(|| format!("copying {}", installed.server.display()))?;
    super::run_as::make_readable(&fresh)?;
    fs::rename(&fresh, &server)
        .with_context(|| format!("putting Redis into {}", server.display()))?;
    Ok(InstalledRedis { server, libraries: None })
}
