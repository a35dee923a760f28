//! The model under test, and what others make of the same texts.

use std::sync::LazyLock;

use embedding::{Embedder, Options};

/// One model for all tests.
pub(crate) static MODEL: LazyLock<Embedder> = LazyLock::new(|| load(Options::default()));

pub(crate) fn folder() -> std::path::PathBuf {
    std::env::var_os("TESSERA_MODEL_DIR")
        .expect(
            "TESSERA_MODEL_DIR must name a folder with model.safetensors and tokenizer.json; `./stack test` sets it",
        )
        .into()
}

pub(crate) fn load(options: Options) -> Embedder {
    Embedder::load(&folder(), options).unwrap()
}

/// What sentence-transformers makes of a text; `bench/embedding/golden.py` writes the file.
#[derive(serde::Deserialize)]
pub(crate) struct Golden {
    pub(crate) text: String,
    pub(crate) ids: Vec<u32>,
    vector: String,
}

pub(crate) fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden/sentence-transformers.json")).unwrap()
}

impl Golden {
    pub(crate) fn vector(&self) -> Vec<f32> {
        from_base64(&self.vector)
    }
}

pub(crate) fn from_base64(text: &str) -> Vec<f32> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
