//! The first administrator: preset, or invited by a one-time link.

use std::env;
use std::fmt;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::settings::Settings;
use super::worker;
use crate::setup::BuildEnv;
use crate::supervise::Invocation;

/// How the first administrator is made, if there is none yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstAdmin {
    /// With this e-mail address and password.
    Preset {
        /// The e-mail address to sign in with.
        email: String,
        /// The password.
        password: String,
    },
    /// By the user who opens the printed link.
    Link,
}

impl FirstAdmin {
    /// From `TESSERA_ADMIN_EMAIL` and `TESSERA_ADMIN_PASSWORD`.
    ///
    /// # Errors
    /// If only one of them is set.
    pub fn from_env() -> Result<Self> {
        let named = |name| env::var(name).ok().filter(|value| !value.is_empty());
        match (named("TESSERA_ADMIN_EMAIL"), named("TESSERA_ADMIN_PASSWORD")) {
            (Some(email), Some(password)) => Ok(Self::Preset { email, password }),
            (None, None) => Ok(Self::Link),
            _ => bail!(
                "expected TESSERA_ADMIN_EMAIL and TESSERA_ADMIN_PASSWORD together, got one of them; set both or neither"
            ),
        }
    }
}

/// How to sign in to a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// As the preset administrator with this e-mail address.
    Preset(String),
    /// First create the administrator's account at this link, which works once.
    Link(String),
    /// With an existing account.
    Known,
}

impl fmt::Display for SignIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preset(email) => {
                write!(
                    formatter,
                    "sign in as {email} with the password from TESSERA_ADMIN_PASSWORD"
                )
            }
            Self::Link(link) => {
                write!(
                    formatter,
                    "first, make the administrator's account (the link works once): {link}"
                )
            }
            Self::Known => write!(formatter, "sign in with your e-mail address and password"),
        }
    }
}

/// Creates the first tenant and administrator if there is none.
pub(super) async fn prepare(
    build_env: &BuildEnv,
    settings: &Settings,
    wanted: &FirstAdmin,
) -> Result<SignIn> {
    let admin_command = worker::admin_command(build_env, settings);
    match wanted {
        FirstAdmin::Preset { email, password } => {
            let invocation = admin_command
                .args(["bootstrap", "--email", email])
                .env("TESSERA_ADMIN_PASSWORD", password);
            ask(build_env, &invocation).await.context("making the first administrator")?;
            Ok(SignIn::Preset(email.clone()))
        }
        FirstAdmin::Link => {
            let invocation =
                admin_command.args(["setup-link", "--public-url", &settings.public_url]);
            let printed = ask(build_env, &invocation).await.context("making the set-up link")?;
            let link = printed.lines().map(str::trim).find(|line| line.starts_with("http"));
            Ok(link.map_or(SignIn::Known, |link| SignIn::Link(link.to_owned())))
        }
    }
}

/// Runs an admin command of the worker and returns its output.
async fn ask(build_env: &BuildEnv, invocation: &Invocation) -> Result<String> {
    let mut command = invocation.command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = build_env.spawner.spawn(command).await?;
    let output = child.wait_with_output().await?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!(
            "the worker failed: {}{}",
            printed.trim(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(printed)
}
