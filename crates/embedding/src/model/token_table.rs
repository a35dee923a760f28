//! The vectors of the vocabulary: 8-bit rows in memory, or 4-bit rows that stay in the mapped file.

use super::DIMENSIONS;
use crate::packed::{BLOCK, BLOCK_BYTES, MappedFile, unpack};

/// Bytes of a 4-bit row.
const ROW_BYTES: usize = DIMENSIONS / BLOCK * BLOCK_BYTES;

/// One vector per token of the vocabulary.
pub(super) enum TokenTable {
    /// Rows of bytes, each with its scale.
    Bytes {
        rows: Vec<[i8; DIMENSIONS]>,
        scales: Vec<f32>,
    },
    Packed(PackedRows),
}

/// Rows of 4-bit blocks in a mapped file.
pub(super) struct PackedRows {
    pub(super) bytes: MappedFile,
    /// First byte of the first row.
    pub(super) start: usize,
    pub(super) rows: usize,
}

impl TokenTable {
    /// Adds the vector of a token; nothing for ids outside the vocabulary, which cannot come from
    /// the tokenizer.
    #[inline(always)]
    pub(super) fn add(&self, id: usize, row: &mut [f32; DIMENSIONS]) {
        match self {
            Self::Bytes { rows, scales } => {
                if let (Some(word), Some(scale)) = (rows.get(id), scales.get(id)) {
                    for (value, byte) in row.iter_mut().zip(word) {
                        *value = f32::from(*byte).mul_add(*scale, *value);
                    }
                }
            }
            Self::Packed(packed) if id < packed.rows => {
                let at = packed.start + id * ROW_BYTES;
                let blocks = packed.bytes.get(at..at + ROW_BYTES).as_chunks::<BLOCK_BYTES>().0;
                for (place, block) in row.as_chunks_mut::<BLOCK>().0.iter_mut().zip(blocks) {
                    for (value, word) in place.iter_mut().zip(unpack(block)) {
                        // Rows are not checked when the file is opened: that would read all of it.
                        *value += if word.is_finite() { word } else { 0.0 };
                    }
                }
            }
            Self::Packed(_) => {}
        }
    }
}
