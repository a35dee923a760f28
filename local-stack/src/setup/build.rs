//! Everything that is built from this clone's sources.

use anyhow::Result;

use super::{Workshop, components, extractor, native, web};

/// Builds what is not current: worker and components one after the other (cargo uses all cores), the front end beside them.
///
/// # Errors
/// When something does not compile.
pub async fn everything(workshop: &Workshop) -> Result<()> {
    let rust = async {
        native::build_worker(workshop).await?;
        extractor::build(workshop).await?;
        components::build(workshop, None).await
    };
    tokio::try_join!(rust, web::build(workshop))?;
    Ok(())
}
