//! The embedded Redis of a clone.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use super::{Invocation, Output, Program, Ready, leftover};
use crate::places::Places;
use crate::ports::Ports;
use crate::setup::redis::InstalledRedis;

/// A data folder and a port, ready to be served.
pub struct EmbeddedRedis {
    installed: InstalledRedis,
    folder: PathBuf,
    log: PathBuf,
    port: u16,
}

impl EmbeddedRedis {
    /// Makes the folder, and ends what an earlier run may have left.
    ///
    /// # Errors
    /// When the folder cannot be made or an old server does not end.
    pub async fn prepare(places: &Places, installed: InstalledRedis, ports: &Ports) -> Result<Self> {
        let folder = places.state.join("redis");
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        leftover::end("Redis", &folder.join("redis.pid"), "redis-server", Signal::TERM).await?;
        let port = ports.of("redis")?;
        Ok(Self { installed, folder, log: places.logs().join("redis.log"), port })
    }

    /// Where it listens on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process to supervise: append-only file written every second, nothing evicted, loopback only.
    #[must_use]
    pub fn program(&self) -> Program {
        let port = self.port.to_string();
        let mut invocation = Invocation::new(&self.installed.server)
            .args(["--port", &port, "--bind", "127.0.0.1", "--daemonize", "no", "--pidfile", "redis.pid"])
            .args(["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""])
            .args(["--maxmemory-policy", "noeviction", "--loglevel", "warning"])
            .folder(&self.folder);
        if let Some(libraries) = &self.installed.libraries {
            invocation = invocation.env("LD_LIBRARY_PATH", libraries);
        }
        Program {
            name: "Redis",
            invocation,
            output: Output::File(self.log.clone()),
            ready: Ready::Redis((Ipv4Addr::LOCALHOST, self.port).into()),
            ready_within: Duration::from_secs(60),
            stop_signal: Signal::TERM,
            stop_within: Duration::from_secs(15),
        }
    }
}
