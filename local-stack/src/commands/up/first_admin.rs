//! The first administrator: preset by the environment, or invited by a one-time link.

use std::env;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::settings::Settings;
use super::worker;
use crate::setup::Workshop;
use crate::supervise::Invocation;

/// Makes the first tenant and administrator where there is none; gives the line that says how to sign in.
pub(super) async fn prepare(workshop: &Workshop, settings: &Settings) -> Result<String> {
    let email = env::var("TESSERA_ADMIN_EMAIL").ok().filter(|value| !value.is_empty());
    let password = env::var("TESSERA_ADMIN_PASSWORD").ok().filter(|value| !value.is_empty());
    let errand = worker::errand(workshop, settings);
    match (email, password) {
        (Some(email), Some(password)) => {
            let invocation = errand.args(["bootstrap", "--email", &email]).env("TESSERA_ADMIN_PASSWORD", password);
            ask(workshop, &invocation).await.context("making the first administrator")?;
            Ok(format!("sign in as {email} with the password from TESSERA_ADMIN_PASSWORD"))
        }
        (None, None) => {
            let invocation = errand.args(["setup-link", "--public-url", &settings.public_url]);
            let printed = ask(workshop, &invocation).await.context("making the set-up link")?;
            let link = printed.lines().map(str::trim).find(|line| line.starts_with("http"));
            Ok(link.map_or_else(
                || "sign in with your e-mail address and password".to_owned(),
                |link| format!("first, make the administrator's account (the link works once): {link}"),
            ))
        }
        _ => bail!("expected TESSERA_ADMIN_EMAIL and TESSERA_ADMIN_PASSWORD together, got one of them; set both or neither"),
    }
}

/// Runs an errand of the worker and gives what it printed.
async fn ask(workshop: &Workshop, invocation: &Invocation) -> Result<String> {
    let mut command = invocation.command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = workshop.nursery.spawn(command).await?;
    let output = child.wait_with_output().await?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("the worker said: {}{}", printed.trim(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(printed)
}
