//! The front end: npm packages and the static build that the `web` component serves.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::stamp::Stamp;
use super::{Workshop, find_program, step};
use crate::supervise::{Inherit, Invocation};

/// What the front end is built from; the types come from the `OpenAPI` document.
const SOURCES: [&str; 2] = ["web", "openapi"];

/// Installs packages and builds, each only when its sources changed.
///
/// # Errors
/// When npm is missing or fails.
pub async fn build(workshop: &Workshop) -> Result<()> {
    let folder = folder(workshop);
    let stamp = Stamp::take(&workshop.places, "web", &SOURCES, "", vec![folder.join("build/index.html")]);
    if stamp.is_current() {
        return Ok(());
    }
    install_packages(workshop).await?;
    workshop.console.say("building the front end");
    npm(workshop, "building the front end", &["run", "build"]).await?;
    // Taken anew: the build writes generated types among the sources.
    Stamp::take(&workshop.places, "web", &SOURCES, "", vec![folder.join("build/index.html")]).keep()
}

/// Installs the npm packages that `package-lock.json` lists.
///
/// # Errors
/// When npm is missing or its registry cannot be reached.
pub async fn install_packages(workshop: &Workshop) -> Result<()> {
    let lists = ["web/package.json", "web/package-lock.json"];
    let modules = folder(workshop).join("node_modules/.package-lock.json");
    let stamp = Stamp::take(&workshop.places, "npm", &lists, "", vec![modules]);
    if stamp.is_current() {
        return Ok(());
    }
    workshop.console.say("installing npm packages");
    npm(workshop, "installing npm packages", &["ci", "--no-audit", "--no-fund"]).await?;
    stamp.keep()
}

/// Installs the certified `OpenID` provider that tests sign in with.
///
/// # Errors
/// When npm is missing or its registry cannot be reached.
pub async fn install_test_provider(workshop: &Workshop) -> Result<()> {
    let lists = ["tests/oidc-provider/package.json", "tests/oidc-provider/package-lock.json"];
    let folder = workshop.places.root.join("tests/oidc-provider");
    let modules = folder.join("node_modules/.package-lock.json");
    let stamp = Stamp::take(&workshop.places, "npm-oidc-provider", &lists, "", vec![modules]);
    if stamp.is_current() {
        return Ok(());
    }
    let label = "installing the tests' OpenID provider";
    workshop.console.say(label);
    let log = workshop.places.logs().join("npm-oidc-provider.log");
    let invocation = npm_invocation(workshop)?.folder(folder).args(["ci", "--no-audit", "--no-fund"]);
    step::run(label, &invocation, &log, &workshop.nursery, &workshop.console).await?;
    stamp.keep()
}

/// `npm` with these arguments in `web/`.
///
/// # Errors
/// When npm is missing or fails; the end of its output is in the message.
pub(crate) async fn npm(workshop: &Workshop, label: &str, arguments: &[&str]) -> Result<()> {
    let log = workshop.places.logs().join(format!("{}.log", label.replace(' ', "-")));
    let invocation = npm_invocation(workshop)?.args(arguments.iter().copied());
    step::run(label, &invocation, &log, &workshop.nursery, &workshop.console).await
}

/// `npm` in `web/`.
///
/// # Errors
/// When there is no npm.
pub(crate) fn npm_invocation(workshop: &Workshop) -> Result<Invocation> {
    let npm = find_program("npm")
        .context("expected npm on PATH; install Node 20 or newer (Debian: apt-get install nodejs npm)")?;
    Ok(Invocation::new(npm)
        .inherit(Inherit::Tools)
        .folder(folder(workshop))
        .env("NO_COLOR", "1")
        .env("npm_config_update_notifier", "false"))
}

fn folder(workshop: &Workshop) -> PathBuf {
    workshop.places.root.join("web")
}
