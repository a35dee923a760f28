//! `./stack build`: everything that `up` would build, or one component.

use std::process::ExitCode;

use anyhow::Result;

use local_stack::console::Console;
use local_stack::paths::Paths;
use local_stack::setup::{BuildEnv, build, components};
use local_stack::supervise::signals::until_stopped;

/// Builds.
///
/// # Errors
/// When something does not compile.
pub(crate) async fn run(paths: Paths, component: Option<&str>) -> Result<ExitCode> {
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
