//! The built-in models as their callers see them. Needs the model's files in the folder that `TESSERA_MODEL_DIR` names.

mod answers;
mod lanes;
mod refusals;
mod tokens;
mod vectors;
mod wire;

use std::sync::LazyLock;

use embedding::{Embedder, Options};

/// One model for all tests.
static MODEL: LazyLock<Embedder> = LazyLock::new(|| load(Options::default()));

fn folder() -> std::path::PathBuf {
    std::env::var_os("TESSERA_MODEL_DIR")
        .expect(
            "TESSERA_MODEL_DIR must name a folder with model.safetensors and tokenizer.json; `./stack test` sets it",
        )
        .into()
}

fn load(options: Options) -> Embedder {
    Embedder::load(&folder(), options).unwrap()
}

/// What sentence-transformers makes of a text; `bench/embedding/golden.py` writes the file.
#[derive(serde::Deserialize)]
struct Golden {
    text: String,
    ids: Vec<u32>,
    vector: String,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden/sentence-transformers.json")).unwrap()
}

impl Golden {
    fn vector(&self) -> Vec<f32> {
        from_base64(&self.vector)
    }
}

fn from_base64(text: &str) -> Vec<f32> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
