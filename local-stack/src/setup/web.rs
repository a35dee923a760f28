//! The front end: npm packages and the static build that the `web` component serves.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::stamp::Stamp;
use super::{BuildEnv, find_program, step};
use crate::supervise::{Inherit, Invocation};

/// The sources of the front end; the types are generated from the `OpenAPI` document.
const SOURCES: [&str; 2] = ["web", "openapi"];

/// Installs packages and builds, each only if its sources changed.
///
/// # Errors
/// If npm is missing or fails.
pub async fn build(build_env: &BuildEnv) -> Result<()> {
    let folder = folder(build_env);
    let stamp =
        Stamp::take(&build_env.paths, "web", &SOURCES, "", vec![folder.join("build/index.html")]);
    if stamp.is_current() {
        return Ok(());
    }
    install_packages(build_env).await?;
    build_env.console.print("building the front end");
    npm(build_env, "building the front end", &["run", "build"]).await?;
    // Taken again: the build writes generated types among the sources.
    Stamp::take(&build_env.paths, "web", &SOURCES, "", vec![folder.join("build/index.html")]).keep()
}

/// Installs the npm packages that `package-lock.json` lists.
///
/// # Errors
/// If npm is missing or its registry cannot be reached.
pub async fn install_packages(build_env: &BuildEnv) -> Result<()> {
    let lists = ["web/package.json", "web/package-lock.json"];
    let modules = folder(build_env).join("node_modules/.package-lock.json");
    let stamp = Stamp::take(&build_env.paths, "npm", &lists, "", vec![modules]);
    if stamp.is_current() {
        return Ok(());
    }
    build_env.console.print("installing npm packages");
    npm(build_env, "installing npm packages", &["ci", "--no-audit", "--no-fund"]).await?;
    stamp.keep()
}

/// Installs the certified `OpenID` provider that tests sign in with.
///
/// # Errors
/// If npm is missing or its registry cannot be reached.
pub async fn install_test_provider(build_env: &BuildEnv) -> Result<()> {
    let lists = ["tests/oidc-provider/package.json", "tests/oidc-provider/package-lock.json"];
    let folder = build_env.paths.root.join("tests/oidc-provider");
    let modules = folder.join("node_modules/.package-lock.json");
    let stamp = Stamp::take(&build_env.paths, "npm-oidc-provider", &lists, "", vec![modules]);
    if stamp.is_current() {
        return Ok(());
    }
    let label = "installing the tests' OpenID provider";
    build_env.console.print(label);
    let log = build_env.paths.logs().join("npm-oidc-provider.log");
    let invocation =
        npm_invocation(build_env)?.folder(folder).args(["ci", "--no-audit", "--no-fund"]);
    step::run(label, &invocation, &log, &build_env.spawner, &build_env.console).await?;
    stamp.keep()
}

/// Runs `npm` with these arguments in `web/`.
///
/// # Errors
/// If npm is missing or fails; the end of its output is in the message.
pub async fn npm(build_env: &BuildEnv, label: &str, arguments: &[&str]) -> Result<()> {
    let log = build_env.paths.logs().join(format!("{}.log", label.replace(' ', "-")));
    let invocation = npm_invocation(build_env)?.args(arguments.iter().copied());
    step::run(label, &invocation, &log, &build_env.spawner, &build_env.console).await
}

/// Invokes `npm` in `web/`.
///
/// # Errors
/// If there is no npm.
pub fn npm_invocation(build_env: &BuildEnv) -> Result<Invocation> {
    let npm = find_program("npm").context(
        "expected npm on PATH; install Node 20 or newer (Debian: apt-get install nodejs npm)",
    )?;
    Ok(Invocation::new(npm)
        .inherit(Inherit::Tools)
        .folder(folder(build_env))
        .env("NO_COLOR", "1")
        .env("npm_config_update_notifier", "false"))
}

fn folder(build_env: &BuildEnv) -> PathBuf {
    build_env.paths.root.join("web")
}
