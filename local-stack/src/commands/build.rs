//! `./stack build`: everything that `up` would build, or one component.

use std::process::ExitCode;

use anyhow::Result;

use super::until_stopped;
use crate::console::Console;
use crate::places::Places;
use crate::setup::{Workshop, build, components};

/// Builds.
///
/// # Errors
/// When something does not compile.
pub async fn run(places: Places, component: Option<&str>) -> Result<ExitCode> {
    let workshop = Workshop::open(places, Console::stdout(false))?;
    until_stopped(async {
        if component.is_some() {
            return components::build(&workshop, component).await;
        }
        build::everything(&workshop).await
    })
    .await?;
    workshop.console.say("built");
    Ok(ExitCode::SUCCESS)
}
