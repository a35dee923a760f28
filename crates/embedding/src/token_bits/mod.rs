//! Late interaction (MaxSim): a passage is compared with a query token by token, which says more
//! than the cosine of the two averages. What is kept of a token is one bit for each number of its
//! vector (ADR 54):
//!
//! ```text
//! vector of length 1 ── − mean of the model ── rotation ── sign of each number ── 48 bytes
//! ```
//!
//! All token vectors of a model share a large part, the mean; without it their signs hardly differ.
//! The rotation spreads what a few numbers say over all of them. Two tokens are as near as they
//! have bits in common. **The rotation must never change: bits are stored.**

use std::sync::LazyLock;

use crate::model::{DIMENSIONS, Vector};

/// Bytes that are kept of a token.
pub const TOKEN_BYTES: usize = DIMENSIONS / 8;
/// Numbers that are mixed with each other in one step of the rotation, a power of two.
const GROUP: usize = 128;
const GROUPS: usize = DIMENSIONS / GROUP;

/// What late interaction knows of a model.
#[derive(Debug, PartialEq)]
pub(crate) struct LateInteraction {
    /// The average of token vectors of length 1: 32-bit floats, little-endian. Made by `measure …
    /// mean` of Swedish and English texts.
    pub(crate) mean: &'static [u8; 4 * DIMENSIONS],
    /// Ids below this are punctuation, endings and function words of many languages: the
    /// vocabulary is in the order of frequency. They tell passages apart the least, and a third of
    /// all tokens are such.
    pub(crate) frequent: u32,
}

/// Signs of the two steps of the rotation, from splitmix64.
static SIGNS: LazyLock<[Vector; 2]> = LazyLock::new(|| {
    let mut state = 0_u64;
    let mut sign = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        if (z ^ (z >> 31)) & 1 == 0 { 1.0 } else { -1.0 }
    };
    [0; 2].map(|_| std::array::from_fn(|_| sign()))
});

impl LateInteraction {
    /// The bits of the tokens of a text, one token after the other: [`TOKEN_BYTES`] of each.
    /// `rows` are the vectors of `ids`; the first `prefix` and the last are not the text's.
    pub(crate) fn token_bits(&self, ids: &[u32], rows: &[Vector], prefix: usize) -> Vec<u8> {
        let own = || ids.iter().zip(rows).take(ids.len().saturating_sub(1)).skip(prefix);
        let distinctive = own().filter(|(id, _)| **id >= self.frequent).count();
        let least = if distinctive > 0 { self.frequent } else { 0 };
        let mut bits = Vec::with_capacity(TOKEN_BYTES * own().count());
        for (_, row) in own().filter(|(id, _)| **id >= least) {
            self.push(*row, &mut bits);
        }
        bits
    }

    fn push(&self, mut vector: Vector, bits: &mut Vec<u8>) {
        let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
        let inverse = if length > 0.0 { 1.0 / length } else { 0.0 };
        for (value, mean) in vector.iter_mut().zip(self.mean.as_chunks::<4>().0) {
            *value = *value * inverse - f32::from_le_bytes(*mean);
        }
        rotate(&mut vector);
        bits.extend(vector.as_chunks::<8>().0.iter().map(|eight| {
            eight.iter().rev().fold(0_u8, |byte, value| byte << 1 | u8::from(*value > 0.0))
        }));
    }
}

/// Signs, a Hadamard transform of each group, an exchange between groups, and both once more. The
/// length does not matter to signs, so nothing is scaled.
fn rotate(vector: &mut Vector) {
    let [first, second] = &*SIGNS;
    mix(vector, first);
    let mixed = *vector;
    for (at, value) in vector.iter_mut().enumerate() {
        let (group, place) = (at / GROUP, at % GROUP);
        *value = mixed.get(place * GROUPS + group).copied().unwrap_or_default();
    }
    mix(vector, second);
}

fn mix(vector: &mut Vector, signs: &Vector) {
    for (value, sign) in vector.iter_mut().zip(signs) {
        *value *= sign;
    }
    for group in vector.chunks_exact_mut(GROUP) {
        let mut half = 1;
        while half < GROUP {
            for pair in group.chunks_exact_mut(2 * half) {
                let (one, other) = pair.split_at_mut(half);
                for (a, b) in one.iter_mut().zip(other) {
                    (*a, *b) = (*a + *b, *a - *b);
                }
            }
            half *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::MULTILINGUAL_E5_SMALL;

    fn late() -> &'static LateInteraction {
        MULTILINGUAL_E5_SMALL.late_interaction.as_ref().unwrap()
    }

    fn vector(seed: usize) -> Vector {
        std::array::from_fn(|at| ((at * 37 + seed * 101) as f32 * 0.7).sin())
    }

    fn different(one: &[u8], other: &[u8]) -> u32 {
        one.iter().zip(other).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    const STORED: [u8; 8] = [209, 223, 93, 49, 75, 43, 32, 10];

    #[test]
    fn the_bits_of_a_vector_are_what_they_were_when_they_were_stored() {
        let bits = late().token_bits(&[0, 5000, 2], &[vector(1), vector(2), vector(3)], 1);
        assert_eq!(bits.len(), TOKEN_BYTES);
        assert_eq!(bits[..8], STORED, "stored bits cannot be compared with these");
    }

    #[test]
    fn near_vectors_have_most_bits_in_common_and_others_half_of_them() {
        let (base, rows) = (vector(1), |noise: f32| {
            std::array::from_fn(|at| vector(1)[at] + noise * vector(9)[at])
        });
        let bits = |row: Vector| late().token_bits(&[0, 5000, 2], &[base, row, base], 1);
        let same = different(&bits(base), &bits(rows(0.1)));
        let other = different(&bits(base), &bits(vector(50)));
        assert!(same < 40 && (150..234).contains(&other), "{same}, {other}");
    }

    #[test]
    fn frequent_tokens_are_left_out_unless_there_are_no_others() {
        let rows = [vector(1), vector(2), vector(3), vector(4)];
        assert_eq!(late().token_bits(&[0, 7, 5000, 2], &rows, 1).len(), TOKEN_BYTES);
        assert_eq!(late().token_bits(&[0, 7, 8, 2], &rows, 1).len(), 2 * TOKEN_BYTES);
        assert!(late().token_bits(&[0, 2], &rows[..2], 1).is_empty());
        assert!(late().token_bits(&[], &[], 1).is_empty());
    }
}
