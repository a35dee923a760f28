//! A BERT encoder of 384 dimensions whose token vectors are averaged and brought to length 1; how
//! many layers it has, and what is special about it, says its `ModelSpec`.

mod attention;
mod forward;
mod load;
mod pack;
mod rows;
mod token_table;

use crate::simd::{InstructionSet, PackedColumns, Pass, dispatch};
use crate::token_bits::LateInteraction;
pub(crate) use forward::Scratch;
use rows::Norm;
use token_table::TokenTable;

/// Values in an embedding, and in the vector of a token.
pub const DIMENSIONS: usize = 384;
/// Most tokens that a model reads of a text, special tokens and prefix included, and of texts that
/// go through it together.
pub const MAX_TOKENS: usize = 512;
/// Attention heads.
pub(crate) const HEADS: usize = 12;
/// Values in the vector of one head; also the width of a packed panel, so a panel of the
/// projections is a head.
const HEAD: usize = DIMENSIONS / HEADS;
/// Values between the two halves of a feed-forward step.
pub(crate) const INNER: usize = 4 * DIMENSIONS;

/// An embedding, of length 1.
pub type Vector = [f32; DIMENSIONS];

/// What a text becomes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TextEmbedding {
    pub(crate) vector: Vector,
    /// [`TOKEN_BYTES`](crate::TOKEN_BYTES) of each token; empty if nothing is kept of them.
    pub(crate) token_bits: Vec<u8>,
}

/// What is kept of the tokens of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeptTokens {
    pub(crate) late_interaction: &'static LateInteraction,
    /// Tokens before the text: the first special one, and the prefix.
    pub(crate) prefix: usize,
}

/// A matrix multiplication with its bias; weights in 8 bits, a scale for each column.
struct Linear {
    weights: PackedColumns<true>,
    /// Scale and bias of the columns, panel by panel.
    columns: Vec<Columns>,
}

/// What the integer sums of one panel become floats with.
struct Columns {
    scale: [f32; HEAD],
    bias: [f32; HEAD],
}

struct Layer {
    /// Query, key and value, one after the other.
    project: Linear,
    output: Linear,
    output_norm: Norm,
    /// Four parts, each of as many outputs as the model has dimensions: what one part makes is used
    /// before the next is done.
    up: Vec<Linear>,
    /// Four parts, each for the outputs of a part above: a scale of their own rounds them less.
    down: Vec<Linear>,
    down_norm: Norm,
}

/// The weights, 23 MB in memory, and how to run them.
pub(crate) struct Model {
    words: TokenTable,
    /// Position vectors with the vector of the only token type added.
    positions: Vec<[f32; DIMENSIONS]>,
    norm: Norm,
    layers: Vec<Layer>,
    instructions: InstructionSet,
}

impl Model {
    /// Embeds sequences of token ids (each 1 to [`MAX_TOKENS`] long) in one pass without padding. A
    /// sequence's vector does not depend on its neighbours: the result is the same to the last bit,
    /// whatever it is batched with.
    pub(crate) fn embed(
        &self,
        sequences: &[&[u32]],
        kept: Option<KeptTokens>,
        scratch: &mut Scratch,
    ) -> Vec<TextEmbedding> {
        struct Forward<'a>(&'a Model, &'a [&'a [u32]], Option<KeptTokens>, &'a mut Scratch);
        impl Pass for Forward<'_> {
            type Output = Vec<TextEmbedding>;

            #[inline(always)]
            fn run<K: crate::simd::Kernel>(self) -> Vec<TextEmbedding> {
                forward::forward::<K>(self.0, self.1, self.2, self.3)
            }
        }
        dispatch(self.instructions, Forward(self, sequences, kept, scratch))
    }

    /// The instruction set in use.
    pub(crate) fn instructions(&self) -> InstructionSet {
        self.instructions
    }

    /// A model without weights, for tests of what is around it.
    #[cfg(test)]
    pub(crate) fn empty() -> Self {
        Self {
            words: TokenTable::Bytes { rows: Vec::new(), scales: Vec::new() },
            positions: Vec::new(),
            norm: Norm { weight: Vec::new(), bias: Vec::new(), epsilon: 0.0 },
            layers: Vec::new(),
            instructions: InstructionSet::Portable,
        }
    }
}
