//! The loopback ports of a clone: chosen once, stored, and chosen again when another program has
//! taken one.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::paths::Paths;

/// The ports of one state folder, stored in `ports.json`.
pub struct Ports {
    file: PathBuf,
    chosen: Mutex<BTreeMap<String, u16>>,
}

impl Ports {
    /// Loads the ports of an earlier run; an unreadable file counts as none.
    #[must_use]
    pub fn load(paths: &Paths) -> Self {
        let file = paths.state.join("ports.json");
        let chosen = fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Self { file, chosen: Mutex::new(chosen) }
    }

    /// The port of `service`, free at this moment.
    ///
    /// # Errors
    /// If no port is free or the choice cannot be stored.
    pub fn of(&self, service: &str) -> Result<u16> {
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(port) = chosen.get(service).copied().filter(|port| is_free(*port)) {
            return Ok(port);
        }
        let port = free_port()?;
        chosen.insert(service.to_owned(), port);
        let text = serde_json::to_vec_pretty(&*chosen)?;
        fs::write(&self.file, text).with_context(|| format!("writing {}", self.file.display()))?;
        Ok(port)
    }
}

/// Whether nothing listens on this loopback port.
#[must_use]
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Whether this address can be listened on now.
///
/// # Errors
/// The error of the operating system.
pub fn check_listen(address: SocketAddr) -> Result<()> {
    TcpListener::bind(address).map(drop).with_context(|| {
        format!(
            "cannot listen on {address}: stop what runs there, or choose another address with --listen 127.0.0.1:PORT"
        )
    })
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .context("looking for a free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
