//! Everything that is built from this clone's sources.

use anyhow::Result;

use super::{BuildEnv, components, extractor, native, web};

/// What is built: worker, extractor, components, front end.
const STEPS: usize = 4;

/// Builds everything that is not current: worker and components in sequence (cargo uses all cores),
/// the front end beside them. What is current prints nothing, so some numbers do not appear. A
/// release is built already.
///
/// # Errors
/// If a build fails.
pub async fn everything(build_env: &BuildEnv) -> Result<()> {
    if build_env.paths.release.is_some() {
        return Ok(());
    }
    let step = |number| build_env.for_step(number, STEPS);
    let rust = async {
        native::build(&step(1), &native::WORKER).await?;
        extractor::build(&step(2)).await?;
        components::build(&step(3), None).await
    };
    let front_end = step(4);
    tokio::try_join!(rust, web::build(&front_end))?;
    Ok(())
}
