//! A browser for the tests: Debian's Chromium, since Playwright's own download is not available
//! everywhere.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{BuildEnv, apt, find_program};

/// The browser on this system, or the one named by `TESSERA_CHROMIUM`.
#[must_use]
pub fn find() -> Option<PathBuf> {
    let named =
        std::env::var_os("TESSERA_CHROMIUM").map(PathBuf::from).filter(|path| path.is_file());
    named.or_else(|| {
        ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find_program)
    })
}

/// Finds the browser, or installs it as root.
///
/// # Errors
/// If there is none and we may not install one.
pub async fn install(build_env: &BuildEnv) -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    build_env.console.print("installing chromium for the browser tests");
    apt::install(build_env, &["chromium"]).await?;
    find().context("apt-get installed chromium, but it is not on PATH")
}
