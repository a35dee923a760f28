//! Everything that is built from this clone's sources.

use anyhow::Result;

use super::{BuildEnv, components, extractor, native, web};

/// Builds everything that is not current: worker and components in sequence (cargo uses all cores),
/// the front end beside them. A release is built already.
///
/// # Errors
/// If a build fails.
pub async fn everything(build_env: &BuildEnv) -> Result<()> {
    if build_env.paths.release.is_some() {
        return Ok(());
    }
    let rust = async {
        native::build(build_env, &native::WORKER).await?;
        extractor::build(build_env).await?;
        components::build(build_env, None).await
    };
    tokio::try_join!(rust, web::build(build_env))?;
    Ok(())
}
