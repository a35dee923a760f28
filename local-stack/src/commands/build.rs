//! `./stack build`: everything that `up` would build, or one component.

use std::process::ExitCode;

use anyhow::Result;

use super::until_stopped;
use crate::console::Console;
use crate::places::Places;
use crate::setup::{Workshop, components, native, web};

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
        everything(&workshop).await
    })
    .await?;
    workshop.console.say("built");
    Ok(ExitCode::SUCCESS)
}

/// Builds what is not current: worker and components one after the other (cargo uses all cores), the front end beside them.
pub(super) async fn everything(workshop: &Workshop) -> Result<()> {
    let rust = async {
        native::build_worker(workshop).await?;
        components::build(workshop, None).await
    };
    tokio::try_join!(rust, web::build(workshop))?;
    Ok(())
}
