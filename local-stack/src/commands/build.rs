//! `./stack build`: everything that `up` would build, or one component.

use std::process::ExitCode;

use anyhow::Result;

use super::until_stopped;
use crate::console::Console;
use crate::paths::Paths;
use crate::setup::{BuildEnv, build, components};

/// Builds.
///
/// # Errors
/// When something does not compile.
pub async fn run(paths: Paths, component: Option<&str>) -> Result<ExitCode> {
    let build_env = BuildEnv::open(paths, Console::stdout(false))?;
    until_stopped(async {
        if component.is_some() {
            return components::build(&build_env, component).await;
        }
        build::everything(&build_env).await
    })
    .await?;
    build_env.console.print("built");
    Ok(ExitCode::SUCCESS)
}
