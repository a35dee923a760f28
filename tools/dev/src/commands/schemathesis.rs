//! `./stack schemathesis`: requests made from the contract, also those that it forbids; every
//! answer must be one that the contract describes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::client::Client;
use crate::scratch;
use local_stack::console::Console;
use local_stack::paths::Paths;
use local_stack::setup::find_program;

/// The package of the Python index.
const VERSION: &str = "4.32.5";
/// The checks that run; authorisation is what the matrix of `tests/whole` checks.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance";

/// Installs Schemathesis into the cache and runs it for at most so many seconds against a stack of
/// its own.
///
/// # Errors
/// When it cannot be installed, or something does not start.
pub(crate) async fn run(paths: Paths, seconds: u64) -> Result<ExitCode> {
    let program = install(&paths).await?;
    let contract = paths.root.join("openapi/openapi.json");
    scratch::run(&paths, "schemathesis", None, None, async |client, console| {
        test(&program, &contract, seconds, client, console).await
    })
    .await
}

/// A virtual environment of this version alone; a half-made one is never taken for whole.
async fn install(paths: &Paths) -> Result<PathBuf> {
    let folder = paths.cache.join(format!("schemathesis-{VERSION}"));
    let program = folder.join("bin/schemathesis");
    if folder.join("whole").exists() {
        return Ok(program);
    }
    let python = find_program("python3")
        .context("expected python3 on PATH; on Debian: apt-get install python3 python3-venv")?;
    let make = tokio::process::Command::new(python)
        .args(["-m", "venv", "--clear"])
        .arg(&folder)
        .status()
        .await?;
    anyhow::ensure!(
        make.success(),
        "python3 made no virtual environment; on Debian: apt-get install python3-venv"
    );
    let pip = tokio::process::Command::new(folder.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .arg(format!("schemathesis=={VERSION}"))
        .status()
        .await?;
    anyhow::ensure!(
        pip.success(),
        "pip could not install Schemathesis; its own settings (PIP_INDEX_URL, proxies) are honoured"
    );
    fs::write(folder.join("whole"), "")?;
    Ok(program)
}

async fn test(
    program: &Path,
    contract: &Path,
    seconds: u64,
    client: &Client,
    console: &Console,
) -> Result<ExitCode> {
    let (url, token) = client.address_and_token();
    // It keeps notes of its own where it runs.
    let folder = program.ancestors().nth(2).unwrap_or(program);
    console.print(&format!("Schemathesis {VERSION} against {url}"));
    let status = tokio::process::Command::new(program)
        .current_dir(folder)
        .arg("run")
        .arg(contract)
        .args(["--url", url, "--checks", CHECKS, "--max-time", &seconds.to_string()])
        // The same requests in every run, one after the other.
        .args([
            "--seed",
            "3",
            "--workers",
            "1",
            "--max-examples",
            "25",
            "--generation-database",
            "none",
        ])
        .args([
            "--request-timeout",
            "30",
            "--continue-on-failure",
            "--no-color",
            "--warnings",
            "off",
        ])
        // A stream that never ends, and what would end the session that asks.
        .args(["--exclude-operation-id", "stream_events", "--exclude-operation-id", "logout"])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .kill_on_drop(true)
        .status()
        .await
        .context("starting Schemathesis")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
